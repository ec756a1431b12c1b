using Noodle.Primitives;
using NoodleNet.Discovery;

namespace NoodleNet.Tests.Discovery;

public sealed class MeshEventRingTests
{
    private static readonly NodeId Node = NodeId.Create("ann", Guid.Empty);

    [Fact]
    public void Events_come_in_order_from_where_a_reader_stood()
    {
        MeshEventRing ring = Filled(3);
        Assert.Equal([1, 2, 3], Sequences(ring, 0, 10, out long missed));
        Assert.Equal([2, 3], Sequences(ring, 1, 10, out _));
        Assert.Equal([2], Sequences(ring, 1, 1, out _));
        Assert.Empty(Sequences(ring, 3, 10, out _));
        Assert.Empty(Sequences(ring, long.MaxValue, 10, out _));
        Assert.Equal([1, 2, 3], Sequences(ring, -5, 10, out _));
        Assert.Equal((0, 3), (missed, ring.Last));
    }

    [Fact]
    public void Only_the_newest_are_kept_and_a_slow_reader_is_told_what_it_missed()
    {
        MeshEventRing ring = Filled(MeshEventRing.Capacity + 10);
        long[] kept = Sequences(ring, 4, int.MaxValue, out long missed);
        Assert.Equal((MeshEventRing.Capacity, 11, 6), (kept.Length, kept[0], missed));
        Sequences(ring, 10, 1, out missed);
        Assert.Equal(0, missed);
    }

    private static long[] Sequences(MeshEventRing ring, long after, int limit, out long missed) =>
        [.. ring.Read(after, limit, out missed).Select(each => each.Sequence)];

    private static MeshEventRing Filled(int count)
    {
        var ring = new MeshEventRing();
        for (int i = 0; i < count; i++)
        {
            ring.Add(DateTimeOffset.UnixEpoch, MeshEventKind.Joined, Node, "");
        }

        return ring;
    }
}
