using System.Buffers;
using Noodle.Primitives;
using NoodleNet.State;

namespace NoodleNet.Tests.State;

public sealed class LwwMapTests
{
    private static readonly NodeId s_a = NodeId.Create("a", Guid.Empty);

    [Fact]
    public void Merging_is_commutative_and_associative() =>
        Gen.Select(LwwGen.Entries, LwwGen.Entries, LwwGen.Entries).Sample((a, b, c) =>
        {
            LwwMap abc = LwwGen.MapOf(a, b, c), cba = LwwGen.MapOf(c, b, a);
            LwwMap grouped = LwwGen.MapOf(a, LwwGen.MapOf(b, c).Entries);

            Assert.Equal(abc.Entries, cba.Entries);
            Assert.Equal(abc.Entries, grouped.Entries);
            Assert.Equal(abc.GetDigest(), cba.GetDigest());
            Assert.Equal(abc.LatestStamp, cba.LatestStamp);
        });

    [Fact]
    public void Merging_twice_changes_nothing() => LwwGen.Entries.Sample(entries =>
    {
        LwwMap map = LwwGen.MapOf(entries);
        (MapDigest digest, long version) = (map.GetDigest(), map.Version);

        Assert.Empty(map.Merge(entries).Changed);
        Assert.Empty(map.Merge(map.Entries).Changed);
        Assert.Equal(digest, map.GetDigest());
        Assert.Equal(version, map.Version);
    });

    [Fact]
    public void Digests_are_equal_exactly_when_contents_are() =>
        Gen.Select(LwwGen.Entries, LwwGen.Entries).Sample((a, b) =>
        {
            LwwMap one = LwwGen.MapOf(a), two = LwwGen.MapOf(b);
            bool same = one.Entries.SequenceEqual(two.Entries);

            Assert.Equal(same, one.GetDigest().Equals(two.GetDigest()));
            Assert.Equal(same, one.GetDigest().Differences(two.GetDigest()) == 0);
        });

    [Fact]
    public void Sending_the_differing_buckets_both_ways_makes_two_maps_the_same() =>
        Gen.Select(LwwGen.Entries, LwwGen.Entries).Sample((a, b) =>
        {
            LwwMap one = LwwGen.MapOf(a), two = LwwGen.MapOf(b);
            ulong differ = one.GetDigest().Differences(two.GetDigest());

            IReadOnlyList<LwwEntry> fromOne = one.EntriesIn(differ), fromTwo = two.EntriesIn(differ);
            one.Merge(fromTwo);
            two.Merge(fromOne);

            Assert.Equal(one.Entries, two.Entries);
            Assert.Equal(one.GetDigest(), two.GetDigest());
        });

    [Fact]
    public void What_changed_brings_another_map_up_to_date() =>
        Gen.Select(LwwGen.Entries, LwwGen.Entries).Sample((a, b) =>
        {
            LwwMap map = LwwGen.MapOf(a), peer = LwwGen.MapOf(a), listener = LwwGen.MapOf(a);
            long version = map.Version;
            LwwMerge merge = map.Merge(b);
            peer.Merge(map.DeltaSince(version));
            listener.Merge(merge.Changed);

            Assert.Equal((0, LwwFault.None), (merge.Refused, merge.FirstFault));
            Assert.Equal(map.Entries, peer.Entries);
            Assert.Equal(map.Entries, listener.Entries);
            Assert.Empty(map.DeltaSince(map.Version));
        });

    [Fact]
    public void A_value_is_read_until_it_is_deleted_and_again_when_written_anew()
    {
        var map = new LwwMap();

        Assert.Equal(LwwFault.None, map.Set("k", "one"u8, At(1)));
        Assert.Equal(LwwFault.Stale, map.Set("k", "zero"u8, At(0)));
        Assert.True(map.TryGet("k", out ReadOnlyMemory<byte> value) && value.Span.SequenceEqual("one"u8));
        Assert.Equal(LwwFault.None, map.Delete("k", At(2)));
        Assert.False(map.TryGet("k", out _));
        Assert.False(map.TryGet("other", out _));
        Assert.Equal(1, map.Count);
        Assert.Equal(LwwFault.None, map.Set("k", "two"u8, At(3)));
        Assert.True(map.TryGet("k", out _));
        Assert.Equal(At(3), map.LatestStamp);
    }

    [Fact]
    public void Old_tombstones_are_forgotten_by_the_hour_and_not_taken_back()
    {
        const long Hour = 3_600_000;
        var map = new LwwMap();
        map.Delete("old", At(2 * Hour - 1));
        map.Delete("new", At(2 * Hour));
        map.Set("kept", "x"u8, At(1));
        IReadOnlyCollection<LwwEntry> before = map.Entries;

        Assert.Equal(["old"], map.CollectTombstones((3 * Hour) + 5, TimeSpan.FromHours(1)));
        Assert.Equal(["kept", "new"], map.Entries.Select(entry => entry.Key));
        Assert.Empty(map.Merge(before).Changed);
        Assert.Equal(LwwFault.Collected, map.Delete("old", At(5)));
        Assert.Empty(map.CollectTombstones(0, TimeSpan.FromHours(1)));

        // A tombstone that is old, but news to us, still deletes.
        Assert.Equal(LwwFault.None, map.Delete("kept", At(2)));
        Assert.False(map.TryGet("kept", out _));
        Assert.Equal(["new"], map.Entries.Select(entry => entry.Key));
        Assert.Equal(LwwGen.MapOf(map.Entries).GetDigest(), map.GetDigest());
    }

    public static TheoryData<string, string, int, LwwFault> Bounds => new()
    {   // what                      key             value bytes     fault
        { "as large as allowed",     "12345678",     16,             LwwFault.None },
        { "a longer key",            "123456789",    1,              LwwFault.Key },
        { "a key longer in UTF-8",   "ü2345678",     1,              LwwFault.Key },
        { "no key",                  "",             1,              LwwFault.Key },
        { "half a character",        "k\uD83D",      1,              LwwFault.Key },
        { "the other half",          "\uDE00k",      1,              LwwFault.Key },
        { "a whole character",       "k\uD83D\uDE00", 1,             LwwFault.None },
        { "a longer value",          "k",            17,             LwwFault.Value },
    };

    [Theory]
    [MemberData(nameof(Bounds))]
    public void Keys_and_values_have_bounds(string what, string key, int valueBytes, LwwFault fault)
    {
        var map = new LwwMap(new LwwLimits(Entries: 4, KeyBytes: 8, ValueBytes: 16, TotalBytes: 1_000));
        byte[] value = new byte[valueBytes];

        Assert.True(fault == map.Merge([new LwwEntry(key, At(1), value)]).FirstFault, what);
        Assert.True(fault == LwwFault.None ? map.Count == 1 : map.Set(key, value, At(1)) == fault, what);
    }

    [Fact]
    public void A_full_map_refuses_new_keys_and_takes_changes_of_old_ones()
    {
        var map = new LwwMap(new LwwLimits(Entries: 2, TotalBytes: 10));
        map.Set("a", "1"u8, At(1));
        map.Set("b", "1"u8, At(1));

        Assert.Equal(LwwFault.Full, map.Set("c", "1"u8, At(1)));
        Assert.Equal(LwwFault.None, map.Set("a", "1234567"u8, At(2)));
        Assert.Equal(LwwFault.Full, map.Set("b", "12"u8, At(2)));
        LwwMerge merge = map.Merge([new LwwEntry("c", At(3), null), new LwwEntry("", At(3), null)]);
        Assert.Equal((2, LwwFault.Full), (merge.Refused, merge.FirstFault));
        Assert.Equal(LwwFault.None, map.Delete("a", At(3)));
        Assert.Equal(LwwFault.None, map.Set("b", "12"u8, At(2)));
    }

    [Fact]
    public void A_digest_survives_the_wire()
    {
        LwwMap map = LwwGen.MapOf([new LwwEntry("k", At(1), new byte[] { 1 })]);
        var bytes = new ArrayBufferWriter<byte>();
        map.GetDigest().Write(bytes);

        Assert.Equal(MapDigest.SizeBytes, bytes.WrittenCount);
        Assert.True(MapDigest.TryRead(bytes.WrittenSpan, out MapDigest? read));
        Assert.Equal(map.GetDigest(), read);
        Assert.Equal(map.GetDigest().GetHashCode(), read.GetHashCode());
        Assert.False(read.Equals((object?)null));
        Assert.False(MapDigest.TryRead(bytes.WrittenSpan[1..], out _));
    }

    [Fact]
    public void Entries_compare_by_content()
    {
        LwwEntry a = new("k", At(1), new byte[] { 1 }), b = new("k", At(1), new byte[] { 1 });

        Assert.Equal(a, b);
        Assert.Equal(a.GetHashCode(), b.GetHashCode());
        Assert.NotEqual(a, a with { Value = Array.Empty<byte>() });
        Assert.NotEqual(a with { Value = Array.Empty<byte>() }, a with { Value = null });
        Assert.False(a.Equals(null));
    }

    private static HybridStamp At(long ms) => new(ms, 0, s_a);
}
