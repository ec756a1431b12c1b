namespace Ahr.Runtime.Tests;

public sealed class DecisionLogTests
{
    [Fact]
    public void The_newest_come_first_and_the_oldest_go()
    {
        DecisionLog log = new(4);
        for (int i = 0; i < 6; i++)
        {
            Add(log, i % 2 == 0 ? "even" : "odd");
        }

        Assert.Equal([5, 4, 3, 2], log.Read(10).Select(entry => entry.Sequence));
        Assert.Equal([5, 4], log.Read(2).Select(entry => entry.Sequence));
        Assert.Equal([4, 2], log.Read(10, "even").Select(entry => entry.Sequence));
        Assert.Equal((6, 4), (log.Total, log.Capacity));
        Assert.Empty(new DecisionLog().Read(10));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DecisionLog(0));
    }

    [Fact]
    public void Many_writers_lose_nothing_that_fits()
    {
        DecisionLog log = new(1_000);
        Parallel.For(0, 1_000, _ => Add(log, "m"));
        Assert.Equal(
            Enumerable.Range(0, 1_000).Reverse().Select(i => (long)i), log.Read(2_000).Select(entry => entry.Sequence));
    }

    private static void Add(DecisionLog log, string model) => log.Add(
        DateTimeOffset.UnixEpoch, model, null, [], InferenceFault.None, TimeSpan.Zero, cancelled: false);
}
