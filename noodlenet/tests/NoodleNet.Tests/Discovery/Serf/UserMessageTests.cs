using System.Net;
using NoodleNet.Discovery.Serf;
using NoodleNet.Discovery.Wire;
using NoodleNet.Mesh;

namespace NoodleNet.Tests.Discovery.Serf;

/// <summary>The bytes of the Serf layer, frozen, and what broken bytes come to.</summary>
public sealed class UserMessageTests
{
    private static readonly IPEndPoint At = new(IPAddress.Parse("10.0.0.7"), 7946);

    // The event is the body of a stream message that a live agent accepted.
    private const string EventBytes = "0384a54c54696d6505a44e616d65a3746370a75061796c6f6164a26869a24343c2";

    public static TheoryData<string, string> Frozen => new()
    {
        { "leave", "0083a54c54696d6509a44e6f6465a26e30a55072756e65c2" },
        { "join", "0182a54c54696d6507a44e6f6465a26e30" },
        { "event", EventBytes },
        {
            "response",
            "0585a54c54696d6503a24944cd0102a446726f6da26e30a5466c61677301"
                + "a75061796c6f6164a0"
        },
    };

    [Theory]
    [MemberData(nameof(Frozen))]
    public void Messages_are_the_known_bytes_and_read_back(string kind, string hex)
    {
        UserMessage message = kind switch
        {
            "leave" => new UserMessage.Leave(9, "n0", false),
            "join" => new UserMessage.Join(7, "n0"),
            "event" => new UserMessage.Event(new UserEvent(5, "tcp", "hi"u8.ToArray(), false)),
            _ => new UserMessage.Response(3, 0x0102, "n0", UserMessage.Response.AckFlag, default),
        };
        Assert.Equal(hex, Hex(UserMessageEncoder.Encode(message)));
        Assert.Equal(hex, Hex(UserMessageEncoder.Encode(Read(Convert.FromHexString(hex)))));
    }

    [Fact]
    public void A_query_keeps_all_that_it_says()
    {
        byte[] nodes = UserMessageEncoder.EncodeNodeFilter(["n0", "n1"]);
        byte[] tag = UserMessageEncoder.EncodeTagFilter("role", "^web");
        var query = new UserMessage.Query(1, 2, At, "asker", [nodes, tag], UserMessage.Query.AckFlag, 3,
            TimeSpan.FromSeconds(15), "uptime", "x"u8.ToArray());
        byte[] bytes = UserMessageEncoder.Encode(query);
        var read = Assert.IsType<UserMessage.Query>(Read(bytes));

        Assert.Equal((1ul, 2u, At, "asker", TimeSpan.FromSeconds(15), "uptime", (byte)3),
            (read.Time, read.Id, read.ReplyTo, read.From, read.Timeout, read.Name, read.RelayFactor));
        Assert.True(read.WantsAck && read.IsToldOn);
        Assert.Equal([Hex(nodes), Hex(tag)], read.Filters.Select(filter => Hex(filter.ToArray())));
        Assert.Equal("0092a26e30a26e31", Hex(nodes));
        Assert.Equal("0182a3546167a4726f6c65a445787072a45e776562", Hex(tag));
        Assert.Equal(Hex(bytes), Hex(UserMessageEncoder.Encode(read)));

        var patient = query with { Timeout = TimeSpan.FromDays(1), Flags = UserMessage.Query.NoBroadcastFlag };
        read = Assert.IsType<UserMessage.Query>(Read(UserMessageEncoder.Encode(patient)));
        Assert.Equal((QueryQuestion.LongestTimeout, false, false), (read.Timeout, read.WantsAck, read.IsToldOn));
    }

    [Fact]
    public void A_relay_keeps_the_message_as_it_is()
    {
        byte[] inner = Convert.FromHexString(EventBytes);
        byte[] bytes = UserMessageEncoder.Encode(new UserMessage.Relay(At, "n0", inner));
        var read = Assert.IsType<UserMessage.Relay>(Read(bytes));
        Assert.Equal((At, "n0", EventBytes), (read.To, read.Node, Hex(read.Message.ToArray())));
        Assert.StartsWith("0982a84465737441646472" + "83a24950a40a000007a4506f7274cd1f0aa45a6f6e65a0", Hex(bytes));
    }

    [Fact]
    public void A_state_keeps_clocks_statuses_and_events()
    {
        var state = new UserMessage.State(4, [("a", 2), ("b", 3)], ["b"], 6,
            [new(5, "e", "1"u8.ToArray(), false), new(5, "e", "2"u8.ToArray(), false), new(4, "f", default, false)], 7);
        byte[] bytes = UserMessageEncoder.Encode(state);
        var read = Assert.IsType<UserMessage.State>(Read(bytes));
        Assert.Equal((4ul, 6ul, 7ul), (read.Time, read.EventTime, read.QueryTime));
        Assert.Equal([("a", 2ul), ("b", 3ul)], read.Statuses);
        Assert.Equal(["b"], read.Left);
        Assert.Equal([(5ul, "e"), (5ul, "e"), (4ul, "f")], read.Events.Select(word => (word.Time, word.Name)));
        Assert.Equal(Hex(bytes), Hex(UserMessageEncoder.Encode(read)));
    }

    [Fact]
    public void The_ring_of_a_real_agent_is_mostly_nil()
    {
        string slots = string.Concat(Enumerable.Repeat("c0", 511));
        string hex = "0286a54c54696d6502ac5374617475734c54696d657381a26e3001ab4c6566744d656d62657273c0"
            + "aa4576656e744c54696d6503a64576656e7473dc0200" + slots
            + "82a54c54696d6502a64576656e74739182a44e616d65a161a75061796c6f6164c0aa51756572794c54696d6501";
        var read = Assert.IsType<UserMessage.State>(Read(Convert.FromHexString(hex)));
        Assert.Equal((2ul, "a"), Assert.Single(read.Events.Select(word => (word.Time, word.Name))));
        Assert.Equal([("n0", 1ul)], read.Statuses);
        Assert.Empty(read.Left);
    }

    public static TheoryData<string, WireFault> Broken => new()
    {
        { "", WireFault.Truncated },
        { "63", WireFault.UnknownType },                                         // a private sub-type
        { "06", WireFault.UnknownType },                                         // only inside an answer
        { "0182a54c54696d65cfffffffffffffffffa44e6f6465a26e30", WireFault.Malformed }, // a time that nobody reaches
        { "0181a54c54696d6507", WireFault.Malformed },                           // about nobody
        { "0182a54c54696d6507a44e6f6465a20a61", WireFault.Malformed },           // a name with a line end
        { "0182a54c54696d6507a44e6f6465a3", WireFault.Truncated },
        { "0481a44e616d65a161", WireFault.BadAddress },                          // nowhere to answer
        { "0481a746696c74657273dc0011", WireFault.TooLarge },                    // 17 filters
        { "0981a8446573744e616d65a161", WireFault.BadAddress },
        { "0980", WireFault.BadAddress },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Broken_messages_are_named_faults(string hex, WireFault fault)
    {
        Assert.Null(UserMessageDecoder.Decode(Convert.FromHexString(hex), out WireFault found));
        Assert.Equal(fault, found);
    }

    [Fact]
    public void No_bytes_make_a_reader_throw() =>
        Gen.Select(Gen.Byte[0, 9], Gen.Byte.Array[0, 80]).Sample((type, body) =>
        {
            UserMessageDecoder.Decode(new byte[] { type }.Concat(body).ToArray(), out _);
            CoordinateCodec.Decode([1, .. body]);
            ConflictAnswer.Read([6, .. body]);
            KeyQuery.TryRead("_serf_use-key", [7, .. body], out _, out _);
        });

    [Fact]
    public void A_sound_message_cut_short_is_never_sound()
    {
        var query = new UserMessage.Query(1, 2, At, "asker", [UserMessageEncoder.EncodeNodeFilter(["n0"])], 1, 0,
            TimeSpan.FromSeconds(1), "uptime", "x"u8.ToArray());
        byte[] bytes = UserMessageEncoder.Encode(query);
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.Null(UserMessageDecoder.Decode(bytes.AsMemory(0, length), out _));
        }
    }

    [Fact]
    public void A_coordinate_is_the_known_bytes_and_reads_back()
    {
        double[] vector = [0.5, 0, 0, 0, 0, 0, 0, -0.25];
        byte[] bytes = CoordinateCodec.Encode(new NetworkCoordinate(vector, 1.5, 0, 1e-5));
        const string Zero = "cb0000000000000000";
        Assert.Equal("0184a3566563" + "98" + "cb3fe0000000000000" + Zero + Zero + Zero + Zero + Zero + Zero
            + "cbbfd0000000000000" + "a54572726f72cb3ff8000000000000" + "aa41646a7573746d656e74" + Zero
            + "a6486569676874cb3ee4f8b588e368f1", Hex(bytes));
        NetworkCoordinate read = CoordinateCodec.Decode(bytes)!;
        Assert.Equal(vector, read.Vector.ToArray());
        Assert.Equal((1.5, 0.0, 1e-5), (read.Error, read.Adjustment, read.Height));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0280")]                                    // another version
    [InlineData("0180")]                                    // no dimension
    [InlineData("0181a356656391cb7ff8000000000000")]        // not a number
    [InlineData("0181a356656391cb7ff0000000000000")]        // endless
    [InlineData("0181a3566563dc0011")]                      // 17 dimensions
    [InlineData("0181a356656391cb00")]                      // cut short
    public void What_is_no_coordinate_is_none(string hex) =>
        Assert.Null(CoordinateCodec.Decode(Convert.FromHexString(hex)));

    [Fact]
    public void Short_and_whole_numbers_are_coordinates_too()
    {
        NetworkCoordinate read = CoordinateCodec.Decode(
            Convert.FromHexString("0183a356656392ca3f00000002a54572726f7201a3466f6f93c0c3c2"))!;
        Assert.Equal([0.5, 2.0], read.Vector.ToArray());
        Assert.Equal(1.0, read.Error);
    }

    [Fact]
    public void Key_questions_and_answers_are_serfs()
    {
        byte[] key = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];
        byte[] payload = [7, 0x81, 0xA3, .. "Key"u8, 0xB0, .. key];
        Assert.True(KeyQuery.TryRead("_serf_install-key", payload, out KeyOperation operation, out byte[] read));
        Assert.Equal((KeyOperation.Install, Hex(key)), (operation, Hex(read)));
        Assert.True(KeyQuery.TryRead("_serf_list-keys", [], out operation, out read));
        Assert.Equal((KeyOperation.List, 0), (operation, read.Length));
        Assert.True(KeyQuery.TryRead("_serf_remove-key", [7, 0x82, 0xA1, 1, 2, 0xA3], out operation, out read));
        Assert.Equal((KeyOperation.Remove, 0), (operation, read.Length));
        Assert.False(KeyQuery.TryRead("uptime", payload, out _, out _));
        Assert.Equal("0884a6526573756c74c3a74d657373616765a0a44b65797391"
            + "b841414543417751464267634943516f4c4441304f44773d3d"
            + "aa5072696d6172794b6579b841414543417751464267634943516f4c4441304f44773d3d",
            Hex(KeyQuery.EncodeAnswer(true, "", [key])));
        Assert.Equal("0884a6526573756c74c2a74d657373616765a26e6fa44b65797390aa5072696d6172794b6579a0",
            Hex(KeyQuery.EncodeAnswer(false, "no", [])));
    }

    private static UserMessage Read(byte[] bytes)
    {
        UserMessage? message = UserMessageDecoder.Decode(bytes, out WireFault fault);
        Assert.Equal(WireFault.None, fault);
        return message!;
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
