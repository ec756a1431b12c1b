using System.Net;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;
using NoodleNet.Simulation.Network;

namespace NoodleNet.Simulation.Swim;

/// <summary>One node of a simulated mesh: the shipping <see cref="SwimMachine"/>, and bytes on every way out.</summary>
/// <remarks>
/// Meaning: datagrams are sealed and opened, streams are read piece by piece, as the real shell does it. A join that
/// came to nothing is tried again after <see cref="JoinAgain"/> through whoever the host knows to be there.
/// </remarks>
public sealed class SwimHost : SimulatedHost<SwimInput, SwimEffect>, INetworkHost
{
    public static readonly TimeSpan JoinAgain = TimeSpan.FromSeconds(2);
    private const int MaxPieceBytes = 64 * 1024;
    private readonly SwimCluster _cluster;
    private readonly Prng _chance;
    private readonly Dictionary<long, Action<byte[]>> _offers = [];
    private IReadOnlyList<IPEndPoint> _seeds = [];
    private SwimMachine? _machine;
    private long _ticket;

    internal SwimHost(SwimCluster cluster, string name, IPEndPoint endpoint, SwimOptions options)
        : base(cluster.Simulation, name)
    {
        (_cluster, EndPoint) = (cluster, endpoint);
        Options = options with { EnvelopeBytes = cluster.Envelope.OverheadBytes };
        _chance = cluster.Simulation.Streams[$"host {name} {endpoint}"];
        Index = cluster.Network.Attach(this);
    }

    /// <summary>Number in the network.</summary>
    public int Index { get; }

    public IPEndPoint EndPoint { get; }

    /// <summary>The machine of this life, or of the last one.</summary>
    public SwimMachine Machine => _machine!;

    public SwimOptions Options { get; }

    /// <summary>True from when it was told to say goodbye, until it starts anew.</summary>
    public bool IsLeaving { get; private set; }

    /// <summary>True while a join goes on or waits to be tried again.</summary>
    public bool IsJoining { get; private set; }

    /// <summary>Begins a life with a clock of its own, which knows nobody.</summary>
    public void Start(ReadOnlyMemory<byte> meta, int driftPpm = 0)
    {
        var clock = new HostClock(new Instant((long)(_chance.NextUInt64() >> 20)));
        clock.SetDrift(driftPpm, Simulation.Now);
        _offers.Clear();
        (IsLeaving, IsJoining) = (false, false);
        _machine = new SwimMachine(Options, Name, _cluster.Simulation.Streams[$"machine {Name} {EndPoint} {Life}"],
            _cluster.Pool);
        Boot(_machine, clock);
        _cluster.Observer?.Started(this);
        Give(new SwimInput.Start(EndPoint, meta));
    }

    /// <summary>Enters through all of these at once, and again until one of them answered.</summary>
    public void Join(params IReadOnlyList<IPEndPoint> seeds)
    {
        _seeds = seeds;
        IsJoining = true;
        TryJoin();
    }

    public void Leave()
    {
        IsLeaving = true;
        Give(new SwimInput.Leave());
    }

    public void ReceiveDatagram(byte[] datagram, IPEndPoint from)
    {
        if (_cluster.Envelope.OpenDatagram(datagram, out ReadOnlyMemory<byte> packet) == WireFault.None)
        {
            Give(new SwimInput.Packet(packet, from));
        }
        else
        {
            _cluster.Refused++;
        }
    }

    public void ReceiveStream(byte[] request, IPEndPoint from, Action<byte[]> reply)
    {
        Do(() =>
        {
            switch (Read(request, accepted: true))
            {
                case GossipMessage.PushPull state:
                    long ticket = ++_ticket;
                    _offers[ticket] = reply;
                    Handle(new SwimInput.ExchangeOffered(ticket, state, from));
                    break;
                case GossipMessage.Ping ping when ping.Node == Name:
                    reply(Seal(new GossipMessage.Ack(ping.SeqNo), dialled: false));
                    break;
            }
        });
    }

    protected override void Perform(SwimEffect effect)
    {
        switch (effect)
        {
            case SwimEffect.Send send: Send(send); break;
            case SwimEffect.StartExchange start: Exchange(start); break;
            case SwimEffect.PingByStream ping: Ping(ping); break;
            case SwimEffect.AnswerExchange answer:
                if (_offers.Remove(answer.Ticket, out Action<byte[]>? reply))
                {
                    reply(Seal(answer.State, dialled: false));
                }

                break;
            case SwimEffect.JoinEnded ended: EndJoin(ended.Fault); break;
            case SwimEffect.Member member: TraceEvent(member.Event); break;
        }

        _cluster.Observer?.Saw(this, effect);
    }

    protected override void AfterStep(bool firedDeadline) => _cluster.Observer?.Stepped(this);

    private void Send(SwimEffect.Send send)
    {
        byte[] datagram = _cluster.Envelope.SealDatagram(send.Packet, Nonce());
        if (datagram.Length > Options.DatagramBytes)
        {
            Simulation.Violate(Name, $"a datagram of {datagram.Length} bytes; {Options.DatagramBytes} are allowed");
        }

        Simulation.Trace.Add(Simulation.Now.Nanoseconds);
        Simulation.Trace.Add((ulong)Index);
        Simulation.Trace.Add(send.Packet);
        _cluster.Network.Send(Index, send.To, datagram);
    }

    private void Exchange(SwimEffect.StartExchange start)
    {
        int life = Life;
        byte[] question = Seal(start.State, dialled: true);
        Simulation.Trace.Add(question.Length);
        _cluster.Network.Streams.Ask(Index, start.To, question, Options.StreamTimeout, answer =>
        {
            if (life != Life)
            {
                return;
            }

            Do(() => Handle(answer is not null && Read(answer, accepted: false) is GossipMessage.PushPull state
                ? new SwimInput.ExchangeAnswered(start.Ticket, state, start.To)
                : new SwimInput.ExchangeFailed(start.Ticket)));
        });
    }

    private void Ping(SwimEffect.PingByStream ping)
    {
        int life = Life;
        byte[] question = Seal(new GossipMessage.Ping(ping.SeqNo, ping.Name), dialled: true);
        _cluster.Network.Streams.Ask(Index, ping.To, question, ping.Limit, answer =>
        {
            if (life == Life)
            {
                bool answered = answer is not null && Read(answer, accepted: false) is GossipMessage.Ack ack
                    && ack.SeqNo == ping.SeqNo;
                Give(new SwimInput.StreamPinged(ping.SeqNo, answered));
            }
        });
    }

    private void TryJoin()
    {
        foreach (IPEndPoint seed in _seeds)
        {
            Give(new SwimInput.Join(++_ticket, seed));
        }
    }

    private void EndJoin(MergeFault fault)
    {
        if (fault == MergeFault.None)
        {
            IsJoining = false;
        }

        if (!IsJoining)
        {
            return;
        }

        int life = Life;
        Simulation.After(JoinAgain, () =>
        {
            if (life == Life && IsJoining)
            {
                Give(new SwimInput.Join(++_ticket, _seeds[_chance.Next(_seeds.Count)]));
            }
        });
    }

    private void TraceEvent(MemberEvent change)
    {
        Simulation.Trace.Add(Simulation.Now.Nanoseconds);
        Simulation.Trace.Add((ulong)Index);
        Simulation.Trace.Add((ulong)change.Change);
        Simulation.Trace.Add(change.Name);
        Simulation.Trace.Add(change.Incarnation);
    }

    private byte[] Seal(GossipMessage message, bool dialled) =>
        _cluster.Envelope.SealStream(message, dialled, Options.Compress, Nonce());

    private GossipMessage? Read(byte[] bytes, bool accepted)
    {
        var reader = new GossipStreamReader(_cluster.Envelope, accepted);
        for (int read = 0; read < bytes.Length;)
        {
            int piece = Math.Min(bytes.Length - read, 1 + _chance.Next(MaxPieceBytes));
            if (reader.Feed(bytes.AsSpan(read, piece)) != StreamProgress.NeedsMore)
            {
                break;
            }

            read += piece;
        }

        return reader.Message;
    }

    private byte[] Nonce()
    {
        var nonce = new byte[_cluster.IsSealed ? KeyRing.NonceBytes : 0];
        if (nonce.Length != 0)
        {
            _chance.Fill(nonce);
        }

        return nonce;
    }
}
