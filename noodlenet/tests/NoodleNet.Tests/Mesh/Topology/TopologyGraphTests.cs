using NoodleNet.Mesh;
using NoodleNet.Mesh.Topology;
using static NoodleNet.Tests.Mesh.MeshNodes;

namespace NoodleNet.Tests.Mesh.Topology;

public sealed class TopologyGraphTests
{
    [Fact]
    public void A_node_that_is_gone_takes_every_link_to_it_along()
    {
        var graph = new TopologyGraph();
        Assert.True(graph.Update(Node(1), null, [Way(2, 500), Way(3, 700, LinkKind.Relay, via: 2)], At(1)));
        Assert.Equal(3, graph.Count);
        Assert.Equal(Node(2), graph.LinksOf(Node(1), At(2))[1].Via);
        Assert.Equal(Ms(1_000), graph.LinksOf(Node(1), At(2))[0].Age);
        graph.Remove(Node(2));
        graph.Remove(Node(2));
        MeshLink left = Assert.Single(graph.LinksOf(Node(1), At(2)));
        Assert.Equal((Node(3), default), (left.To, left.Via));
        Assert.False(graph.TryGetLink(Node(1), Node(2), At(2), out _));
        Assert.Null(graph.Predict(Node(1), Node(2)));
        Assert.True(graph.Add(Node(4))); // it takes the place of the one that went
        Assert.False(graph.TryGetLink(Node(1), Node(4), At(2), out _));
        Assert.Equal([Node(1), Node(4), Node(3)], graph.Nodes);
        Assert.Empty(graph.LinksOf(Node(9), At(2)));
    }

    [Fact]
    public void A_full_graph_takes_no_new_nodes_and_leaves_out_links_to_them()
    {
        var graph = new TopologyGraph(capacity: 2);
        Assert.True(graph.Update(Node(1), null, [Way(2, 500), Way(3, 500), Way(1, 1)], At(1)));
        Assert.Single(graph.LinksOf(Node(1), At(1)));
        Assert.False(graph.Update(Node(3), null, [], At(1)));
    }

    [Fact]
    public void A_prediction_takes_what_either_measured_before_what_the_coordinates_say()
    {
        var graph = new TopologyGraph();
        NetworkCoordinate here = Place(0);
        NetworkCoordinate there = Place(0.03);
        graph.Update(Node(1), here, [], At(1));
        graph.Update(Node(2), there, [], At(1));
        Assert.InRange(graph.Predict(Node(1), Node(2))!.Value, 30_000, 30_050);
        graph.Update(Node(2), null, [Way(1, 777)], At(1));
        Assert.Equal((777L, 777L, 0L),
            (graph.Predict(Node(1), Node(2))!.Value, graph.Predict(Node(2), Node(1))!.Value,
                graph.Predict(Node(1), Node(1))!.Value));
        Assert.True(graph.TryGetCoordinate(Node(2), out NetworkCoordinate? kept));
        Assert.Equal(there, kept);
        graph.SetCoordinate(Node(2), here with { Height = -1 });
        graph.SetCoordinate(Node(9), here);
        Assert.False(graph.TryGetCoordinate(Node(9), out _));
    }

    [Fact]
    public void What_is_told_is_at_most_32_links_the_impossible_the_worst_and_the_best()
    {
        MeshLink[] links =
        [
            .. Enumerable.Range(1, 100).Select(i => Way(i, i * 100)),
            .. Enumerable.Range(101, 20).Select(i => Way(i, null, LinkKind.Unreachable)),
        ];
        IReadOnlyList<MeshLink> told = LinkSelection.Choose(links);
        Assert.Equal(LinkSelection.Most, told.Count);
        Assert.Equal(8, told.Count(link => link.Kind == LinkKind.Unreachable));
        Assert.Contains(Way(1, 100), told);
        Assert.Contains(Way(20, 2_000), told);
        Assert.Contains(Way(100, 10_000), told);
        Assert.Contains(Way(97, 9_700), told);
        Assert.Equal(told.Count, told.Distinct().Count());
        Assert.Equal(20, LinkSelection.Choose(links[100..]).Count);
        Assert.Equal(3, LinkSelection.Choose([Way(1, 1), Way(2, 2), Way(3, null, LinkKind.Relay, 1)]).Count);
        Assert.Equal(21, LinkSelection.Choose([Way(1, 5), .. links[100..]]).Count);
        Assert.Empty(LinkSelection.Choose([Way(1, null, LinkKind.None)]));
    }

    [Fact]
    public void Every_choice_is_bounded_and_names_no_link_twice() => Gen.Select(
        Gen.Int[0, 60], Gen.Int[0, 40]).Sample((direct, impossible) =>
    {
        MeshLink[] links =
        [
            .. Enumerable.Range(1, direct).Select(i => Way(i, i)),
            .. Enumerable.Range(101, impossible).Select(i => Way(i, null, LinkKind.Unreachable)),
        ];
        IReadOnlyList<MeshLink> told = LinkSelection.Choose(links);
        return told.Count == int.Min(links.Length, LinkSelection.Most) && told.Distinct().Count() == told.Count;
    });

    [Fact]
    public void A_report_survives_its_way_and_nonsense_in_it_is_left_out()
    {
        MeshLink[] links =
        [
            Way(2, 1_234) with { JitterMicroseconds = 5, LossPermille = 7, BytesPerSecond = 9, Age = Ms(11) },
            Way(3, null, LinkKind.Relay, via: 2), Way(4, null, LinkKind.Unreachable),
        ];
        NetworkCoordinate here = Place(0.5);
        Talk.TopologyReport report = Talk.TopologyReport.Parser.ParseFrom(
            Google.Protobuf.MessageExtensions.ToByteArray(TopologyCodec.Write(here, links)));
        Assert.Equal(links, TopologyCodec.ReadLinks(report));
        NetworkCoordinate read = TopologyCodec.Read(report.Coordinate)!;
        Assert.Equal(here.Vector.ToArray(), read.Vector.ToArray());
        Assert.Equal(here with { Vector = default }, read with { Vector = default });

        report.Links[0].To = "nobody";
        report.Links[1].Kind = (Talk.MeshLinkKind)99;
        report.Links[2].LossPermille = uint.MaxValue;
        report.Links[2].RoundTripUs = uint.MaxValue;
        MeshLink left = Assert.Single(TopologyCodec.ReadLinks(report));
        Assert.Equal((1_000, 60_000_000L), (left.LossPermille, left.RoundTripMicroseconds!.Value));
        report.Coordinate.Vector.Add(1);
        Assert.Null(TopologyCodec.Read(report.Coordinate));
        Assert.Null(TopologyCodec.Read((Talk.MeshCoordinate?)null));
        report.Coordinate.Vector.Clear();
        report.Coordinate.Vector.AddRange([double.NaN, 0, 0, 0, 0, 0, 0, 0]);
        Assert.Null(TopologyCodec.Read(report.Coordinate));
    }

    internal static NetworkCoordinate Place(double x) => new(new[] { x, 0, 0, 0, 0, 0, 0, 0 }, 0.1, 0, 1e-5);
}
