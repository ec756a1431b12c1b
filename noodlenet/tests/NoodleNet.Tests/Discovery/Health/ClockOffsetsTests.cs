using Noodle.Primitives;
using NoodleNet.Discovery.Health;

namespace NoodleNet.Tests.Discovery.Health;

public sealed class ClockOffsetsTests
{
    private const long Day = 86_400_000_000;
    private static readonly NodeId Ann = Id(1), Bob = Id(2), Cid = Id(3);

    [Fact]
    public void The_answer_with_the_shortest_way_counts()
    {
        var clocks = new ClockOffsets();
        clocks.Note(Ann, 1_000_000, 1_500_000, TimeSpan.FromMilliseconds(800), At(0)); // written after 100 of 800 ms
        clocks.Note(Ann, 2_000_000, 2_402_000, TimeSpan.FromMilliseconds(4), At(1));
        clocks.Note(Ann, 3_000_000, 3_800_000, TimeSpan.FromMilliseconds(500), At(2));
        Assert.Equal(
            new ClockSkew(TimeSpan.FromMilliseconds(400), TimeSpan.FromMilliseconds(2), 1), clocks.Of(Ann, At(3)));
        Assert.Equal(clocks.Of(Ann, At(3)), clocks.Estimate(At(3)));
        for (int i = 0; i < ClockOffsets.Samples; i++)
        {
            clocks.Note(Ann, 0, 5_000, TimeSpan.FromMilliseconds(10), At(4)); // it was set meanwhile
        }

        Assert.Equal(TimeSpan.Zero, clocks.Of(Ann, At(4))!.Value.Offset);
    }

    [Fact]
    public void One_wrong_clock_of_three_does_not_make_ours_wrong()
    {
        var clocks = new ClockOffsets();
        clocks.Note(Ann, 0, 10_000, TimeSpan.FromMilliseconds(20), At(0));
        clocks.Note(Bob, 0, Day, TimeSpan.Zero, At(0));
        clocks.Note(Cid, 0, 12_000, TimeSpan.FromMilliseconds(20), At(0));
        Assert.Equal(
            new ClockSkew(TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(10), 3), clocks.Estimate(At(1)));
        Assert.Equal(TimeSpan.FromDays(1), clocks.Of(Bob, At(1))!.Value.Offset);
        clocks.Forget(Cid);
        Assert.Equal(TimeSpan.FromHours(12), clocks.Estimate(At(1))!.Value.Offset); // of two, between them
    }

    [Fact]
    public void What_was_told_long_ago_or_never_does_not_count()
    {
        var clocks = new ClockOffsets();
        Assert.Null(clocks.Estimate(At(0)));
        Assert.Null(clocks.Of(Ann, At(0)));
        clocks.Note(Ann, 0, Day, TimeSpan.Zero, At(0));
        Assert.NotNull(clocks.Estimate(At(120)));
        Assert.Null(clocks.Estimate(At(121)));
        Assert.Null(clocks.Of(Ann, At(121)));
    }

    [Theory]
    [InlineData(0, long.MaxValue, 36_500)]
    [InlineData(long.MaxValue, long.MinValue, -36_500)]
    public void A_nonsense_clock_is_cut_to_a_century_and_nothing_overflows(long asked, long told, int days)
    {
        var clocks = new ClockOffsets();
        clocks.Note(Ann, asked, told, TimeSpan.FromSeconds(-1), At(0));
        clocks.Note(Bob, asked, told, TimeSpan.Zero, At(0));
        Assert.Equal(TimeSpan.FromDays(days), clocks.Estimate(At(0))!.Value.Offset);
    }

    [Fact]
    public void No_more_nodes_are_taken_in_than_may_be()
    {
        var clocks = new ClockOffsets();
        for (int i = 0; i < 2 * ClockOffsets.MaxPeers; i++)
        {
            clocks.Note(Id(i), 0, 0, TimeSpan.Zero, At(0));
        }

        Assert.Equal(ClockOffsets.MaxPeers, clocks.Estimate(At(0))!.Value.Peers);
    }

    private static NodeId Id(int i) => NodeId.Create("n", new Guid(i, 0, 0, new byte[8]));

    private static Instant At(int second) => Instant.Origin + TimeSpan.FromSeconds(second);
}
