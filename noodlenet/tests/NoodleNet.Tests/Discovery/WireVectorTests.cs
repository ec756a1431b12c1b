using System.Net;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Tests.Discovery;

/// <summary>Bytes that a live Serf agent accepted or sent.</summary>
public sealed class WireVectorTests
{
    private const string Ping77 = "0082a55365714e6f4da44e6f6465a26e30";

    private const string Ping78 = "0085a55365714e6f4ea44e6f6465a26e30aa536f7572636541646472a47f0000"
        + "01aa536f75726365506f7274cd51d7"
        + "aa536f757263654e6f6465a27079";

    private const string Ping78Lzw = "0982a4416c676f00a3427566da003b0001142a35a54c1c276f9c904248a68c"
        + "283730544d795347ce983241c8909143ea0f"
        + "0000012452b45806ca1b39749a45b926b2e245860ee1e40908";

    private const string Both = "07020011003d" + Ping77 + Ping78;
    private const string UdpV1 = "01a0a1a2a3a4a5a6a7a8a9aaabe69ad97e20ba4cd02fc1c9bc631f62b040c487c8"
        + "0a14ecc06cf0a35bc6898b2169";

    private const string UdpV0 = "00a0a1a2a3a4a5a6a7a8a9aaabe69ad97e20ba4cd02fc1c9bc631f62b040a3561f"
        + "9db84d639301298970a47a0e2f"
        + "9834d0643c15f242fb74c1ee0e1abe";

    private const string TcpV1 = "0a0000002e01a0a1a2a3a4a5a6a7a8a9aaabe69ad97e20ba4cd02fc1c9bc631f62"
        + "b040305c9fdf6cd9e1c7185f6e11bb848c09";

    private const string TcpV0 = "0a0000003d00a0a1a2a3a4a5a6a7a8a9aaabe69ad97e20ba4cd02fc1c9bc631f62"
        + "b040a3561f9db84d639301298970a47a0ed4"
        + "04177a6f4bd68e726c0177edbfa3c2";

    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly byte[] Nonce = [.. Enumerable.Range(0xA0, 12).Select(i => (byte)i)];
    private static readonly GossipMessage.Ping First = new(77, "n0");
    private static readonly GossipMessage.Ping Second = new(78, "n0", new IPEndPoint(IPAddress.Loopback, 20951), "py");

    public static TheoryData<string, GossipMessage> Messages => new()
    {
        { Ping77, First },
        { Ping78, Second },
        {
            "0383a446726f6da27079ab496e6361726e6174696f6e01a44e6f6465a26e31",
            new GossipMessage.Suspect(1, "n1", "py")
        },
        { "0b81a55365714e6fcd03f0", new GossipMessage.Nack(1008) },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_is_the_bytes_that_serf_knows(string hex, GossipMessage message)
    {
        Assert.Equal(hex, Hex(MessageEncoder.Encode(message)));
        Assert.Equal([message], Read(hex));
    }

    [Fact]
    public void An_alive_of_a_live_agent_reads_and_writes_byte_for_byte()
    {
        const string Captured = "0486a441646472a47f000001ab496e6361726e6174696f6e01a44d657461aaff81a4726f6c65a27079"
            + "a44e6f6465a27079a4506f7274cd4acea356736ea6010502020505";
        var alive = Assert.IsType<GossipMessage.Alive>(Assert.Single(Read(Captured)));

        Assert.Equal(("py", 1u, new IPEndPoint(IPAddress.Loopback, 0x4ACE)),
            (alive.Node, alive.Incarnation, alive.EndPoint));
        Assert.Equal(ProtocolVersions.Noodle, alive.Versions);
        Assert.Equal("py", NoodleNet.Discovery.NodeTags.Decode(alive.Meta.Span)["role"]);
        Assert.Equal(Captured, Hex(MessageEncoder.Encode(alive)));
    }

    [Fact]
    public void Compression_compound_and_checksum_are_the_known_bytes()
    {
        byte[] first = MessageEncoder.Encode(First), second = MessageEncoder.Encode(Second);

        Assert.Equal(Ping78Lzw, Hex(MessageEncoder.EncodeCompressed(second)));
        Assert.Equal([Second], Read(Ping78Lzw));
        Assert.Equal(Both, Hex(PacketBuilder.Compound([first, second])));
        Assert.Equal([First, Second], Read(Both));
        Assert.Equal("0c3fa1f9ba" + Ping77, Hex(PacketBuilder.WithChecksum(first)));
        Assert.Equal([First], Read("0c3fa1f9ba" + Ping77));
    }

    [Fact]
    public void Any_flipped_bit_behind_a_checksum_is_seen()
    {
        byte[] packet = Convert.FromHexString("0c3fa1f9ba" + Ping77);
        for (int bit = 8; bit < 8 * packet.Length; bit++)
        {
            byte[] flipped = [.. packet];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(WireFault.BadChecksum, PacketReader.Read(flipped, new List<GossipMessage>()));
        }
    }

    [Fact]
    public void A_label_stands_before_the_packet()
    {
        var envelope = new GossipEnvelope("abc");
        Assert.Equal("f403616263" + Ping77, Hex(envelope.SealDatagram(Convert.FromHexString(Ping77), [])));
        Assert.Equal(WireFault.None, envelope.OpenDatagram(
            Convert.FromHexString("f403616263" + Ping77), out var packet));
        Assert.Equal(Ping77, Hex(packet.ToArray()));
    }

    [Theory]
    [InlineData(1, UdpV1)]
    [InlineData(0, UdpV0)]
    public void Sealed_datagrams_are_the_known_bytes(byte version, string hex)
    {
        var keys = new KeyRing(Key);
        Assert.Equal(hex, Hex(keys.Seal(Convert.FromHexString(Ping77), Nonce, [], version)));
        var envelope = new GossipEnvelope("", keys);
        Assert.Equal(WireFault.None, envelope.OpenDatagram(Convert.FromHexString(hex), out var plain));
        Assert.Equal(Ping77, Hex(plain.ToArray()));
    }

    [Fact]
    public void Sealed_streams_are_the_known_bytes()
    {
        var envelope = new GossipEnvelope("", new KeyRing(Key));
        Assert.Equal(TcpV1, Hex(envelope.SealStream(First, dialled: true, compress: false, Nonce)));
        foreach (string hex in new[] { TcpV1, TcpV0 })
        {
            var reader = new GossipStreamReader(envelope, accepted: true);
            Assert.Equal(StreamProgress.Done, reader.Feed(Convert.FromHexString(hex)));
            Assert.Equal(First, reader.Message);
        }
    }

    [Fact]
    public void A_user_message_on_a_stream_is_the_known_bytes()
    {
        const string Sent = "0881aa557365724d73674c656e210384a54c54696d6505a44e616d65a3746370a75061"
            + "796c6f6164a26869a24343c2";
        byte[] body = Convert.FromHexString(Sent[28..]);
        var reader = new GossipStreamReader(new GossipEnvelope(), accepted: true);

        Assert.Equal(Sent, Hex(MessageEncoder.EncodeStreamUser(body)));
        Assert.Equal(StreamProgress.Done, reader.Feed(Convert.FromHexString(Sent)));
        Assert.Equal(body, Assert.IsType<GossipMessage.User>(reader.Message).Body.ToArray());
    }

    [Theory]
    [InlineData("", "000302")]
    [InlineData("a", "00c30404")]
    [InlineData("aaaaaaaa", "00c3081c283020")]
    [InlineData("the quick brown fox the quick brown fox",
        "00e9a02903224e9d3463d6801023e7cd1d3720ccbcc10342204183081532740851229e80")]
    public void Lzw_is_the_known_bytes(string text, string hex)
    {
        byte[] plain = System.Text.Encoding.ASCII.GetBytes(text);
        Assert.Equal(hex, Hex(Lzw.Compress(plain)));
        Assert.True(Lzw.TryDecompress(Convert.FromHexString(hex), 100, out byte[] data, out _));
        Assert.Equal(plain, data);
    }

    private static List<GossipMessage> Read(string hex)
    {
        var messages = new List<GossipMessage>();
        Assert.Equal(WireFault.None, PacketReader.Read(Convert.FromHexString(hex), messages));
        return messages;
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
