using System.Net;
using System.Text;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Tests.Discovery;

public sealed class WireReaderTests
{
    private static readonly KeyRing Keys = new(new byte[32], new byte[16]);

    public static TheoryData<string, string, WireFault> Broken => new()
    {   // what is tried                    bytes                                        fault
        { "nothing",                         "",                                          WireFault.Truncated },
        { "an unknown type",                 "6300",                                      WireFault.UnknownType },
        { "an error outside a stream",       "0d81a54572726f72a178",                      WireFault.UnknownType },
        { "half a map",                      "0082a55365714e6f",                          WireFault.Truncated },
        { "a map that is no map",            "00a141",                                    WireFault.Malformed },
        { "a negative number",               "0081a55365714e6fff",                        WireFault.Malformed },
        { "a number beyond 32 bits",         "0081a55365714e6fcf0000000100000000",        WireFault.Malformed },
        { "an unfinished wide number",       "0081a55365714e6fcf0000",                    WireFault.Truncated },
        { "a text that is no text",          "0081a44e6f6465a1ff",                        WireFault.Malformed },
        { "a bool that is none",             "0181a44e61636b05",                          WireFault.Malformed },
        { "a suspect without a name",        "0380",                                      WireFault.Malformed },
        { "an alive without an address",     "0481a44e6f6465a161",                        WireFault.BadAddress },
        { "a half checksum",                 "0c00000000",                                WireFault.Truncated },
        { "a half compound table",           "0702000100",                                WireFault.Truncated },
        { "a half compound body",            "0701000500",                                WireFault.Truncated },
        { "an empty compressed message",     "0982a4416c676f00a3427566a3000302",          WireFault.BadCompression },
        { "another compression",             "0982a4416c676f01a3427566a3000302",          WireFault.BadCompression },
        { "a broken LZW stream",             "0982a4416c676f00a3427566a100",              WireFault.BadCompression },
        { "compressed nonsense",             "0990",                                      WireFault.Malformed },
        { "a reserved tag",                  "0081a178c1",                                WireFault.Malformed },
        { "compounds in compounds",          "0701000f0701000b07010007070100030701000000", WireFault.TooLarge },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Broken_packets_name_their_fault(string tried, string hex, WireFault fault)
    {
        Assert.NotEmpty(tried);
        Assert.Equal(fault, PacketReader.Read(Convert.FromHexString(hex), new List<GossipMessage>()));
    }

    public static TheoryData<string, string> Tolerated => new()
    {   // what is tried                                  SeqNo 77 and Node n0, written another way
        { "wide unsigned numbers",                        "0082a55365714e6fcf000000000000004da44e6f6465a26e30" },
        { "signed 16-bit numbers",                        "0082a55365714e6fd1004da44e6f6465a26e30" },
        { "signed 8-, 32- and 64-bit numbers",            "0083a55365714e6fd300000000000000"
            + "4da55365714e6fd20000004da44e6f6465a26e30" },
        { "text with the newer tag",                      "0082d9055365714e6f4da44e6f6465d9026e30" },
        { "a map with a wide header",                     "00de0002a55365714e6f4da44e6f6465a26e30" },
        { "a map with a wider header",                    "00df00000002a55365714e6f4da44e6f6465a26e30" },
        { "bytes after the map",                          "0082a55365714e6f4da44e6f6465a26e30ffff" },
        {
            "unknown keys with every kind of value",
            "008ea55365714e6f4da44e6f6465a26e30"
            + "a16180" + "a16293c0c2c3" + "a163dc000101" + "a164dd0000000101"
            + "a165de0001a17801" + "a166df00000001a17801"
            + "a167ca00000000" + "a168cb0000000000000000" + "a169d40000" + "a16ac7010000"
            + "a16bc40100" + "a16cc800010000"
        },
        { "more of them", "0086a55365714e6f4da44e6f6465a26e30a161c9000000010000a162c5000100a163c60000000100a164d001" },
    };

    [Theory]
    [MemberData(nameof(Tolerated))]
    public void What_other_encoders_write_is_read(string tried, string hex)
    {
        Assert.NotEmpty(tried);
        var messages = new List<GossipMessage>();
        Assert.Equal(WireFault.None, PacketReader.Read(Convert.FromHexString(hex), messages));
        Assert.Equal([new GossipMessage.Ping(77, "n0")], messages);
    }

    [Fact]
    public void An_address_may_be_an_array_of_numbers_or_mapped_into_ipv6()
    {
        const string Array = "0383a446726f6da0ab496e6361726e6174696f6e01a44e6f6465a161";
        Assert.IsType<GossipMessage.Suspect>(Read(Array));
        var alive = (GossipMessage.Alive)Read("0484a441646472947f000001a4506f727401a44e6f6465a161a44d657461c0")!;
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 1), alive.EndPoint);
        Assert.Null(alive.Versions);
        var mapped = new GossipMessage.Alive(1, "a", new IPEndPoint(IPAddress.Loopback.MapToIPv6(), 5), default, null);
        alive = (GossipMessage.Alive)Read(MessageEncoder.Encode(mapped))!;
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 5), alive.EndPoint);
        Assert.Equal(WireFault.Truncated, PacketReader.Read(
            Convert.FromHexString("0481a441646472dd7fffffff00"), new List<GossipMessage>()));
        Assert.Equal(WireFault.Truncated, PacketReader.Read(
            Convert.FromHexString("0481a441646472dcffff00"), new List<GossipMessage>()));
    }

    [Fact]
    public void Every_message_comes_back_as_it_was()
    {
        var at = new IPEndPoint(IPAddress.Parse("2001:db8::1"), 7946);
        GossipMessage[] messages =
        [
            new GossipMessage.Ping(uint.MaxValue, new string('n', 255)),
            new GossipMessage.IndirectPing(5, at, "n", true, at, "me"),
            new GossipMessage.IndirectPing(5, at, "n", false),
            new GossipMessage.Nack(0),
            new GossipMessage.Suspect(70_000, "n", "from"),
            new GossipMessage.Dead(1, "n", "n"),
        ];
        Assert.All(messages, message => Assert.Equal(message, Read(MessageEncoder.Encode(message))));
        var ack = (GossipMessage.Ack)Read(MessageEncoder.Encode(new GossipMessage.Ack(9, new byte[] { 1, 2 })))!;
        Assert.Equal([1, 2], ack.Payload.ToArray());
        var user = (GossipMessage.User)Read(MessageEncoder.Encode(new GossipMessage.User(new byte[] { 7 })))!;
        Assert.Equal([7], user.Body.ToArray());
    }

    [Fact]
    public void No_bytes_make_a_reader_throw() => Gen.Byte.Array[0, 80].Sample(bytes =>
    {
        PacketReader.Read(bytes, new List<GossipMessage>());
        for (byte type = 0; type <= 13; type++)
        {
            PacketReader.Read(new byte[] { type, 0x82 }.Concat(bytes).ToArray(), new List<GossipMessage>());
            new GossipStreamReader(new GossipEnvelope(), true).Feed([type, 0x83, .. bytes]);
        }

        Lzw.TryDecompress(bytes, 1000, out _, out _);
        NoodleNet.Discovery.NodeTags.Decode([0xFF, .. bytes]);
        new GossipEnvelope("x", Keys).OpenDatagram(bytes, out _);
        NoodleNet.Discovery.Beacon.Read(bytes, Keys, out _, out _);
    }, iter: 2000);

    [Fact]
    public void Cut_and_damaged_messages_never_throw() =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 60], Gen.Byte).Sample((kind, at, value) =>
        {
            var to = new IPEndPoint(IPAddress.Loopback, 1);
            GossipMessage message = kind switch
            {
                0 => new GossipMessage.Ping(1, "n", to, "m"),
                1 => new GossipMessage.IndirectPing(1, to, "n", true),
                2 => new GossipMessage.Alive(1, "n", to, new byte[9], ProtocolVersions.Noodle),
                3 => new GossipMessage.Suspect(1, "n", "m"),
                4 => new GossipMessage.Ack(1, new byte[3]),
                _ => Exchange(2),
            };
            byte[] bytes = MessageEncoder.Encode(message);
            bytes[at % bytes.Length] = value;
            PacketReader.Read(bytes, new List<GossipMessage>());
            PacketReader.Read(bytes.AsMemory(0, at % bytes.Length), new List<GossipMessage>());
            new GossipStreamReader(new GossipEnvelope(), true).Feed(bytes);
        }, iter: 2000);

    [Fact]
    public void Lzw_gives_back_what_it_took() =>
        Gen.Select(Gen.Int[1, 256], Gen.Int[0, 30_000]).Sample((letters, length) =>
    {
        byte[] data = new byte[length];
        var prng = new Noodle.Primitives.Prng((ulong)(letters + (1000 * length)));
        for (int i = 0; i < length; i++)
        {
            data[i] = (byte)prng.Next(letters);
        }

        byte[] packed = Lzw.Compress(data);
        Assert.True(Lzw.TryDecompress(packed, length, out byte[] back, out _));
        Assert.Equal(data, back);
        Assert.False(length > 0 && Lzw.TryDecompress(packed, length - 1, out _, out _));
    }, iter: 60);

    [Fact]
    public void Lzw_reads_the_last_code_of_a_full_table()
    {
        // 3,839 letters define every code from 258 to 4095; 4095 itself then stands for two of them.
        var bits = new List<bool>();
        int width = 9;
        Write(256);
        for (int i = 0, high = 257; i < 3839; i++)
        {
            Write('a' + (i % 26));
            high++;
            width += high == 1 << width && width < 12 ? 1 : 0;
        }

        Write(4095);
        Write(257);
        byte[] packed = [.. bits.Chunk(8).Select(part => (byte)part.Select((bit, at) => bit ? 1 << at : 0).Sum())];
        Assert.True(Lzw.TryDecompress(packed, 5000, out byte[] data, out _));
        Assert.Equal(3841, data.Length);
        Assert.Equal(data[3837..3839], data[3839..]);

        void Write(int code) => bits.AddRange(Enumerable.Range(0, width).Select(bit => (code >> bit & 1) != 0));
    }

    [Fact]
    public void Envelopes_pass_only_their_own_kind()
    {
        byte[] packet = MessageEncoder.Encode(new GossipMessage.Nack(1)), nonce = new byte[12];
        GossipEnvelope open = new(), label = new("a"), keyed = new("", Keys), both = new("a", Keys);
        var other = new GossipEnvelope("", new KeyRing(Enumerable.Repeat((byte)9, 32).ToArray()));

        Assert.Equal(WireFault.BadLabel, open.OpenDatagram(label.SealDatagram(packet, nonce), out _));
        Assert.Equal(WireFault.BadLabel, label.OpenDatagram(open.SealDatagram(packet, nonce), out _));
        Assert.Equal(WireFault.Truncated, open.OpenDatagram(default, out _));
        Assert.Equal(WireFault.Undecryptable, keyed.OpenDatagram(other.SealDatagram(packet, nonce), out _));
        Assert.Equal(WireFault.Truncated, keyed.OpenDatagram(packet, out _));
        Assert.Equal(WireFault.Undecryptable, keyed.OpenDatagram(Enumerable.Repeat((byte)2, 40).ToArray(), out _));
        Assert.Equal(WireFault.None, both.OpenDatagram(both.SealDatagram(packet, nonce), out var plain));
        Assert.Equal(packet, plain.ToArray());
        Assert.Equal(both.SealDatagram(packet, nonce).Length, packet.Length + both.OverheadBytes);
        var second = new GossipEnvelope("", new KeyRing(new byte[16]));
        Assert.Equal(WireFault.None, keyed.OpenDatagram(second.SealDatagram(packet, nonce), out _));
        Assert.Throws<ArgumentException>(() => new GossipEnvelope(new string('x', 256)));
        Assert.Throws<ArgumentException>(() => new KeyRing());
        Assert.Throws<ArgumentException>(() => new KeyRing(new byte[31]));
    }

    [Theory]
    [InlineData("", false, false)]
    [InlineData("", false, true)]
    [InlineData("label", true, true)]
    [InlineData("label", false, false)]
    public void A_stream_may_arrive_in_any_pieces(string label, bool encrypted, bool compress)
    {
        var envelope = new GossipEnvelope(label, encrypted ? Keys : null);
        GossipMessage.PushPull exchange = Exchange(40);
        byte[] sent = envelope.SealStream(exchange, dialled: true, compress, new byte[12]);
        foreach (int piece in new[] { 1, 7, 100, sent.Length })
        {
            var reader = new GossipStreamReader(envelope, accepted: true);
            for (int at = 0; at < sent.Length; at += piece)
            {
                StreamProgress progress = reader.Feed(sent.AsSpan(at, Math.Min(piece, sent.Length - at)));
                Assert.Equal(at + piece >= sent.Length ? StreamProgress.Done : StreamProgress.NeedsMore, progress);
            }

            var read = Assert.IsType<GossipMessage.PushPull>(reader.Message);
            Assert.Equal(exchange.Nodes.Select(node => node with { Meta = default }),
                read.Nodes.Select(node => node with { Meta = default }));
            Assert.Equal((true, 3), (read.Join, read.UserState.Length));
            Assert.Equal(StreamProgress.Done, reader.Feed([1]));
        }
    }

    public static TheoryData<string, string, bool, string, WireFault> BrokenStreams => new()
    {   // what is tried            label  keyed  bytes                                        fault
        { "a label not ours",       "",    false, "f40161",                                    WireFault.BadLabel },
        { "no label",               "a",   false, "0682",                                      WireFault.BadLabel },
        { "another label",          "a",   false, "f40162",                                    WireFault.BadLabel },
        { "open to a keyed node",   "",    true,  "0682",                                      WireFault.NotEncrypted },
        { "sealed without a key",   "",    false, "0a00000000",                                WireFault.NoKey },
        { "a frame too long",       "",    true,  "0affffffff",                                WireFault.TooLarge },
        { "an empty frame",         "",    true,  "0a00000000",                                WireFault.Malformed },
        { "a frame of another key", "",    true,  "0a0000001e01"
            + "0000000000000000000000000000000000000000000000000000000000", WireFault.Undecryptable },
        { "an unknown type",        "",    false, "63",                                        WireFault.UnknownType },
        { "too many nodes",         "",    false, "0681a54e6f646573ce00100000",                WireFault.TooLarge },
        { "a node that is no map",  "",    false, "0681a54e6f64657301a141",                    WireFault.Malformed },
        { "a user message too long", "",   false, "0881aa557365724d73674c656ece7fffffff",      WireFault.TooLarge },
        { "a user message of none", "",    false, "0890",                                      WireFault.Malformed },
        { "broken compression",     "",    false, "0982a4416c676f00a3427566a100",            WireFault.BadCompression },
        { "a bad header",           "",    false, "0690",                                      WireFault.Malformed },
    };

    [Theory]
    [MemberData(nameof(BrokenStreams))]
    public void Broken_streams_name_their_fault(string tried, string label, bool keyed, string hex, WireFault fault)
    {
        Assert.NotEmpty(tried);
        var reader = new GossipStreamReader(new GossipEnvelope(label, keyed ? Keys : null), accepted: true);
        Assert.Equal(StreamProgress.Faulted, reader.Feed(Convert.FromHexString(hex)));
        Assert.Equal(fault, reader.Fault);
        Assert.Equal(StreamProgress.Faulted, reader.Feed([0]));
    }

    public static TheoryData<string, string> PassedOver => new()
    {   // what is odd          the one node of a push/pull
        { "a state of 9",       "84a44e616d65a161a441646472a401020304a4506f727401a5537461746509" },
        { "no name",            "82a441646472a401020304a4506f727401" },
        { "a name of no text",  "83a44e616d65a1ffa441646472a401020304a4506f727401" },
        { "no port",            "82a44e616d65a161a441646472a401020304" },
        { "half an address",    "83a44e616d65a161a441646472a20102a4506f727401" },
    };

    [Theory]
    [MemberData(nameof(PassedOver))]
    public void An_entry_that_cannot_be_used_is_passed_over(string odd, string hex)
    {
        Assert.NotEmpty(odd);
        var reader = new GossipStreamReader(new GossipEnvelope(), accepted: true);
        Assert.Equal(StreamProgress.Done, reader.Feed(Convert.FromHexString("0681a54e6f64657301" + hex)));
        Assert.Empty(Assert.IsType<GossipMessage.PushPull>(reader.Message).Nodes);
    }

    [Fact]
    public void A_stream_has_an_end_even_when_the_peer_never_ends()
    {
        var reader = new GossipStreamReader(new GossipEnvelope(), accepted: true);
        reader.Feed([6, 0x81, 0xA1, .. "x"u8, 0xC6, 0x7F, 0xFF, 0xFF, 0xFF]);
        Assert.Equal(StreamProgress.Faulted, reader.Feed(new byte[70_000]));
        Assert.Equal(WireFault.TooLarge, reader.Fault);
        var full = new GossipStreamReader(new GossipEnvelope(), accepted: true);
        Assert.Equal(StreamProgress.Faulted, full.Feed(new byte[GossipStreamReader.MaxBytes + 1]));
    }

    [Fact]
    public void Answers_on_streams_are_read()
    {
        var reader = new GossipStreamReader(new GossipEnvelope("l"), accepted: false);
        byte[] answer = new GossipEnvelope("l").SealStream(new GossipMessage.Error("why"), dialled: false, true, []);
        Assert.Equal(StreamProgress.Done, reader.Feed(answer));
        Assert.Equal(new GossipMessage.Error("why"), reader.Message);
    }

    private static GossipMessage? Read(string hex) => Read(Convert.FromHexString(hex));

    private static GossipMessage? Read(byte[] bytes)
    {
        var messages = new List<GossipMessage>();
        Assert.Equal(WireFault.None, PacketReader.Read(bytes, messages));
        return Assert.Single(messages);
    }

    private static GossipMessage.PushPull Exchange(int nodes) => new(true,
    [
        .. Enumerable.Range(1, nodes).Select(i => new MemberRecord($"node-{i}", new IPEndPoint(IPAddress.Loopback, i),
            Encoding.UTF8.GetBytes($"meta{i}"), (uint)i * 1000, (MemberState)(i % 4), ProtocolVersions.Noodle)),
    ], new byte[] { 1, 2, 3 });
}
