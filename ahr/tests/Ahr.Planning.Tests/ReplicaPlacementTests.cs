using Noodle.Primitives;

namespace Ahr.Planning.Tests;

public sealed class ReplicaPlacementTests
{
    private const string Digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [Fact]
    public void A_weight_is_the_head_of_sha256_over_digest_and_node() => Assert.Equal(
        0x33DFCFB37B71B8B9u, ReplicaPlacement.Weigh(Digest, Node(1)));

    [Fact]
    public void The_order_of_nodes_does_not_matter() => Gen.ULong.Sample(seed =>
    {
        NodeId[] nodes = [.. Enumerable.Range(0, 12).Select(Node)];
        IReadOnlyList<NodeId> expected = ReplicaPlacement.Rank(Digest, nodes, 3);
        new Prng(seed).Shuffle<NodeId>(nodes);
        Assert.Equal(expected, ReplicaPlacement.Rank(Digest, nodes, 3));
    });

    [Fact]
    public void When_a_node_leaves_only_its_own_place_is_given_away() =>
        Gen.Select(Gen.Int[2, 20], Gen.Int[1, 5], Gen.Int[0, 19], Gen.Int).Sample((count, replicas, gone, salt) =>
        {
            NodeId[] nodes = [.. Enumerable.Range(0, count).Select(Node)];
            NodeId left = nodes[gone % count];
            IReadOnlyList<NodeId> before = ReplicaPlacement.Rank($"{Digest}{salt}", nodes, replicas);
            IReadOnlyList<NodeId> after = ReplicaPlacement.Rank(
                $"{Digest}{salt}", [.. nodes.Where(node => node != left)], replicas);
            // Read from right to left it is the law for a node that joins.
            int kept = before.Count - (before.Contains(left) ? 1 : 0);
            Assert.Equal(before.Where(node => node != left), after.Take(kept));
        });

    [Fact]
    public void Models_spread_evenly()
    {
        NodeId[] nodes = [.. Enumerable.Range(0, 10).Select(Node)];
        Dictionary<NodeId, int> counts = nodes.ToDictionary(node => node, _ => 0);
        for (int i = 0; i < 2_000; i++)
        {
            counts[ReplicaPlacement.Rank($"model{i}", nodes, 1)[0]]++;
        }

        Assert.All(counts.Values, count => Assert.InRange(count, 140, 260));
    }

    [Fact]
    public void Fewer_nodes_than_replicas_are_all_taken_and_each_counts_once()
    {
        Assert.Equal(2, ReplicaPlacement.Rank(Digest, [Node(1), Node(2), Node(1)], 5).Count);
        Assert.Empty(ReplicaPlacement.Rank(Digest, [Node(1)], 0));
        Assert.Empty(ReplicaPlacement.Rank(Digest, [], 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => ReplicaPlacement.Rank(Digest, [], -1));
    }

    private static NodeId Node(int i) => NodeId.Create($"n{i}", new Guid(i, 0, 0, new byte[8]));
}
