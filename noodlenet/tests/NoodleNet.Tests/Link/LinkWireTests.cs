using System.Buffers.Binary;
using System.Text;
using Noodle.Primitives;
using NoodleNet.Link;

namespace NoodleNet.Tests.Link;

public sealed class LinkWireTests
{
    [Fact]
    public void A_frame_header_has_these_bytes()
    {
        byte[] bytes = new byte[LinkFrame.Size];
        new LinkFrame(LinkFrameType.Data, 0x01020304, 0x0A0B, true).Write(bytes);
        Assert.Equal("00000A0B0401000001020304", Convert.ToHexString(bytes));
        Assert.Equal(LinkFault.None, LinkFrame.Read(bytes, out LinkFrame frame));
        Assert.Equal(new LinkFrame(LinkFrameType.Data, 0x01020304, 0x0A0B, true), frame);
    }

    [Theory]
    [InlineData("0000000704000000_00000001", LinkFault.None)]
    [InlineData("0001000104000000_00000001", LinkFault.FrameTooLarge)]
    [InlineData("FFFFFFFF04000000_00000001", LinkFault.FrameTooLarge)]
    [InlineData("0000000004000000_00000001", LinkFault.MalformedFrame)] // no data and no end
    [InlineData("0000000004010000_00000001", LinkFault.None)]
    [InlineData("0000000704000000_00000000", LinkFault.MalformedFrame)] // data for the connection
    [InlineData("0000000807000000_00000001", LinkFault.MalformedFrame)] // a ping in a stream
    [InlineData("0000000907000000_00000000", LinkFault.FrameTooLarge)]
    [InlineData("0000000807010000_00000000", LinkFault.MalformedFrame)] // a ping that ends
    [InlineData("0000000001000000_00000000", LinkFault.MalformedFrame)]
    [InlineData("0000000863FF0000_00000009", LinkFault.None)]           // from a newer peer
    public void A_frame_header_is_held_against_the_table(string hex, LinkFault fault) =>
        Assert.Equal(fault, LinkFrame.Read(Convert.FromHexString(hex.Replace("_", "", StringComparison.Ordinal)),
            out _));

    [Fact]
    public void Hello_comes_back_and_skips_what_it_does_not_know()
    {
        NodeId node = NodeId.Create("box", Guid.Parse("00112233445566778899aabbccddeeff"));
        byte[] bytes = new byte[LinkHello.GetLength(node) + 6];
        int length = LinkHello.Write(bytes, node, new LinkLimits { MaxStreams = 7 });
        Assert.Equal(bytes.Length - 6, length);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(length), 999);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(length + 2), 2);
        Assert.Equal(LinkFault.None, LinkHello.Read(bytes, out NodeId read, out LinkSettings settings));
        Assert.Equal((node, new LinkSettings(1, 7, 256 << 10, 16 << 20)), (read, settings));
        BinaryPrimitives.WriteUInt16BigEndian(bytes, 2);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), 3);
        Assert.Equal(LinkFault.VersionMismatch, LinkHello.Read(bytes, out _, out _));
        BinaryPrimitives.WriteUInt16BigEndian(bytes, 1);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(length - 4), -1);
        Assert.Equal(LinkFault.MalformedFrame, LinkHello.Read(bytes, out _, out _));
        Assert.Equal(LinkFault.MalformedFrame, LinkHello.Read(bytes.AsSpan(0, length - 3), out _, out _));
    }

    [Fact]
    public void Open_and_head_come_back_as_they_went() =>
        Gen.Select(Gen.Byte.Array[1, 64], Gen.Byte.Array[0, 300], Gen.Long[-1, long.MaxValue], Gen.Guid,
            Gen.Bool).Sample(
            (name, header, length, key, hasTimeout) =>
            {
                byte[] method = [.. name.Select(letter => (byte)('a' + (letter % 26)))];
                byte[] bytes = new byte[LinkFrame.MaxFrame];
                var open = new LinkOpen
                {
                    Method = method, Trace = "trace"u8, Header = header, BodyLength = length, Key = key, Hops = 9,
                    Priority = LinkPriority.Low, Timeout = hasTimeout ? TimeSpan.FromMicroseconds(77) : null,
                };
                int written = open.Write(bytes);
                Assert.Equal(LinkOpen.GetLength(method.Length, 5, header.Length), written);
                Assert.Equal(LinkFault.None, LinkOpen.Read(bytes.AsSpan(0, written), out LinkOpen read));
                Assert.True(read.Method.SequenceEqual(method) && read.Header.SequenceEqual(header));
                Assert.Equal("trace", Encoding.ASCII.GetString(read.Trace));
                Assert.Equal((length, key, 9, LinkPriority.Low), (read.BodyLength, read.Key, read.Hops, read.Priority));
                Assert.Equal(open.Timeout, read.Timeout);

                var head = new LinkHeadFrame
                {
                    Status = LinkStatus.Busy, BodyLength = length, Message = method, Header = header,
                };
                written = head.Write(bytes);
                Assert.Equal(LinkHeadFrame.GetLength(method.Length, header.Length), written);
                Assert.Equal(LinkFault.None, LinkHeadFrame.Read(bytes.AsSpan(0, written), out LinkHeadFrame answer));
                Assert.True(answer.Message.SequenceEqual(method) && answer.Header.SequenceEqual(header));
                Assert.Equal((LinkStatus.Busy, length), (answer.Status, answer.BodyLength));
            }, iter: 200);

    [Fact]
    public void Random_bytes_are_read_or_refused_and_never_throw() =>
        Gen.Byte.Array[0, 120].Sample(bytes =>
        {
            LinkHello.Read(bytes, out _, out _);
            LinkOpen.Read(bytes, out _);
            LinkHeadFrame.Read(bytes, out _);
            if (bytes.Length >= LinkFrame.Size)
            {
                LinkFrame.Read(bytes, out _);
            }
        });

    [Fact]
    public void Random_frames_never_throw_in_the_machine_and_its_streams_stay_bounded() =>
        Gen.Select(Gen.Byte[1, 10], Gen.UInt[0, 12], Gen.Int[0, 70_000], Gen.Bool, Gen.Long[-3, 90_000])
            .Array[1, 60].Sample(frames =>
        {
            (MachineEnd a, MachineEnd b) = MachineEnd.Connected(null, new LinkLimits { MaxStreams = 4 });
            b.AnswerLength = static stream => stream * 100;
            foreach ((byte type, uint stream, int length, bool isEnd, long value) in frames)
            {
                var frame = new LinkFrame((LinkFrameType)type, stream, length, isEnd);
                b.Do(frame.Type is LinkFrameType.Open or LinkFrameType.Head
                    ? LinkInput.Received(frame, long.Max(value, -1), TimeSpan.FromMilliseconds(length),
                        LinkPriority.Low)
                    : LinkInput.Received(frame, value));
                b.Write(length);
                b.Expire(TimeSpan.FromMilliseconds(stream));
                Assert.InRange(b.Machine.StreamCount, 0, 8);
            }
        });

    [Fact]
    public void Every_limit_out_of_range_is_named()
    {
        Assert.Empty(new LinkLimits().FindFaults());
        IReadOnlyList<string> faults = new LinkLimits
        {
            MaxStreams = 0, StreamWindow = 1, ConnectionWindow = 1,
            PingPeriod = default, SilenceLimit = TimeSpan.FromDays(1), HandshakeLimit = default,
        }.FindFaults();
        Assert.Equal(6, faults.Count);
    }

    [Fact]
    public void Numbers_on_the_wire_are_frozen()
    {
        Assert.Equal(
            "Hello=1 Open=2 Head=3 Data=4 Credit=5 Cancel=6 Ping=7 Pong=8 GoAway=9",
            string.Join(' ', Enum.GetValues<LinkFrameType>().Select(type => $"{type}={(int)type}")));
        Assert.Equal(
            "Ok Cancelled DeadlineExceeded Refused UnknownMethod Unavailable "
            + "ConnectionLost TooLarge Failed Busy Exhausted Broken",
            string.Join(' ', Enum.GetValues<LinkStatus>()));
    }

    [Fact]
    public void The_round_trip_starts_with_the_least_of_a_few_and_is_then_smoothed_as_the_RFC_says()
    {
        var estimate = new RoundTripEstimate();
        foreach (int ms in (int[])[900, 8, 20, 9])
        {
            Assert.False(estimate.IsSettled);
            estimate.Add(TimeSpan.FromMilliseconds(ms));
        }

        Assert.Equal((TimeSpan.FromMilliseconds(8), TimeSpan.FromMilliseconds(4), true),
            (estimate.Smoothed, estimate.Jitter, estimate.IsSettled));
        estimate.Add(TimeSpan.FromMilliseconds(16));
        Assert.Equal((TimeSpan.FromMilliseconds(9), TimeSpan.FromMilliseconds(5)), (estimate.Smoothed,
            estimate.Jitter));
    }
}
