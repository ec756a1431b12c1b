using Noodle.Primitives;
using NoodleNet.State;

namespace NoodleNet.Tests.State;

public sealed class HybridClockTests
{
    private static readonly NodeId s_a = NodeId.Create("a", Guid.Empty);
    private static readonly NodeId s_b = NodeId.Create("b", Guid.Empty);

    [Fact]
    public void Stamps_go_up_whatever_the_wall_clock_does() =>
        Gen.Long[-5, HybridStamp.MaxWallMs].Array[1, 50].Sample(walls =>
    {
        var clock = new HybridClock(s_a);
        HybridStamp last = default;
        foreach (long wall in walls)
        {
            HybridStamp next = clock.Next(wall);
            Assert.True(next > last);
            last = next;
        }
    });

    [Fact]
    public void A_full_counter_carries_into_the_millisecond()
    {
        var clock = new HybridClock(s_a);
        clock.Resume(new HybridStamp(1_000, ushort.MaxValue, s_b));

        Assert.Equal(new HybridStamp(1_001, 0, s_a), clock.Next(1_000));
        Assert.Equal(new HybridStamp(1_001, 1, s_a), clock.Next(900));
        Assert.Equal(new HybridStamp(2_000, 0, s_a), clock.Next(2_000));
    }

    public static TheoryData<string, long, bool> Remotes => new()
    {   // where the remote stamp lies      at (ms)     taken, at 100 s here
        { "long ago",                       1,          true  },
        { "now",                            100_000,    true  },
        { "as far ahead as allowed",        160_000,    true  },
        { "a millisecond further",          160_001,    false },
        { "at the end of time",  HybridStamp.MaxWallMs, false },
    };

    [Theory]
    [MemberData(nameof(Remotes))]
    public void A_stamp_from_too_far_ahead_is_refused(string what, long wallMs, bool taken)
    {
        var clock = new HybridClock(s_a);
        var remote = new HybridStamp(wallMs, 7, s_b);

        Assert.True(taken == clock.TryObserve(remote, 100_000), what);
        Assert.Equal(taken, clock.Next(0) > remote);
    }

    [Fact]
    public void The_end_of_time_holds()
    {
        var clock = new HybridClock(s_a);
        clock.Resume(new HybridStamp(ulong.MaxValue, s_b));
        Assert.Equal(ulong.MaxValue, clock.Next(5).Time);
    }

    [Fact]
    public void Stamps_are_ordered_by_time_then_counter_then_node()
    {
        HybridStamp early = new(1, 9, s_b), later = new(2, 0, s_a), counted = new(2, 1, s_a), other = new(2, 1, s_b);

        Assert.True(early < later && later < counted && counted < other && other > early);
        Assert.True(early <= later && other >= counted);
        Assert.Equal((2L, (ushort)1), (other.WallMs, other.Counter));
        Assert.Equal("2.1@b-00000000", other.ToString());
        Assert.Throws<ArgumentOutOfRangeException>(() => new HybridStamp(-1, 0, s_a));
        Assert.Throws<ArgumentOutOfRangeException>(() => new HybridStamp(HybridStamp.MaxWallMs + 1, 0, s_a));
    }
}
