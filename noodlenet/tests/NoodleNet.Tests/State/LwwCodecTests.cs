using System.Buffers;
using Noodle.Primitives;
using NoodleNet.State;

namespace NoodleNet.Tests.State;

public sealed class LwwCodecTests
{
    private static readonly NodeId s_node = NodeId.Create("n", Guid.Empty);

    [Fact]
    public void The_bytes_of_version_1_stay_as_they_are()
    {
        LwwEntry[] entries =
        [
            new("ab", new HybridStamp(1, 2, s_node), new byte[] { 9 }),
            new("c", new HybridStamp(0x0102030405, 0, default), null),
        ];

        Assert.Equal(
            "0102" + "026162" + "0000000000010002" + "22" + "6E2D" + string.Concat(Enumerable.Repeat("30", 32)) + "0209"
            + "0163" + "0001020304050000" + "00" + "00",
            Convert.ToHexString(Encode(entries)));
    }

    [Fact]
    public void What_was_written_is_read() => LwwGen.Entries.Sample(entries =>
    {
        Assert.True(LwwCodec.TryRead(Encode(entries), new LwwLimits(), out IReadOnlyList<LwwEntry>? read));
        Assert.Equal(entries, read);
    });

    [Fact]
    public void A_tombstone_and_an_empty_value_stay_apart()
    {
        LwwEntry[] entries =
        [
            new("a", new HybridStamp(1, 2, s_node), null),
            new("b", new HybridStamp(1, 2, s_node), Array.Empty<byte>()),
        ];

        Assert.True(LwwCodec.TryRead(Encode(entries), new LwwLimits(), out IReadOnlyList<LwwEntry>? read));
        Assert.Equal([true, false], read.Select(entry => entry.IsTombstone));
    }

    [Fact]
    public void A_cut_or_lengthened_batch_is_refused()
    {
        byte[] bytes = Encode([new("key", new HybridStamp(1, 2, s_node), new byte[40])]);
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.False(LwwCodec.TryRead(bytes.AsSpan(0, length), new LwwLimits(), out _));
        }

        Assert.False(LwwCodec.TryRead([.. bytes, 0], new LwwLimits(), out _));
    }

    [Fact]
    public void Any_bytes_are_refused_or_have_this_one_spelling() =>
        Gen.Select(LwwGen.Entries, Gen.Int[0, 400], Gen.Byte).Sample((entries, at, value) =>
        {
            byte[] bytes = Encode(entries);
            bytes[at % bytes.Length] = value;
            if (LwwCodec.TryRead(bytes, new LwwLimits(), out IReadOnlyList<LwwEntry>? read))
            {
                Assert.Equal(bytes, Encode(read));
            }
        });

    public static TheoryData<string, string> Hostile => new()
    {   // what is wrong                    bytes
        { "nothing at all",                 "" },
        { "another version",                "0200" },
        { "more entries than bytes",        "01FFFF03" },
        { "a count with padding",           "018000" },
        { "a count of 33 bits",             "01FFFFFFFF1F" },
        { "an endless count",               "01FFFFFFFFFFFFFF" },
        { "no key",                         "01010000000000000000000000" },
        { "a key that is not text",         "010101FF00000000000000000000" },
        { "a writer that is no node",       "0101016B0000000000000000016100" },
        { "a value longer than allowed",    "0101016B000000000000000000FFFF7F" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Hostile_bytes_are_refused(string what, string hex) =>
        Assert.False(LwwCodec.TryRead(Convert.FromHexString(hex), new LwwLimits(), out _), what);

    private static byte[] Encode(IReadOnlyCollection<LwwEntry> entries)
    {
        var output = new ArrayBufferWriter<byte>();
        LwwCodec.Write(entries, output);
        return output.WrittenSpan.ToArray();
    }
}
