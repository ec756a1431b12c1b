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
        Assert.Equal(peers, audience.Next(peers, hasNews: true));
        Assert.Equal(peers, audience.Next(peers, hasNews: true));
    }

    [Fact]
    public void Without_news_few_hear_at_a_time()
    {
        var audience = new StatusAudience(new Prng(2));
        NodeId[] peers = Peers(10);
        IReadOnlyList<NodeId> first = audience.Next(peers, hasNews: false);
        IReadOnlyList<NodeId> second = audience.Next(peers, hasNews: false);
        Assert.Equal((StatusAudience.Few, StatusAudience.Few), (first.Count, second.Count));
        Assert.Empty(first.Intersect(second));
        Assert.Equal(peers[..StatusAudience.Few], audience.Next(peers[..StatusAudience.Few], hasNews: false));
    }

    [Theory]
    [InlineData(33, true)]
    [InlineData(200, true)]
    [InlineData(2_000, true)]
    [InlineData(10, false)]
    [InlineData(200, false)]
    public void In_a_large_mesh_a_turn_costs_the_same_and_nobody_is_forgotten(int count, bool hasNews)
    {
        var audience = new StatusAudience(new Prng((ulong)count));
        NodeId[] peers = Peers(count);
        var heard = new Dictionary<NodeId, int>();
        int most = hasNews ? StatusAudience.Some : StatusAudience.Few;
        int round = (count + most - 1) / most;
        for (int turn = 0; turn < 6 * round; turn++)
        {
            IReadOnlyList<NodeId> chosen = audience.Next(peers, hasNews);
            Assert.Equal(chosen.Count, chosen.Distinct().Count());
            Assert.InRange(chosen.Count, 1, most);
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
        audience.Next(peers, hasNews: true);
        IReadOnlyList<NodeId> chosen = audience.Next(peers[50..], hasNews: true);
        Assert.Subset(peers[50..].ToHashSet(), chosen.ToHashSet());
        Assert.Equal(Peers(3), audience.Next(Peers(3), hasNews: true));
    }

    private static NodeId[] Peers(int count) =>
        [.. Enumerable.Range(0, count).Select(i => NodeId.Create("n", new Guid(i, 0, 0, new byte[8])))];
}
