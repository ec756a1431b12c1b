using Noodle.Primitives;
using NoodleNet.Mesh;
using NoodleNet.Mesh.Topology;
using static NoodleNet.Tests.Mesh.MeshNodes;

namespace NoodleNet.Tests.Mesh;

public sealed class NoodleMeshTests
{
    private readonly NoodleMesh _mesh = new(Node(1), new Prng(1));

    [Fact]
    public void It_asks_for_probes_each_second_and_learns_from_the_answers()
    {
        Assert.Null(_mesh.NextDeadline);
        Tell(new MeshInput.Appeared(Node(1)), 0);
        Tell(new MeshInput.Appeared(Node(2)), 0);
        Tell(new MeshInput.Linked(Node(2), LinkKind.Tcp), 0);
        Assert.Equal([new MeshEffect.Changed(new TopologyEvent(
            TopologyChange.LinkUp, Node(2), LinkKind.Tcp, default, null, 0))], Effects());
        Assert.Equal(At(0), _mesh.NextDeadline);
        _mesh.HandleDeadline(At(0));
        Assert.Equal([new MeshEffect.Probe(Node(2))], Effects());
        _mesh.HandleDeadline(At(0.5));
        Assert.Empty(Effects());
        Trip(2, 3, 0);
        Assert.Equal(3_000, _mesh.Predict(Node(2), At(1)));
        Assert.Equal(0, _mesh.Predict(Node(1), At(1)));
        Assert.Null(_mesh.Predict(Node(7), At(1)));
        MeshLink own = Assert.Single(_mesh.OwnLinks(At(1)));
        Assert.Equal((Node(2), LinkKind.Tcp, 3_000L), (own.To, own.Kind, own.RoundTripMicroseconds!.Value));
        Assert.NotEqual(NoodleNet.Mesh.Vivaldi.CoordinateSpace.Origin, _mesh.Coordinate);
        Assert.Equal(own, Assert.Single(_mesh.Report(At(1))));
        _mesh.HandleDeadline(At(1));
        Assert.Equal(At(2), _mesh.NextDeadline);
    }

    [Fact]
    public void A_link_that_becomes_slow_is_told_once_and_again_when_it_is_as_before()
    {
        Join(2);
        for (int i = 0; i < 10; i++)
        {
            Trip(2, 2, i);
        }

        Effects();
        for (int i = 0; i < 20; i++)
        {
            Trip(2, 40, 10 + i);
        }

        TopologyEvent bad = Assert.Single(Changes());
        Assert.Equal((TopologyChange.LinkDegraded, Node(2)), (bad.Change, bad.To));
        for (int i = 0; i < 40; i++)
        {
            Trip(2, 2, 200 + i);
        }

        Assert.Equal(TopologyChange.LinkRestored, Assert.Single(Changes()).Change);
    }

    [Fact]
    public void A_link_that_loses_probes_is_bad_until_it_loses_none()
    {
        Join(2);
        for (int i = 0; i < 5; i++)
        {
            Trip(2, 2, i);
        }

        Effects();
        Tell(new MeshInput.ProbeLost(Node(2)), 6);
        TopologyEvent bad = Assert.Single(Changes());
        Assert.Equal(TopologyChange.LinkDegraded, bad.Change);
        Assert.True(bad.LossPermille > 50);
        Trip(2, 2, 7);
        Assert.Empty(Changes());
        for (int i = 0; i < 30; i++)
        {
            Trip(2, 2, 8 + i);
        }

        Assert.Equal(TopologyChange.LinkRestored, Assert.Single(Changes()).Change);
        Tell(new MeshInput.ProbeLost(Node(77)), 60);
        Assert.Empty(Changes());
    }

    [Fact]
    public void Up_down_unreachable_relayed_and_direct_again_are_told_in_their_order()
    {
        Join(2);
        Tell(new MeshInput.Linked(Node(2), LinkKind.Tcp), 1);
        Tell(new MeshInput.Barred(Node(2)), 1);
        Tell(new MeshInput.Unlinked(Node(2)), 2);
        Tell(new MeshInput.Unlinked(Node(2)), 2);
        Tell(new MeshInput.Barred(Node(2)), 3);
        Tell(new MeshInput.Barred(Node(2)), 3);
        Tell(new MeshInput.Barred(Node(88)), 3);
        Tell(new MeshInput.Linked(Node(2), LinkKind.Relay, Node(3)), 4);
        Tell(new MeshInput.Linked(Node(2), LinkKind.Quic), 5);
        Tell(new MeshInput.Linked(Node(1), LinkKind.Tcp), 5);
        Assert.Equal(
            [
                (TopologyChange.LinkUp, LinkKind.Tcp), (TopologyChange.LinkDown, LinkKind.None),
                (TopologyChange.LinkUnreachable, LinkKind.Unreachable), (TopologyChange.RelayChosen, LinkKind.Relay),
                (TopologyChange.LinkUp, LinkKind.Quic),
            ],
            Changes().Select(change => (change.Change, change.Kind)));
    }

    [Fact]
    public void What_was_measured_of_the_direct_way_says_nothing_of_the_relayed_one()
    {
        Join(2);
        Trip(2, 1, 0);
        Tell(new MeshInput.Unlinked(Node(2)), 1);
        Tell(new MeshInput.Linked(Node(2), LinkKind.Relay, Node(3)), 1);
        Assert.Null(_mesh.MeasureOf(Node(2), At(1)));
        NetworkCoordinate before = _mesh.Coordinate;
        Trip(2, 9, 1);
        Assert.Equal(before, _mesh.Coordinate);
        Assert.Equal(9_000, _mesh.OwnLinks(At(1))[0].RoundTripMicroseconds);
        Assert.Equal(Node(3), _mesh.OwnLinks(At(1))[0].Via);
    }

    [Fact]
    public void Relays_come_from_the_graph_first_and_then_from_the_nearest()
    {
        foreach (int node in new[] { 2, 3, 4, 5 })
        {
            Tell(new MeshInput.Appeared(Node(node)), 0);
        }

        Tell(new MeshInput.Linked(Node(2), LinkKind.Tcp), 0);
        Tell(new MeshInput.Linked(Node(3), LinkKind.Tcp), 0);
        Tell(new MeshInput.Linked(Node(4), LinkKind.Tcp), 0);
        Trip(3, 5, 0);
        Trip(2, 1, 0);
        Tell(new MeshInput.Reported(Node(3), null, [Way(5, 1_000)]), 0);
        Assert.Equal(["n3 n5", "n2 n5", "n4 n5"], _mesh.FindRelays(Node(5), 4, At(1)).Select(path =>
            string.Join(' ', path.Nodes.Skip(1).Select(node => node.Host))));
        Assert.Equal(2, _mesh.FindRelays(Node(5), 2, At(1)).Count);
        Assert.Single(_mesh.FindRelays(Node(5), 1, At(1)));
    }

    [Fact]
    public void A_node_that_is_gone_leaves_nothing_behind()
    {
        Join(2);
        Trip(2, 1, 0);
        Tell(new MeshInput.Transferred(Node(2), 1 << 20, Ms(10)), 0);
        Assert.NotNull(_mesh.OwnLinks(At(0))[0].BytesPerSecond);
        Tell(new MeshInput.Gone(Node(2)), 1);
        Trip(2, 1, 2);
        Tell(new MeshInput.Transferred(Node(2), 1 << 20, Ms(10)), 2);
        Assert.Empty(_mesh.OwnLinks(At(2)));
        Assert.Null(_mesh.MeasureOf(Node(2), At(2)));
        Assert.Empty(_mesh.Graph.LinksOf(Node(2), At(2)));
        Effects();
        _mesh.HandleDeadline(At(2));
        Assert.Empty(Effects());
    }

    [Fact]
    public void An_agent_that_is_no_node_moves_the_coordinate_alone()
    {
        Tell(new MeshInput.RoundTrip("n0", Ms(5), Topology.TopologyGraphTests.Place(0.1)), 0);
        Assert.NotEqual(NoodleNet.Mesh.Vivaldi.CoordinateSpace.Origin, _mesh.Coordinate);
        Assert.Equal(0, _mesh.Graph.Count);
        _mesh.HandleDeadline(At(0));
        Assert.Empty(Effects());
    }

    [Fact]
    public void A_coordinate_that_was_told_predicts_a_node_that_was_never_measured()
    {
        Tell(new MeshInput.Appeared(Node(2)), 0);
        Tell(new MeshInput.RoundTrip("agent", Ms(5), Topology.TopologyGraphTests.Place(0.001)), 0);
        Assert.Null(_mesh.Predict(Node(2), At(0)));
        Tell(new MeshInput.Reported(Node(2), Topology.TopologyGraphTests.Place(0.02), []), 0);
        Assert.InRange(_mesh.Predict(Node(2), At(0))!.Value, 15_000, 25_000);
        Tell(new MeshInput.Reported(Node(1), Topology.TopologyGraphTests.Place(9), [Way(2, 1)]), 0);
        Assert.False(_mesh.Graph.TryGetLink(Node(1), Node(2), At(0), out _));
    }

    [Fact]
    public void Effects_that_nobody_takes_are_bounded()
    {
        Join(2);
        for (int i = 0; i < NoodleMesh.MostEffects; i++)
        {
            Tell(new MeshInput.Unlinked(Node(2)), i);
            Tell(new MeshInput.Linked(Node(2), LinkKind.Tcp), i);
        }

        Assert.Equal(NoodleMesh.MostEffects, Effects().Count);
    }

    [Fact]
    public void A_full_mesh_takes_no_more_nodes()
    {
        var small = new NoodleMesh(Node(1), new Prng(1), capacity: 1);
        small.Handle(new MeshInput.Appeared(Node(2)), At(0));
        small.Handle(new MeshInput.Appeared(Node(3)), At(0));
        small.Handle(new MeshInput.Linked(Node(3), LinkKind.Tcp), At(0));
        Assert.Empty(small.OwnLinks(At(0)));
        Assert.Equal(1, small.Graph.Count);
    }

    private void Join(int node)
    {
        Tell(new MeshInput.Appeared(Node(node)), 0);
        Tell(new MeshInput.Linked(Node(node), LinkKind.Tcp), 0);
    }

    private void Trip(int node, double ms, double at) => Tell(
        new MeshInput.RoundTrip(Node(node).ToString(), Ms(ms), Topology.TopologyGraphTests.Place(0.01)), at);

    private void Tell(MeshInput input, double at) => _mesh.Handle(input, At(at));

    private List<TopologyEvent> Changes() =>
        [.. Effects().OfType<MeshEffect.Changed>().Select(changed => changed.Event)];

    private List<MeshEffect> Effects()
    {
        var effects = new List<MeshEffect>();
        while (_mesh.TryTakeEffect(out MeshEffect? effect))
        {
            effects.Add(effect);
        }

        return effects;
    }
}
