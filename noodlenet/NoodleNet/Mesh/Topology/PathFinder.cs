using Noodle.Primitives;
using NoodleNet.Mesh.Vivaldi;

namespace NoodleNet.Mesh.Topology;

/// <summary>A way through the mesh.</summary>
/// <param name="Nodes">From the one end to the other, both included.</param>
/// <param name="Microseconds">Predicted round trip over the whole way.</param>
public sealed record MeshPath(IReadOnlyList<NodeId> Nodes, long Microseconds)
{
    /// <summary>Nodes between the two ends.</summary>
    public int Relays => Nodes.Count - 2;
}

/// <summary>Finds the fastest way between two nodes.</summary>
/// <remarks>
/// Meaning: Dijkstra's algorithm over the direct links that nodes told of, in both directions. A link costs its
/// measured round trip, or what the coordinates predict, or <see cref="UnknownMicroseconds"/>; lost probes make it
/// dearer, and each relay adds <see cref="RelayMicroseconds"/>. Whole microseconds, ties by the order of discovery: the
/// same answer on every machine. A way has no node twice, for every cost is positive.
/// Bound: <see cref="MostRelays"/> relays. Cost: O(L x E log N) for L legs, made anew for each question: asked for when
/// a node cannot be dialed, not for every call.
/// </remarks>
public static class PathFinder
{
    /// <summary>Most nodes that pass bytes on between two others.</summary>
    public const int MostRelays = 4;

    /// <summary>What a link costs of which nothing is known.</summary>
    public const long UnknownMicroseconds = 100_000;

    /// <summary>What a relay adds.</summary>
    public const long RelayMicroseconds = 200;

    /// <summary>The fastest way, direct or not; null when there is none.</summary>
    /// <remarks>Two nodes that know nothing against a direct link are taken to have one.</remarks>
    public static MeshPath? Find(TopologyGraph graph, NodeId from, NodeId to, Instant now)
    {
        ArgumentNullException.ThrowIfNull(graph);
        MeshPath? known = Search(graph, from, to, MostRelays + 1, direct: true, []);
        bool isBarred = IsUnreachable(graph, from, to, now) || IsUnreachable(graph, to, from, now);
        bool isThere = graph.TryGetIndex(from, out _) && graph.TryGetIndex(to, out _);
        if (isBarred || !isThere || from == to)
        {
            return known;
        }

        long straight = graph.Predict(from, to) ?? UnknownMicroseconds;
        return known is not null && known.Microseconds <= straight ? known : new MeshPath([from, to], straight);
    }

    /// <summary>The best way through relays, with one of them if any can; null when there is none.</summary>
    /// <param name="excluded">Nodes that may not relay: those that just refused.</param>
    public static MeshPath? FindRelayed(
        TopologyGraph graph, NodeId from, NodeId to, IReadOnlyCollection<NodeId> excluded)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(excluded);
        return Search(graph, from, to, 2, direct: false, excluded) ??
            Search(graph, from, to, MostRelays + 1, direct: false, excluded);
    }

    private static bool IsUnreachable(TopologyGraph graph, NodeId from, NodeId to, Instant now) =>
        graph.TryGetLink(from, to, now, out MeshLink link) && link.Kind is LinkKind.Unreachable or LinkKind.Relay;

    private static MeshPath? Search(
        TopologyGraph graph, NodeId from, NodeId to, int legs, bool direct, IReadOnlyCollection<NodeId> excluded)
    {
        if (!graph.TryGetIndex(from, out int start) || !graph.TryGetIndex(to, out int goal) || start == goal)
        {
            return null;
        }

        var adjacency = new Adjacency(graph);
        bool[] barred = new bool[graph.Slots];
        foreach (NodeId node in excluded)
        {
            if (graph.TryGetIndex(node, out int index) && index != goal)
            {
                barred[index] = true;
            }
        }

        // A state is a node and the legs that led to it: a dearer way with fewer legs may be the only one that fits.
        int states = graph.Slots * (legs + 1);
        long[] costs = new long[states];
        int[] previous = new int[states];
        Array.Fill(costs, long.MaxValue);
        var open = new PriorityQueue<int, (long Cost, long Order)>();
        long order = 0;
        costs[start] = 0;
        open.Enqueue(start, (0, order++));
        while (open.TryDequeue(out int state, out (long Cost, long Order) at))
        {
            (int leg, int node) = int.DivRem(state, graph.Slots);
            if (node == goal)
            {
                return Trace(graph, previous, state, at.Cost);
            }

            if (at.Cost > costs[state] || leg == legs)
            {
                continue;
            }

            foreach ((int next, long cost) in adjacency.Of(node))
            {
                if (barred[next] || next == start || (!direct && node == start && next == goal))
                {
                    continue;
                }

                long total = at.Cost + cost + (node == start ? 0 : RelayMicroseconds);
                int reached = ((leg + 1) * graph.Slots) + next;
                if (total < costs[reached])
                {
                    (costs[reached], previous[reached]) = (total, state);
                    open.Enqueue(reached, (total, order++));
                }
            }
        }

        return null;
    }

    private static MeshPath Trace(TopologyGraph graph, int[] previous, int state, long cost)
    {
        var nodes = new List<NodeId>();
        for (; state >= graph.Slots; state = previous[state])
        {
            nodes.Add(graph.NodeAt(state % graph.Slots));
        }

        nodes.Add(graph.NodeAt(state));
        nodes.Reverse();
        return new MeshPath(nodes, cost);
    }

    /// <summary>The direct links in both directions: who told of a link reaches, and is reached.</summary>
    private readonly struct Adjacency
    {
        private readonly List<(int Next, long Cost)>[] _links;

        public Adjacency(TopologyGraph graph)
        {
            _links = new List<(int Next, long Cost)>[graph.Slots];
            for (int from = 0; from < graph.Slots; from++)
            {
                foreach (ref readonly TopologyGraph.Edge edge in graph.EdgesAt(from))
                {
                    if (edge.IsDirect && graph.IsThere(edge))
                    {
                        long cost = Cost(graph, from, edge);
                        (_links[from] ??= []).Add((edge.To, cost));
                        (_links[edge.To] ??= []).Add((from, cost));
                    }
                }
            }
        }

        public List<(int Next, long Cost)> Of(int node) => _links[node] ?? [];

        private static long Cost(TopologyGraph graph, int from, in TopologyGraph.Edge edge)
        {
            long roundTrip = edge.RoundTrip > 0 ? edge.RoundTrip
                : graph.CoordinateAt(from) is { } here && graph.CoordinateAt(edge.To) is { } there
                    ? CoordinateSpace.PredictMicroseconds(here, there) ?? UnknownMicroseconds
                    : UnknownMicroseconds;
            return roundTrip + (roundTrip * 4 * edge.LossPermille / 1_000);
        }
    }
}
