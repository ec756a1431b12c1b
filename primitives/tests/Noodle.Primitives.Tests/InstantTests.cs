namespace Noodle.Primitives.Tests;

public sealed class InstantTests
{
    [Fact]
    public void Adding_and_subtracting_a_length_undo_each_other() =>
        Gen.Select(Gen.Long[-1_000_000_000_000, 1_000_000_000_000], Gen.Int[-1_000_000, 1_000_000]).Sample((at, ms) =>
        {
            var instant = new Instant(at);
            var length = TimeSpan.FromMilliseconds(ms);
            Assert.Equal(instant, instant + length - length);
            Assert.Equal(length, instant + length - instant);
        });

    [Fact]
    public void The_ends_hold()
    {
        Assert.Equal(Instant.Never, Instant.Never + TimeSpan.MaxValue);
        Assert.Equal(new Instant(long.MinValue), new Instant(long.MinValue) - TimeSpan.MaxValue);
    }

    [Fact]
    public void The_earlier_of_two_deadlines_ignores_null()
    {
        Instant early = new(1), late = new(2);

        Assert.Equal(early, Instant.Earlier(early, late));
        Assert.Equal(early, Instant.Earlier(late, early));
        Assert.Equal(late, Instant.Earlier(null, late));
        Assert.Equal(late, Instant.Earlier(late, null));
        Assert.Null(Instant.Earlier(null, null));
    }

    [Fact]
    public void Order_and_text()
    {
        Instant early = new(1_500_000), late = new(2_000_000);

        Assert.True(early < late && late > early && early <= late && late >= early);
        Assert.Equal(-1, early.CompareTo(late));
        Assert.Equal("1.5 ms", early.ToString());
        Assert.Equal(0, Instant.Origin.Nanoseconds);
    }
}
