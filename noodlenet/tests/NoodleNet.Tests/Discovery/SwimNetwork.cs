using System.Net;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Tests.Discovery;

/// <summary>A small network in one thread: every delay, loss and copy comes from one seed.</summary>
internal sealed class SwimNetwork(ulong seed, SwimOptions options)
{
    private readonly Prng _chance = new(seed);
    private readonly PriorityQueue<Action, (Instant At, long Order)> _agenda = new();
    private readonly Dictionary<IPEndPoint, Node> _byEndPoint = [];
    private long _order;

    public Instant Now { get; private set; }

    public double Loss { get; set; }

    public double Copies { get; set; }

    public bool StreamsWork { get; set; } = true;

    public bool DatagramsWork { get; set; } = true;

    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromMilliseconds(20);

    public List<Node> Nodes { get; } = [];

    /// <summary>FNV-1a over everything that happened.</summary>
    public ulong TraceHash { get; private set; } = 14695981039346656037;

    public Node Add(string name, SwimOptions? own = null, IPEndPoint? at = null)
    {
        at ??= new IPEndPoint(IPAddress.Parse("10.0.0.1"), 7000 + Nodes.Count);
        var node = new Node(name, at, new SwimMachine(own ?? options, name, _chance.Fork(name)));
        Nodes.Add(node);
        _byEndPoint[at] = node;
        Give(node, new SwimInput.Start(at, new byte[] { 0xFF, 0x80 }));
        return node;
    }

    public Node[] AddMesh(int count)
    {
        Node[] nodes = [.. Enumerable.Range(0, count).Select(i => Add($"n{i}"))];
        foreach (Node node in nodes.Skip(1))
        {
            Give(node, new SwimInput.Join(1, nodes[0].EndPoint));
        }

        return nodes;
    }

    public void Give(Node node, SwimInput input)
    {
        node.Machine.Handle(input, Now);
        Perform(node);
    }

    public void RunFor(TimeSpan length)
    {
        Instant end = Now + length;
        while (_agenda.TryPeek(out Action? next, out var due) && due.At <= end)
        {
            _agenda.Dequeue();
            Now = due.At;
            next();
        }

        Now = end;
    }

    /// <summary>Runs until the condition holds; fails when it does not within the limit.</summary>
    public void RunUntil(Func<bool> holds, TimeSpan limit)
    {
        Instant end = Now + limit;
        while (!holds())
        {
            Assert.True(Now < end, $"not within {limit} (seed {seed})");
            RunFor(TimeSpan.FromMilliseconds(100));
        }
    }

    public bool AllSee(int alive) => Nodes.Where(node => !node.IsCrashed).All(node =>
        node.Machine.Members.Count(member => member.State == MemberState.Alive) == alive);

    private void Perform(Node node)
    {
        while (node.Machine.TryTakeEffect(out SwimEffect? effect))
        {
            Trace($"{Now} {node.Name} {effect.GetType().Name}");
            switch (effect)
            {
                case SwimEffect.Send send: SendDatagram(node, send); break;
                case SwimEffect.StartExchange start: Exchange(node, start); break;
                case SwimEffect.PingByStream ping: PingByStream(node, ping); break;
                case SwimEffect.Member member: node.Events.Add(member.Event); break;
                default: node.Others.Add(effect); break;
            }
        }

        ScheduleDeadline(node);
    }

    private void ScheduleDeadline(Node node)
    {
        if (node.Machine.NextDeadline is not { } due || due >= node.Armed)
        {
            return;
        }

        node.Armed = due;
        At(due > Now ? due : Now, () =>
        {
            if (node.Armed != due || node.IsCrashed)
            {
                return;
            }

            node.Armed = Instant.Never;
            if (node.FrozenUntil > Now)
            {
                At(node.FrozenUntil, () => Fire(node));
                return;
            }

            Fire(node);
        });
    }

    private void Fire(Node node)
    {
        node.Machine.HandleDeadline(Now);
        Perform(node);
    }

    private void SendDatagram(Node from, SwimEffect.Send send)
    {
        int copies = !DatagramsWork || _chance.NextBool(Loss) ? 0 : _chance.NextBool(Copies) ? 2 : 1;
        for (int i = 0; i < copies; i++)
        {
            var packet = new SwimInput.Packet(send.Packet, from.EndPoint);
            At(Now + _chance.Next(MaxDelay), () => Deliver(from, send.To, packet));
        }
    }

    private void Deliver(Node from, IPEndPoint to, SwimInput input)
    {
        if (!_byEndPoint.TryGetValue(to, out Node? node) || node.IsCrashed || node.Side != from.Side)
        {
            return;
        }

        if (node.FrozenUntil > Now)
        {
            At(node.FrozenUntil, () => Deliver(from, to, input));
            return;
        }

        Give(node, input);
    }

    private void Exchange(Node from, SwimEffect.StartExchange start) => At(Now + _chance.Next(MaxDelay), () =>
    {
        if (!Reaches(from, start.To, out Node? to))
        {
            Give(from, new SwimInput.ExchangeFailed(start.Ticket));
            return;
        }

        to.Machine.Handle(new SwimInput.ExchangeOffered(7, start.State, from.EndPoint), Now);
        Assert.True(to.Machine.TryTakeEffect(out SwimEffect? first));
        var answer = Assert.IsType<SwimEffect.AnswerExchange>(first);
        Perform(to);
        At(Now + _chance.Next(MaxDelay), () =>
            Give(from, new SwimInput.ExchangeAnswered(start.Ticket, answer.State, start.To)));
    });

    private void PingByStream(Node from, SwimEffect.PingByStream ping) => At(Now + _chance.Next(MaxDelay), () =>
        Give(from, new SwimInput.StreamPinged(ping.SeqNo, Reaches(from, ping.To, out _))));

    private bool Reaches(Node from, IPEndPoint at, out Node to)
    {
        bool known = _byEndPoint.TryGetValue(at, out Node? found);
        to = found!;
        return known && StreamsWork && !to.IsCrashed && to.FrozenUntil <= Now && to.Side == from.Side;
    }

    private void At(Instant at, Action action) => _agenda.Enqueue(action, (at, _order++));

    private void Trace(string line)
    {
        foreach (char c in line)
        {
            TraceHash = (TraceHash ^ c) * 1099511628211;
        }
    }

    internal sealed class Node(string name, IPEndPoint endpoint, SwimMachine machine)
    {
        public string Name { get; } = name;

        public IPEndPoint EndPoint { get; } = endpoint;

        public SwimMachine Machine { get; } = machine;

        public List<MemberEvent> Events { get; } = [];

        public List<SwimEffect> Others { get; } = [];

        public bool IsCrashed { get; set; }

        public int Side { get; set; }

        public Instant FrozenUntil { get; set; }

        public Instant Armed { get; set; } = Instant.Never;

        public bool Saw(MemberChange change, string member) =>
            Events.Exists(e => e.Change == change && e.Name == member);

        public MemberState? StateOf(string member) =>
            Machine.Members.FirstOrDefault(record => record.Name == member)?.State;
    }
}
