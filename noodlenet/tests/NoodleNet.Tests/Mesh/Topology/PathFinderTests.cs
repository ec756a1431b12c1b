using Noodle.Primitives;
using NoodleNet.Mesh.Topology;
using static NoodleNet.Tests.Mesh.MeshNodes;

namespace NoodleNet.Tests.Mesh.Topology;

public sealed class PathFinderTests
{
    public static TheoryData<string, string, string, long?> Ways => new()
    {   // what is tried                      links (from-to:microseconds)    from 1 to 5  cost
        { "a direct link",                    "1-5:900",                      "1 5",       900 },
        { "a detour that is faster",          "1-5:9000 1-2:100 2-5:100",     "1 2 5",     400 },
        { "a detour that saves too little",   "1-5:900 1-2:400 2-5:400",      "1 5",       900 },
        { "the better of two relays",         "1-2:500 2-5:500 1-3:100 3-5:100", "1 3 5",  400 },
        { "a link that only the far end told", "5-2:100 2-1:100",             "1 2 5",     400 },
        { "three relays in a row",            "1-2:100 2-3:100 3-4:100 4-5:100", "1 2 3 4 5", 1_000 },
        { "four relays at most",              "1-2:9 2-3:9 3-4:9 4-6:9 6-5:9", "1 2 3 4 6 5", 845 },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_fastest_way_is_found(string what, string links, string way, long? cost)
    {
        Assert.NotEmpty(what);
        MeshPath? path = PathFinder.Find(Graph(links), Node(1), Node(5), At(1));
        Assert.Equal(way, Names(path));
        Assert.Equal(cost, path?.Microseconds);
    }

    [Fact]
    public void More_than_four_relays_are_too_many_and_a_dearer_way_with_fewer_is_taken()
    {
        TopologyGraph graph = Graph("1-2:9 2-3:9 3-4:9 4-6:9 6-7:9 7-5:9");
        Assert.Null(PathFinder.FindRelayed(graph, Node(1), Node(5), []));
        graph = Graph("1-2:9 2-3:9 3-4:9 4-6:9 6-7:9 7-5:9 1-6:9000");
        Assert.Equal("1 6 7 5", Names(PathFinder.FindRelayed(graph, Node(1), Node(5), [])));
    }

    [Fact]
    public void One_relay_is_preferred_to_two_that_are_faster()
    {
        TopologyGraph graph = Graph("1-2:5000 2-5:5000 1-3:100 3-4:100 4-5:100");
        MeshPath path = PathFinder.FindRelayed(graph, Node(1), Node(5), [])!;
        Assert.Equal(("1 2 5", 1), (Names(path), path.Relays));
        Assert.Equal("1 3 4 5", Names(PathFinder.FindRelayed(graph, Node(1), Node(5), [Node(2), Node(5), Node(99)])));
        Assert.Null(PathFinder.FindRelayed(graph, Node(1), Node(5), [Node(2), Node(3)]));
    }

    [Fact]
    public void Relayed_and_broken_links_carry_nobody_else()
    {
        var graph = new TopologyGraph();
        graph.Update(Node(1), null, [Way(2, 10, LinkKind.Relay, 3), Way(5, null, LinkKind.Unreachable)], At(1));
        graph.Update(Node(2), null, [Way(5, 10)], At(1));
        Assert.Null(PathFinder.FindRelayed(graph, Node(1), Node(5), []));
        Assert.Null(PathFinder.Find(graph, Node(1), Node(5), At(1)));
        Assert.Null(PathFinder.Find(graph, Node(5), Node(1), At(1)));
        Assert.Null(PathFinder.Find(graph, Node(1), Node(77), At(1)));
        Assert.Null(PathFinder.Find(graph, Node(1), Node(1), At(1)));
    }

    [Fact]
    public void Two_nodes_that_know_nothing_against_it_are_taken_to_reach_each_other()
    {
        TopologyGraph graph = Graph("1-2:50 3-5:60");
        Assert.Equal(PathFinder.UnknownMicroseconds, PathFinder.Find(graph, Node(1), Node(5), At(1))!.Microseconds);
        graph.SetCoordinate(Node(1), TopologyGraphTests.Place(0));
        graph.SetCoordinate(Node(5), TopologyGraphTests.Place(0.004));
        Assert.InRange(PathFinder.Find(graph, Node(1), Node(5), At(1))!.Microseconds, 4_000, 4_030);
    }

    [Fact]
    public void An_unmeasured_link_costs_what_the_coordinates_say_and_a_lossy_one_more()
    {
        var graph = new TopologyGraph();
        graph.Update(Node(1), TopologyGraphTests.Place(0), [Way(2, null), Way(3, 1_000) with { LossPermille = 500 }],
            At(1));
        graph.Update(Node(2), TopologyGraphTests.Place(0.001), [Way(5, 1_000)], At(1));
        graph.Update(Node(3), null, [Way(5, 1_000)], At(1));
        MeshPath path = PathFinder.FindRelayed(graph, Node(1), Node(5), [])!;
        Assert.Equal("1 2 5", Names(path));
        Assert.InRange(path.Microseconds, 2_200, 2_240);
        graph.Remove(Node(2));
        Assert.Equal(1_000 + 2_000 + 1_000 + PathFinder.RelayMicroseconds,
            PathFinder.FindRelayed(graph, Node(1), Node(5), [])!.Microseconds);
        graph.Update(Node(6), null, [Way(1, null), Way(5, 10)], At(1));
        Assert.Equal("1 3 5", Names(PathFinder.FindRelayed(graph, Node(1), Node(5), [])));
    }

    [Fact]
    public void No_way_passes_a_node_twice_or_more_than_four_and_none_is_faster() => Gen.Select(
        Gen.Int[1, 8], Gen.Int[1, 8], Gen.Int[1, 5_000]).Array[0, 24].Sample(edges =>
    {
        var graph = new TopologyGraph();
        for (int i = 1; i <= 8; i++)
        {
            int from = i;
            graph.Update(Node(i), null,
                [.. edges.Where(edge => edge.Item1 == from).Select(edge => Way(edge.Item2, edge.Item3))], At(1));
        }

        MeshPath? path = PathFinder.FindRelayed(graph, Node(1), Node(8), []);
        long? best = Cheapest(graph, [Node(1)], 2, 0) ?? Cheapest(graph, [Node(1)], 5, 0);
        return path?.Microseconds == best && (path is null ||
            (path.Nodes.Distinct().Count() == path.Nodes.Count && path.Relays is >= 1 and <= PathFinder.MostRelays));
    });

    // Every way there is, one after the other.
    private static long? Cheapest(TopologyGraph graph, List<NodeId> way, int legs, long cost)
    {
        if (way[^1] == Node(8))
        {
            return cost;
        }

        long? best = null;
        for (int i = 1; i <= 8 && legs > 0; i++)
        {
            NodeId next = Node(i);
            bool isDirect = way.Count == 1 && next == Node(8);
            if (isDirect || way.Contains(next) || Weight(graph, way[^1], next) is not { } leg)
            {
                continue;
            }

            long relay = way.Count > 1 ? PathFinder.RelayMicroseconds : 0;
            long? found = Cheapest(graph, [.. way, next], legs - 1, cost + leg + relay);
            best = best is null || found < best ? found ?? best : best;
        }

        return best;
    }

    private static long? Weight(TopologyGraph graph, NodeId a, NodeId b)
    {
        long?[] told = [.. graph.LinksOf(a, At(1)).Where(link => link.To == b)
            .Concat(graph.LinksOf(b, At(1)).Where(link => link.To == a)).Select(link => link.RoundTripMicroseconds)];
        return told.Min();
    }

    private static TopologyGraph Graph(string text)
    {
        var graph = new TopologyGraph();
        var edges = text.Split(' ').Select(edge => edge.Split('-', ':').Select(int.Parse).ToArray());
        foreach (IGrouping<int, int[]> from in edges.GroupBy(edge => edge[0]))
        {
            graph.Update(Node(from.Key), null, [.. from.Select(edge => Way(edge[1], edge[2]))], At(1));
        }

        return graph;
    }

    private static string Names(MeshPath? path) =>
        path is null ? "" : string.Join(' ', path.Nodes.Select(node => node.Host[1..]));
}
