using System.Buffers.Binary;
using NoodleNet.Discovery.Wire;
using NoodleNet.Link.Datagrams;

namespace NoodleNet.Tests.Link.Datagrams;

public sealed class DatagramSealTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(1, DatagramSealer.KeySize).Select(i => (byte)i)];

    [Fact]
    public void What_was_sealed_opens_once() => Gen.Byte.Array[0, DatagramFrame.MaxPayload].Sample(payload =>
    {
        using var sealer = new DatagramSealer(5, Key);
        using var opener = new DatagramOpener(Key);
        byte[] datagram = Seal(sealer, DatagramKind.AtLeastOnce, 77, payload);
        Assert.Equal(payload.Length + DatagramFrame.Overhead, datagram.Length);
        DatagramFault fault = Open(opener, datagram, out DatagramKind kind, out ulong sequence, out byte[] got);
        Assert.Equal(DatagramFault.None, fault);
        Assert.Equal((DatagramKind.AtLeastOnce, 77ul), (kind, sequence));
        Assert.Equal(payload, got);
        Assert.Equal(DatagramFault.Replayed, Open(opener, datagram, out _, out _, out _));
    }, iter: 50);

    [Fact]
    public void Any_flipped_bit_any_cut_and_any_other_key_is_refused_and_spoils_nothing() =>
        Gen.Select(Gen.Byte.Array[0, 64], Gen.Int[0, 1_000_000]).Sample((payload, at) =>
        {
            using var sealer = new DatagramSealer(5, Key);
            using var opener = new DatagramOpener(Key);
            using var stranger = new DatagramOpener([.. Key.Reverse()]);
            byte[] datagram = Seal(sealer, DatagramKind.Once, 0, payload);
            byte[] flipped = [.. datagram];
            flipped[at / 8 % flipped.Length] ^= (byte)(1 << (at % 8));
            Assert.Contains(Open(opener, flipped, out _, out _, out _),
                (DatagramFault[])[DatagramFault.Forged, DatagramFault.Malformed]);
            Assert.Contains(Open(opener, datagram[..(at % datagram.Length)], out _, out _, out _),
                (DatagramFault[])[DatagramFault.Forged, DatagramFault.Malformed]);
            Assert.Equal(DatagramFault.Forged, Open(stranger, datagram, out _, out _, out _));
            Assert.Equal(DatagramFault.None, Open(opener, datagram, out _, out _, out _));
        }, iter: 200);

    [Fact]
    public void In_any_order_within_the_window_each_datagram_is_taken_once_and_older_ones_never() =>
        Gen.Select(Gen.ULong[0, 3000].Array[0, 400], Gen.ULong[0, 5000]).Sample((numbers, last) =>
        {
            var window = new ReplayWindow();
            var taken = new HashSet<ulong>();
            ulong highest = 0;
            foreach (ulong number in (ulong[])[.. numbers, last, .. numbers])
            {
                bool isInWindow = taken.Count == 0 || number + ReplayWindow.Size > highest;
                bool isNew = isInWindow && !taken.Contains(number);
                Assert.Equal(isNew, window.IsNew(number));
                Assert.Equal(isNew, window.TryTake(number));
                taken.Add(number);
                highest = ulong.Max(highest, number);
            }
        }, iter: 300);

    [Fact]
    public void The_window_ends_where_the_numbers_end()
    {
        var window = new ReplayWindow();
        Assert.True(window.TryTake(ulong.MaxValue - 1));
        Assert.False(window.TryTake(ulong.MaxValue));
        Assert.True(window.TryTake(ulong.MaxValue - ReplayWindow.Size));
        Assert.False(window.TryTake(ulong.MaxValue - 1 - ReplayWindow.Size));
        window.Clear();
        Assert.True(window.TryTake(0));
    }

    [Fact]
    public void The_form_is_frozen()
    {
        using var sealer = new DatagramSealer(0x01020304, Key);
        Seal(sealer, DatagramKind.Once, 0, []);
        byte[] datagram = Seal(sealer, DatagramKind.AtLeastOnce, 9, "noodle"u8.ToArray());
        Assert.Equal("D701010203040000000000000001", Convert.ToHexString(datagram.AsSpan(0, DatagramFrame.HeaderSize)));
        Assert.Equal(Golden, Convert.ToHexString(datagram));
        Assert.Equal("Once=0 AtLeastOnce=1 Answer=2", string.Join(' ',
            Enum.GetValues<DatagramKind>().Select(kind => $"{kind}={(byte)kind}")));
    }

    [Fact]
    public void No_gossip_packet_begins_as_a_datagram_does()
    {
        Assert.DoesNotContain(DatagramFrame.Marker, Enum.GetValues<MessageType>().Select(type => (byte)type));
        var ring = new KeyRing([Key]);
        foreach (byte version in (byte[])[0, 1])
        {
            Assert.NotEqual(DatagramFrame.Marker, ring.Seal([1, 2], new byte[KeyRing.NonceBytes], [], version)[0]);
        }

        Assert.NotEqual(244, DatagramFrame.Marker); // the mark of a label
        Assert.False(DatagramFrame.TryReadChannel([], out _));
        byte[] other = new byte[100];
        (other[0], other[1]) = (DatagramFrame.Marker, 2);
        Assert.False(DatagramFrame.TryReadChannel(other, out _));
        other[1] = DatagramFrame.Version;
        BinaryPrimitives.WriteUInt32BigEndian(other.AsSpan(2), 12);
        Assert.True(DatagramFrame.TryReadChannel(other, out uint channel));
        Assert.Equal(12u, channel);
        Assert.False(DatagramFrame.TryReadChannel(new byte[DatagramFrame.MaxSize + 1], out _));
    }

    [Fact]
    public void A_key_that_is_used_up_seals_nothing_more_and_a_kind_of_tomorrow_is_skipped()
    {
        using var sealer = new DatagramSealer(1, Key) { Count = DatagramSealer.MaxCount - 1 };
        byte[] buffer = new byte[DatagramFrame.MaxSize];
        Assert.NotEqual(0, sealer.Seal((DatagramKind)3, 0, [], buffer));
        using var opener = new DatagramOpener(Key);
        Assert.Equal(DatagramFault.UnknownKind, opener.Open(
            buffer.AsSpan(0, DatagramFrame.Overhead), new byte[DatagramFrame.MaxSize], out _, out _, out _));
        Assert.Equal(0, sealer.Seal(DatagramKind.Once, 0, [], buffer));
        Assert.Throws<ArgumentOutOfRangeException>(() => sealer.Seal(DatagramKind.Once, 0, new byte[1201], buffer));
    }

    [Fact]
    public void Sealing_and_opening_allocate_nothing()
    {
        using var sealer = new DatagramSealer(1, Key);
        using var opener = new DatagramOpener(Key);
        byte[] datagram = new byte[DatagramFrame.MaxSize], plain = new byte[DatagramFrame.MaxSize];
        byte[] payload = new byte[1000];
        void Once()
        {
            int length = sealer.Seal(DatagramKind.Once, 0, payload, datagram);
            if (opener.Open(datagram.AsSpan(0, length), plain, out _, out _, out _) != DatagramFault.None)
            {
                throw new InvalidOperationException();
            }
        }

        Once();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            Once();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private const string Golden = // as another implementation of AES-256-GCM seals it
        "D70101020304000000000000000182F1ED81141CB9D301BD4BE2192F3204388E113C4A3E5DC09D24A7633F442E";

    private static byte[] Seal(DatagramSealer sealer, DatagramKind kind, ulong sequence, byte[] payload)
    {
        byte[] datagram = new byte[DatagramFrame.MaxSize];
        return datagram[..sealer.Seal(kind, sequence, payload, datagram)];
    }

    private static DatagramFault Open(
        DatagramOpener opener, byte[] datagram, out DatagramKind kind, out ulong sequence, out byte[] payload)
    {
        byte[] plain = new byte[DatagramFrame.MaxSize];
        DatagramFault fault = opener.Open(datagram, plain, out kind, out sequence, out Range range);
        payload = plain[range];
        return fault;
    }
}
