using Noodle.Node.Mesh;
using Noodle.Primitives;

namespace Noodle.Node.Tests.Mesh;

public sealed class StatusAudienceTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(StatusAudience.All)]
    public void In_a_small_mesh_everybody_hears_every_time(int count)
    {
        var audience = new StatusAudience(new Prng(1));
        NodeId[] peers = Peers(count);
        Assert.Equal(peers, audience.Next(peers));
        Assert.Equal(peers, audience.Next(peers));
    }

    [Theory]
    [InlineData(33)]
    [InlineData(200)]
    [InlineData(2_000)]
    public void In_a_large_mesh_a_turn_costs_the_same_and_nobody_is_forgotten(int count)
    {
        var audience = new StatusAudience(new Prng((ulong)count));
        NodeId[] peers = Peers(count);
        var heard = new Dictionary<NodeId, int>();
        int round = (count + StatusAudience.Some - 1) / StatusAudience.Some;
        for (int turn = 0; turn < 6 * round; turn++)
        {
            IReadOnlyList<NodeId> chosen = audience.Next(peers);
            Assert.Equal(chosen.Count, chosen.Distinct().Count());
            Assert.InRange(chosen.Count, 1, StatusAudience.Some);
            foreach (NodeId node in chosen)
            {
                Assert.InRange(turn - heard.GetValueOrDefault(node, 0), 0, 2 * round);
                heard[node] = turn;
            }
        }

        Assert.Equal(count, heard.Count);
    }

    [Fact]
    public void Peers_come_and_go_between_turns()
    {
        var audience = new StatusAudience(new Prng(3));
        NodeId[] peers = Peers(100);
        audience.Next(peers);
        IReadOnlyList<NodeId> chosen = audience.Next(peers[50..]);
        Assert.Subset(peers[50..].ToHashSet(), chosen.ToHashSet());
        Assert.Equal(Peers(3), audience.Next(Peers(3)));
    }

    private static NodeId[] Peers(int count) =>
        [.. Enumerable.Range(0, count).Select(i => NodeId.Create("n", new Guid(i, 0, 0, new byte[8])))];
}
