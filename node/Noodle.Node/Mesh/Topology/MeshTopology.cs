using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Link;
using NoodleNet.Mesh;
using NoodleNet.Mesh.Load;
using NoodleNet.Mesh.Topology;
using NoodleNet.Runtime.Link;
using NoodleNet.Runtime.Mesh;
using NoodleNet.Talk;

namespace Noodle.Node.Mesh.Topology;

/// <summary>The shell around <see cref="NoodleMesh"/>: tells it who is there and connected, sends its probes, and puts
/// what it and the machine say into this node's status.</summary>
/// <remarks>
/// Bound: at most four probes a second, each of at most <see cref="s_patience"/>; a status carries at most
/// <see cref="LinkSelection.Most"/> links. Safe for several threads.
/// </remarks>
internal sealed class MeshTopology(
    NodeId self, MeshPeers peers, LoadSampler sampler, TimeProvider time, ulong seed, ILogger log) : IDisposable
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly NoodleMesh _mesh = new(self, new Prng(seed));
    private readonly LoadSmoother _load = new();
    private readonly HashSet<NodeId> _known = [];
    private readonly PeerTasks _probing = new("probe of a peer", log);

    /// <summary>Raised when a link changed, on the thread that saw it; handlers are quick.</summary>
    public event Action<TopologyEvent>? Changed;

    /// <summary>Told this node's coordinate each second, for whoever carries it elsewhere: gossip for one.</summary>
    public Action<NetworkCoordinate>? TellCoordinate { get; set; }

    public NodeId Self => self;

    /// <summary>Measures until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        void Link(LinkPeer peer) => Post(Describe(peer), cancellation);
        void Bar(NodeId node) => Post(new MeshInput.Barred(node), cancellation);
        void Transfer(NodeId node, long bytes, TimeSpan took) =>
            Post(new MeshInput.Transferred(node, bytes, took), cancellation);

        peers.Connected += Link;
        peers.Barred += Bar;
        peers.Transferred += Transfer;
        using var timer = new PeriodicTimer(s_period, time);
        try
        {
            do
            {
                TakeTurn(cancellation);
            }
            while (await timer.WaitForNextTickAsync(cancellation));
        }
        catch (OperationCanceledException)
        {
            // told to end
        }
        finally
        {
            peers.Connected -= Link;
            peers.Barred -= Bar;
            peers.Transferred -= Transfer;
            await _probing.CloseAsync();
        }
    }

    /// <summary>Takes a round trip that something else measured, gossip for one.</summary>
    /// <param name="name">The member's name.</param>
    /// <param name="coordinate">What it told with its answer; null when it told nothing.</param>
    public void NoteRoundTrip(string name, TimeSpan took, NetworkCoordinate? coordinate)
    {
        lock (_gate)
        {
            _mesh.Handle(new MeshInput.RoundTrip(name, took, coordinate), peers.Now);
        }
    }

    /// <summary>Puts load and links into a status that goes out.</summary>
    public void Describe(NodeStatus status)
    {
        lock (_gate)
        {
            status.Topology = TopologyCodec.Write(_mesh.Coordinate, _mesh.Report(peers.Now));
            status.Vitals = _load.Read() is { } load ? VitalsCodec.Write(load, _load.Samples) : null;
        }
    }

    /// <summary>Takes what another node told of its links.</summary>
    public void Take(NodeId node, NodeStatus status)
    {
        if (status.Topology is { } told)
        {
            NetworkCoordinate? place = TopologyCodec.Read(told.Coordinate);
            Post(new MeshInput.Reported(node, place, TopologyCodec.ReadLinks(told)), default);
        }
    }

    /// <summary>Answers a probe with this node's coordinate.</summary>
    public ValueTask AnswerProbeAsync(LinkIncoming incoming, CancellationToken cancellation) =>
        incoming.ReplyAsync(LinkStatus.Ok, "", WriteProbe(), [], cancellation);

    /// <summary>Microseconds of the round trip to a node, measured or predicted; null when neither is known.</summary>
    public long? Predict(NodeId node)
    {
        lock (_gate)
        {
            return _mesh.Predict(node, peers.Now);
        }
    }

    /// <summary>Reads the machine at one instant; what the function gives must not be part of it.</summary>
    public T Read<T>(Func<NoodleMesh, Instant, T> read)
    {
        lock (_gate)
        {
            return read(_mesh, peers.Now);
        }
    }

    /// <summary>This node's own load; null before the first sample.</summary>
    public LoadSample? ReadLoad()
    {
        lock (_gate)
        {
            return _load.Read();
        }
    }

    /// <summary>Ways to a node through others, the best first.</summary>
    public IReadOnlyList<MeshPath> FindRelays(NodeId target, int most) =>
        Read((mesh, now) => mesh.FindRelays(target, most, now));

    public void Dispose() => sampler.Dispose();

    private static MeshInput.Linked Describe(LinkPeer peer) => peer.Transport switch
    {
        LinkTransportKind.Relay => new MeshInput.Linked(
            peer.Node, LinkKind.Relay, peer.Remote is RelayEndPoint relay ? relay.Via : default),
        LinkTransportKind.Quic => new MeshInput.Linked(peer.Node, LinkKind.Quic),
        LinkTransportKind.Memory => new MeshInput.Linked(peer.Node, LinkKind.Memory),
        _ => new MeshInput.Linked(peer.Node, LinkKind.Tcp),
    };

    private void TakeTurn(CancellationToken cancellation)
    {
        LoadSample sample = sampler.Sample();
        IReadOnlyList<RegistryEntry> members = peers.Members;
        List<MeshEffect> effects;
        NetworkCoordinate here;
        lock (_gate)
        {
            Instant now = peers.Now;
            here = _mesh.Coordinate;
            _load.Add(sample, now);
            foreach (RegistryEntry member in members)
            {
                if (member.Node != self)
                {
                    Tell(member, now);
                }
            }

            ForgetMissing(members, now);
            _mesh.HandleDeadline(now);
            effects = TakeEffects();
        }

        TellCoordinate?.Invoke(here);
        Perform(effects, cancellation);
    }

    private void Tell(RegistryEntry member, Instant now)
    {
        bool living = member.State is NodeState.Alive or NodeState.Suspect
            && MemberTags.LinkAddressOf(member) is not null;
        if (living && _known.Add(member.Node))
        {
            _mesh.Handle(new MeshInput.Appeared(member.Node), now);
        }

        if (!living && _known.Remove(member.Node))
        {
            _mesh.Handle(new MeshInput.Gone(member.Node), now);
        }
        else if (living)
        {
            _mesh.Handle(peers.TryGetLink(member.Node, out LinkPeer? peer)
                ? Describe(peer) : new MeshInput.Unlinked(member.Node), now);
        }
    }

    private void ForgetMissing(IReadOnlyList<RegistryEntry> members, Instant now)
    {
        if (_known.Count < members.Count)
        {
            return; // all that are known are there: this node is the one more
        }

        HashSet<NodeId> there = [.. members.Select(member => member.Node)];
        foreach (NodeId node in _known.Where(node => !there.Contains(node)).Order().ToArray())
        {
            _known.Remove(node);
            _mesh.Handle(new MeshInput.Gone(node), now);
        }
    }

    private void Post(MeshInput input, CancellationToken cancellation)
    {
        List<MeshEffect> effects;
        lock (_gate)
        {
            _mesh.Handle(input, peers.Now);
            effects = TakeEffects();
        }

        Perform(effects, cancellation);
    }

    private List<MeshEffect> TakeEffects()
    {
        var effects = new List<MeshEffect>();
        while (_mesh.TryTakeEffect(out MeshEffect? effect))
        {
            effects.Add(effect);
        }

        return effects;
    }

    private void Perform(List<MeshEffect> effects, CancellationToken cancellation)
    {
        foreach (MeshEffect effect in effects)
        {
            switch (effect)
            {
                case MeshEffect.Probe { Node: var node }:
                    if (peers.TryGetLink(node, out LinkPeer? peer))
                    {
                        _probing.Start(node, () => ProbeAsync(peer, cancellation));
                    }

                    break;
                case MeshEffect.Changed { Event: var change }:
                    Log.TopologyChanged(log, change.Change, change.To.ShortName, change.Kind,
                        change.Via.IsNone ? "" : change.Via.ShortName, change.RoundTripMicroseconds);
                    Changed?.Invoke(change);
                    break;
            }
        }
    }

    private async Task ProbeAsync(LinkPeer peer, CancellationToken cancellation)
    {
        var request = new LinkRequest
        {
            Head = new LinkHead(TalkIntents.MeshProbe, s_patience, Priority: LinkPriority.High),
            Header = WriteProbe(),
        };
        long began = time.GetTimestamp();
        try
        {
            using LinkReply reply = await peer.RequestAsync(request, cancellation);
            TimeSpan took = time.GetElapsedTime(began);
            bool answered = reply.Status is LinkStatus.Ok or LinkStatus.UnknownMethod or LinkStatus.Unavailable;
            Post(answered
                ? new MeshInput.RoundTrip(peer.Node.ToString(), took, ReadProbe(reply))
                : new MeshInput.ProbeLost(peer.Node), cancellation);
        }
        catch (OperationCanceledException)
        {
            // told to end
        }
    }

    private byte[] WriteProbe() =>
        new MeshProbe { Coordinate = TopologyCodec.Write(Read(static (mesh, _) => mesh.Coordinate)) }.ToByteArray();

    // Null of a node that is older and knows no probes: its answer took as long all the same.
    private static NetworkCoordinate? ReadProbe(LinkReply reply)
    {
        try
        {
            return reply.Status == LinkStatus.Ok
                ? TopologyCodec.Read(MeshProbe.Parser.ParseFrom(reply.Header.Span).Coordinate) : null;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
