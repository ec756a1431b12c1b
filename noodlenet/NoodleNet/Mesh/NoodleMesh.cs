using System.Diagnostics.CodeAnalysis;
using Noodle.Primitives;
using NoodleNet.Mesh.Quality;
using NoodleNet.Mesh.Topology;
using NoodleNet.Mesh.Vivaldi;

namespace NoodleNet.Mesh;

/// <summary>What one node knows of the mesh: its own links by measuring, the others' by hearing, the rest by
/// prediction.</summary>
/// <remarks>
/// Meaning: each second it asks for at most four probes (<see cref="ProbePlanner"/>). What they bring moves the
/// coordinate and the quality of the link; what nodes tell of their links makes the graph, from which relays are
/// chosen.
/// Bound: <c>capacity</c> nodes; <see cref="MostEffects"/> effects that nobody takes, of which the oldest are dropped.
/// Cost: about 2.6 KB a node that reports 32 links, nothing that grows with the square of the mesh.
/// </remarks>
public sealed class NoodleMesh(NodeId self, Prng chance, int capacity = NodeLoadTable.DefaultCapacity)
    : IMachine<MeshInput, MeshEffect>
{
    /// <summary>Effects that wait to be taken.</summary>
    public const int MostEffects = 4_096;

    private const int RoundsPerChoice = 10;

    private readonly VivaldiEstimator _vivaldi = new(chance.Fork("vivaldi"), capacity);
    private readonly LinkQualityTable _qualities = new(capacity);
    private readonly TopologyGraph _graph = new(capacity);
    private readonly ProbePlanner _planner = new(capacity);
    private readonly SortedDictionary<NodeId, OwnLink> _own = [];
    private readonly BoundedQueue<MeshEffect> _effects = new(MostEffects);
    private Instant? _nextRound;
    private long _rounds;

    /// <summary>This node's place in the space of round trips.</summary>
    public NetworkCoordinate Coordinate => _vivaldi.Current;

    /// <summary>Who reaches whom.</summary>
    public TopologyGraph Graph => _graph;

    public Instant? NextDeadline => _nextRound;

    public void Handle(in MeshInput input, Instant now)
    {
        _nextRound ??= now;
        switch (input)
        {
            case MeshInput.Appeared { Node: var node } when node != self: Add(node); break;
            case MeshInput.Gone { Node: var node }: Forget(node); break;
            case MeshInput.Linked linked: Link(linked, now); break;
            case MeshInput.Unlinked { Node: var node }: Unlink(node, now); break;
            case MeshInput.Barred { Node: var node }: Bar(node); break;
            case MeshInput.RoundTrip trip: Measure(trip, now); break;
            case MeshInput.ProbeLost { Node: var node }: Lose(node, now); break;
            case MeshInput.Transferred { Node: var node } went when _own.ContainsKey(node):
                _qualities.GetOrAdd(node, now)?.AddTransfer(went.Bytes, went.Took, now);
                break;
            case MeshInput.Reported told when told.Node != self:
                _graph.Update(told.Node, told.Coordinate, told.Links, now);
                break;
        }
    }

    public void HandleDeadline(Instant now)
    {
        if (_nextRound is not { } due || now < due)
        {
            return;
        }

        _nextRound = now + ProbePlanner.Period;
        if (_rounds++ % RoundsPerChoice == 0)
        {
            _planner.SetNeighbours(Nearest(ProbePlanner.MostNeighbours));
        }

        foreach (NodeId node in _planner.TakeRound(now))
        {
            Emit(new MeshEffect.Probe(node));
        }

        _graph.Update(self, Coordinate, OwnLinks(now), now);
    }

    public bool TryTakeEffect([MaybeNullWhen(false)] out MeshEffect effect) => _effects.TryDequeue(out effect);

    /// <summary>What was measured of the way to a node.</summary>
    public LinkMeasure? MeasureOf(NodeId node, Instant now) =>
        _qualities.TryGet(node, out LinkQuality? quality) ? quality.Read(now) : null;

    /// <summary>Microseconds of the round trip from this node, measured or predicted; null when neither is
    /// known.</summary>
    public long? Predict(NodeId node, Instant now) => node == self ? 0
        : MeasureOf(node, now)?.RoundTripMicroseconds ??
            (_graph.TryGetCoordinate(node, out NetworkCoordinate? there)
                ? CoordinateSpace.PredictMicroseconds(Coordinate, there) : null) ?? _graph.Predict(self, node);

    /// <summary>This node's links, those that it cannot make included, in order of their nodes.</summary>
    public IReadOnlyList<MeshLink> OwnLinks(Instant now) => [.. _own.Select(own => Describe(own.Key, own.Value, now))];

    /// <summary>What this node tells all others: at most <see cref="LinkSelection.Most"/> of its links.</summary>
    public IReadOnlyList<MeshLink> Report(Instant now) => LinkSelection.Choose(OwnLinks(now));

    /// <summary>Nodes to be asked to relay to one that cannot be dialed, the most promising first.</summary>
    /// <remarks>Meaning: first what the graph says, then the nearest connected nodes, for the target's links may be
    /// known to nobody here. Bound: <paramref name="most"/>.</remarks>
    public IReadOnlyList<MeshPath> FindRelays(NodeId target, int most, Instant now)
    {
        _graph.Update(self, Coordinate, OwnLinks(now), now);
        var paths = new List<MeshPath>();
        var asked = new List<NodeId>();
        while (paths.Count < most && PathFinder.FindRelayed(_graph, self, target, asked) is { } path)
        {
            paths.Add(path);
            asked.Add(path.Nodes[1]);
        }

        foreach (MeshLink link in OwnLinks(now).Where(link => link.IsDirect && link.To != target)
            .OrderBy(link => link.RoundTripMicroseconds ?? long.MaxValue).ThenBy(link => link.To))
        {
            if (paths.Count < most && !asked.Contains(link.To))
            {
                long there = link.RoundTripMicroseconds ?? PathFinder.UnknownMicroseconds;
                paths.Add(new MeshPath([self, link.To, target], there + PathFinder.UnknownMicroseconds));
            }
        }

        return paths;
    }

    private void Add(NodeId node)
    {
        if (_graph.Add(node))
        {
            _planner.Add(node);
        }
    }

    private void Forget(NodeId node)
    {
        _own.Remove(node);
        _qualities.Remove(node);
        _planner.Remove(node);
        _graph.Remove(node);
        _vivaldi.Forget(node.ToString());
    }

    private void Link(MeshInput.Linked linked, Instant now)
    {
        if (linked.Node == self || !_graph.Add(linked.Node))
        {
            return;
        }

        _planner.Add(linked.Node);
        _own.TryGetValue(linked.Node, out OwnLink? before);
        if (before is not null && before.Kind == linked.Kind && before.Via == linked.Via)
        {
            return;
        }

        if (before is null || before.IsRelayed != (linked.Kind == LinkKind.Relay))
        {
            _qualities.Remove(linked.Node); // another way: what was measured of the old one says nothing of it
            _planner.Hasten(linked.Node);
        }

        var own = new OwnLink { Kind = linked.Kind, Via = linked.Via };
        _own[linked.Node] = own;
        Tell(own.IsRelayed ? TopologyChange.RelayChosen : TopologyChange.LinkUp, linked.Node, own, now);
    }

    private void Unlink(NodeId node, Instant now)
    {
        if (_own.TryGetValue(node, out OwnLink? own) && own.Kind is not (LinkKind.None or LinkKind.Unreachable))
        {
            own.Kind = LinkKind.None;
            Tell(TopologyChange.LinkDown, node, own, now);
            _planner.Hasten(node);
        }
    }

    private void Bar(NodeId node)
    {
        if (_own.TryGetValue(node, out OwnLink? own) && own.Kind != LinkKind.None)
        {
            return; // it is linked after all, or barred already
        }

        if (_graph.TryGetIndex(node, out _))
        {
            own = _own[node] = new OwnLink { Kind = LinkKind.Unreachable };
            Tell(TopologyChange.LinkUnreachable, node, own, null);
        }
    }

    private void Measure(MeshInput.RoundTrip trip, Instant now)
    {
        bool isNode = NodeId.TryParse(trip.Name, out NodeId node);
        bool isRelayed = isNode && _own.TryGetValue(node, out OwnLink? own) && own.IsRelayed;
        if (trip.Coordinate is { } theirs && !isRelayed) // the way round says nothing of where the two nodes lie
        {
            _vivaldi.Observe(trip.Name, theirs, trip.Took);
        }

        if (!isNode || node == self || !_graph.TryGetIndex(node, out _))
        {
            return; // an agent, or a node that is gone
        }

        _graph.SetCoordinate(node, trip.Coordinate);
        _qualities.GetOrAdd(node, now)?.AddRoundTrip(trip.Took, now);
        Judge(node, now);
    }

    private void Lose(NodeId node, Instant now)
    {
        if (_graph.TryGetIndex(node, out _))
        {
            _qualities.GetOrAdd(node, now)?.AddLoss();
            Judge(node, now);
        }
    }

    private void Judge(NodeId node, Instant now)
    {
        if (_own.TryGetValue(node, out OwnLink? own) && MeasureOf(node, now) is { } measure &&
            own.Judge(measure) is { } degraded)
        {
            Tell(degraded ? TopologyChange.LinkDegraded : TopologyChange.LinkRestored, node, own, now);
        }
    }

    private NodeId[] Nearest(int most) => [.. _own.Where(own => own.Value.IsDirect)
        .Select(own => (own.Key, At: _graph.Predict(self, own.Key) ?? long.MaxValue))
        .OrderBy(own => own.At).ThenBy(own => own.Key).Take(most).Select(own => own.Key)];

    private MeshLink Describe(NodeId node, OwnLink own, Instant now)
    {
        LinkMeasure? measure = MeasureOf(node, now);
        return new MeshLink(
            node, own.Kind, measure?.RoundTripMicroseconds, measure?.JitterMicroseconds ?? 0,
            measure?.LossPermille ?? 0, measure?.BytesPerSecond, measure?.Age ?? TimeSpan.Zero,
            measure?.Confidence ?? 0, own.Via);
    }

    private void Tell(TopologyChange change, NodeId node, OwnLink own, Instant? now)
    {
        LinkMeasure? measure = now is { } at ? MeasureOf(node, at) : null;
        Emit(new MeshEffect.Changed(new TopologyEvent(
            change, node, own.Kind, own.Via, measure?.RoundTripMicroseconds, measure?.LossPermille ?? 0)));
    }

    private void Emit(MeshEffect effect)
    {
        if (_effects.IsFull)
        {
            _effects.TryDequeue(out _);
        }

        _effects.TryEnqueue(effect);
    }

    private sealed class OwnLink
    {
        private LinkHealth _health;

        public LinkKind Kind { get; set; }

        public NodeId Via { get; init; }

        public bool IsRelayed => Kind == LinkKind.Relay;

        public bool IsDirect => Kind is LinkKind.Tcp or LinkKind.Quic or LinkKind.Memory;

        /// <summary>True when it just became bad, false when good again, null when nothing changed.</summary>
        public bool? Judge(in LinkMeasure measure) => _health.Judge(measure) ? _health.IsDegraded : null;
    }
}
