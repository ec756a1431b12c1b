using Noodle.Primitives;
using NoodleNet.Mesh.Quality;
using static NoodleNet.Tests.Mesh.MeshNodes;

namespace NoodleNet.Tests.Mesh.Quality;

public sealed class ProbePlannerTests
{
    public static TheoryData<int> Sizes => [1, 3, 4, 5, 32, 1_000, 10_000];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_round_costs_the_same_in_every_mesh_and_each_peer_has_its_turn(int peers)
    {
        var planner = new ProbePlanner();
        for (int i = 1; i <= peers; i++)
        {
            Assert.True(planner.Add(Node(i)));
        }

        var probed = new HashSet<NodeId>();
        int rounds = int.Max(2, (peers + 3) / 4);
        for (int second = 0; second < rounds; second++)
        {
            IReadOnlyList<NodeId> round = planner.TakeRound(At(second));
            Assert.InRange(round.Count, 0, ProbePlanner.PerRound);
            Assert.Equal(round.Count, round.Distinct().Count());
            probed.UnionWith(round);
        }

        Assert.Equal(peers, probed.Count);
    }

    [Fact]
    public void Neighbours_get_half_of_the_places_and_the_others_are_not_starved()
    {
        var planner = new ProbePlanner();
        for (int i = 1; i <= 100; i++)
        {
            planner.Add(Node(i));
        }

        planner.SetNeighbours([Node(7), Node(8), Node(9), Node(10), Node(999)]);
        var counts = new Dictionary<NodeId, int>();
        for (int second = 0; second < 100; second++)
        {
            foreach (NodeId node in planner.TakeRound(At(second)))
            {
                counts[node] = counts.GetValueOrDefault(node) + 1;
            }
        }

        Assert.InRange(counts[Node(7)], 48, 52);
        Assert.InRange(counts[Node(50)], 2, 3);
        Assert.Equal(100, counts.Count);
        planner.SetNeighbours([]);
        Assert.Equal(4, planner.TakeRound(At(200)).Count);
    }

    [Fact]
    public void New_and_hastened_peers_come_first_and_nobody_twice_within_the_pause()
    {
        var planner = new ProbePlanner();
        planner.Add(Node(1));
        Assert.Equal([Node(1)], planner.TakeRound(At(0)));
        Assert.Empty(planner.TakeRound(At(1)));
        planner.Add(Node(2));
        Assert.True(planner.Add(Node(2)));
        Assert.Equal([Node(2)], planner.TakeRound(At(1)));
        planner.Hasten(Node(2));
        planner.Hasten(Node(3));
        Assert.Equal([Node(2)], planner.TakeRound(At(1.5)));
        Assert.Equal([Node(1)], planner.TakeRound(At(2)));
    }

    [Fact]
    public void A_peer_that_is_gone_is_measured_no_more_and_a_full_table_takes_none()
    {
        var planner = new ProbePlanner(capacity: 2);
        planner.Add(Node(1));
        planner.Add(Node(2));
        Assert.False(planner.Add(Node(3)));
        planner.Remove(Node(1));
        planner.Remove(Node(9));
        Assert.Equal([Node(2)], planner.TakeRound(At(0)));
        Assert.Equal(1, planner.Count);
    }
}
