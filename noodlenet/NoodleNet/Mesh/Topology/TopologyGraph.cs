using System.Diagnostics.CodeAnalysis;
using Noodle.Primitives;
using NoodleNet.Mesh.Vivaldi;

namespace NoodleNet.Mesh.Topology;

/// <summary>Which node reaches which, and how fast: every node's own links as it last told them.</summary>
/// <remarks>
/// Bound: <c>capacity</c> nodes with <see cref="LinkSelection.Most"/> links each; the graph's own node may have more.
/// Cost: about 150 bytes a node and 48 a link, so 17 MB for 10,000 nodes that tell of 32 links each.
/// </remarks>
public sealed class TopologyGraph(int capacity = NodeLoadTable.DefaultCapacity)
{
    private readonly Dictionary<NodeId, int> _indexes = [];
    private readonly List<Node> _nodes = [];
    private readonly Stack<int> _free = [];

    public int Count => _indexes.Count;

    /// <summary>All nodes, in no order that means anything but always the same.</summary>
    public IEnumerable<NodeId> Nodes => _nodes.Where(node => node.IsThere).Select(node => node.Id);

    /// <summary>Slots of nodes, some of them empty: what an array over all nodes needs.</summary>
    internal int Slots => _nodes.Count;

    /// <summary>Makes a node known; false when the graph is full.</summary>
    public bool Add(NodeId node) => IndexOrAdd(node) >= 0;

    /// <summary>Takes what a node says of itself; false when the graph is full.</summary>
    /// <param name="coordinate">Null leaves the one that is known.</param>
    /// <param name="links">Links to nodes that fit no more are left out.</param>
    public bool Update(NodeId node, NetworkCoordinate? coordinate, IReadOnlyList<MeshLink> links, Instant now)
    {
        ArgumentNullException.ThrowIfNull(links);
        int index = IndexOrAdd(node);
        if (index < 0)
        {
            return false;
        }

        var edges = new List<Edge>(links.Count);
        foreach (MeshLink link in links)
        {
            if (link.To != node && IndexOrAdd(link.To) is var to and >= 0)
            {
                int via = link.Via.IsNone ? -1 : IndexOrAdd(link.Via);
                edges.Add(new Edge(link, to, _nodes[to].Life, via, via < 0 ? 0 : _nodes[via].Life, now - link.Age));
            }
        }

        Node known = _nodes[index];
        known.Coordinate = coordinate ?? known.Coordinate;
        known.Edges = [.. edges];
        return true;
    }

    /// <summary>Takes where a known node lies; null changes nothing.</summary>
    public void SetCoordinate(NodeId node, NetworkCoordinate? coordinate)
    {
        if (coordinate is not null && CoordinateSpace.IsValid(coordinate) && _indexes.TryGetValue(node, out int index))
        {
            _nodes[index].Coordinate = coordinate;
        }
    }

    /// <summary>Forgets a node and every link to it.</summary>
    public void Remove(NodeId node)
    {
        if (_indexes.Remove(node, out int index))
        {
            _nodes[index] = new Node { Life = _nodes[index].Life + 1 };
            _free.Push(index);
        }
    }

    /// <summary>The links that a node told of.</summary>
    public IReadOnlyList<MeshLink> LinksOf(NodeId node, Instant now)
    {
        if (!_indexes.TryGetValue(node, out int index))
        {
            return [];
        }

        return [.. _nodes[index].Edges.Where(IsThere).Select(edge => Describe(edge, now))];
    }

    /// <summary>The link that a node told of to another one.</summary>
    public bool TryGetLink(NodeId from, NodeId to, Instant now, out MeshLink link)
    {
        link = default;
        if (!_indexes.TryGetValue(from, out int index) || !_indexes.TryGetValue(to, out int target))
        {
            return false;
        }

        foreach (Edge edge in _nodes[index].Edges)
        {
            if (edge.To == target && IsThere(edge))
            {
                link = Describe(edge, now);
                return true;
            }
        }

        return false;
    }

    public bool TryGetCoordinate(NodeId node, [NotNullWhen(true)] out NetworkCoordinate? coordinate)
    {
        coordinate = _indexes.TryGetValue(node, out int index) ? _nodes[index].Coordinate : null;
        return coordinate is not null;
    }

    /// <summary>Microseconds of the round trip between two nodes: as one of them measured it, or else as their
    /// coordinates say; null when neither is known.</summary>
    public long? Predict(NodeId a, NodeId b)
    {
        if (a == b)
        {
            return 0;
        }

        return Measured(a, b) ?? Measured(b, a) ??
            (TryGetCoordinate(a, out NetworkCoordinate? here) && TryGetCoordinate(b, out NetworkCoordinate? there)
                ? CoordinateSpace.PredictMicroseconds(here, there) : null);
    }

    internal bool TryGetIndex(NodeId node, out int index) => _indexes.TryGetValue(node, out index);

    internal NodeId NodeAt(int index) => _nodes[index].Id;

    internal NetworkCoordinate? CoordinateAt(int index) => _nodes[index].Coordinate;

    internal ReadOnlySpan<Edge> EdgesAt(int index) => _nodes[index].Edges;

    internal bool IsThere(Edge edge) => _nodes[edge.To].Life == edge.LifeOfTo;

    private long? Measured(NodeId from, NodeId to)
    {
        if (!_indexes.TryGetValue(from, out int index) || !_indexes.TryGetValue(to, out int target))
        {
            return null;
        }

        foreach (Edge edge in _nodes[index].Edges)
        {
            if (edge.To == target && IsThere(edge) && edge.RoundTrip > 0)
            {
                return edge.RoundTrip;
            }
        }

        return null;
    }

    private int IndexOrAdd(NodeId node)
    {
        if (_indexes.TryGetValue(node, out int index))
        {
            return index;
        }

        if (_indexes.Count >= capacity)
        {
            return -1;
        }

        if (!_free.TryPop(out index))
        {
            index = _nodes.Count;
            _nodes.Add(new Node());
        }

        (_nodes[index].Id, _indexes[node]) = (node, index);
        return index;
    }

    private MeshLink Describe(Edge edge, Instant now)
    {
        bool known = edge.Via >= 0 && _nodes[edge.Via].Life == edge.LifeOfVia;
        return new MeshLink(
            _nodes[edge.To].Id, edge.Kind, edge.RoundTrip > 0 ? edge.RoundTrip : null, edge.Jitter, edge.LossPermille,
            edge.Rate > 0 ? edge.Rate : null, now - edge.MeasuredAt, edge.Confidence,
            known ? _nodes[edge.Via].Id : default);
    }

    private sealed class Node
    {
        public NodeId Id { get; set; }

        public int Life { get; init; }

        public NetworkCoordinate? Coordinate { get; set; }

        public Edge[] Edges { get; set; } = [];

        public bool IsThere => !Id.IsNone;
    }

    /// <summary>A link with numbers for nodes.</summary>
    internal readonly struct Edge(MeshLink link, int to, int lifeOfTo, int via, int lifeOfVia, Instant measuredAt)
    {
        public readonly int To = to;
        public readonly int LifeOfTo = lifeOfTo;
        public readonly int Via = via;
        public readonly int LifeOfVia = lifeOfVia;
        public readonly int RoundTrip = (int)long.Clamp(link.RoundTripMicroseconds ?? 0, 0, int.MaxValue);
        public readonly int Jitter = (int)long.Clamp(link.JitterMicroseconds, 0, int.MaxValue);
        public readonly long Rate = link.BytesPerSecond ?? 0;
        public readonly Instant MeasuredAt = measuredAt;
        public readonly short LossPermille = (short)int.Clamp(link.LossPermille, 0, 1_000);
        public readonly byte Confidence = (byte)int.Clamp(link.Confidence, 0, 100);
        public readonly LinkKind Kind = link.Kind;

        public bool IsDirect => Kind is LinkKind.Tcp or LinkKind.Quic or LinkKind.Memory;
    }
}
