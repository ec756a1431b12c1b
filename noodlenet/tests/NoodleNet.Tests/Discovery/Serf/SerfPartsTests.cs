using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Serf;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Tests.Discovery.Serf;

/// <summary>Clocks, the ring of events, filters and budgets, each alone.</summary>
public sealed class SerfPartsTests
{
    private static readonly Instant Start = Instant.Origin + TimeSpan.FromMinutes(1);

    [Fact]
    public void A_clock_follows_what_it_hears_and_never_goes_round()
    {
        var clock = new LamportClock();
        Assert.Equal((1ul, 2ul), (clock.Take(), clock.Time));
        clock.Witness(1);
        Assert.Equal(2ul, clock.Time);
        clock.Witness(2);
        Assert.Equal(3ul, clock.Time);
        clock.Witness(LamportClock.Last);
        clock.Witness(LamportClock.Last);
        Assert.Equal(LamportClock.Last, clock.Take());
        Assert.Equal(LamportClock.Last, clock.Time);
    }

    [Fact]
    public void An_event_is_new_once()
    {
        var ring = new EventRing();
        Assert.True(IsNew(ring, 5, "a", 1));
        Assert.False(IsNew(ring, 5, "a", 1));
        Assert.True(IsNew(ring, 5, "a", 2));
        Assert.True(IsNew(ring, 5, "b", 1));
        Assert.True(IsNew(ring, 4, "a", 1));
        Assert.Equal([(4ul, "a"), (5ul, "a"), (5ul, "a"), (5ul, "b")],
            ring.Kept.Select(word => (word.Time, word.Name)));
        Assert.Equal(6ul, ring.Clock.Time);
    }

    [Fact]
    public void The_ring_forgets_what_is_512_behind_and_takes_it_no_more()
    {
        var ring = new EventRing();
        Assert.True(IsNew(ring, 5, "old", 1));
        Assert.True(IsNew(ring, 600, "new", 1));
        Assert.False(IsNew(ring, 88, "late", 1)); // clock 601: up to 89 there is room
        Assert.True(IsNew(ring, 89, "just", 1));
        Assert.True(IsNew(ring, 5 + 512, "same slot", 1));
        Assert.DoesNotContain(ring.Kept, word => word.Name == "old");
    }

    [Fact]
    public void Who_joins_hears_nothing_of_before()
    {
        var ring = new EventRing();
        ring.Skip(10);
        Assert.False(IsNew(ring, 9, "before", 1));
        Assert.True(IsNew(ring, 10, "after", 1));
    }

    [Fact]
    public void The_ring_holds_so_much_and_no_more()
    {
        var ring = new EventRing();
        for (int i = 0; i < EventRing.MaxASlot; i++)
        {
            Assert.True(IsNew(ring, 1, $"e{i}", 0));
        }

        Assert.Equal(WireFault.TooLarge, ring.Hear(new UserEvent(1, "one more", default, false), out bool isNew));
        Assert.False(isNew);
        Assert.Equal(WireFault.TooLarge, ring.Hear(new UserEvent(2, "x", new byte[9 * 1024], false), out _));

        WireFault fault = WireFault.None;
        for (ulong time = 2; time < 400 && fault == WireFault.None; time++)
        {
            fault = ring.Hear(new UserEvent(time, "big", new byte[9000], false), out _);
        }

        Assert.Equal(WireFault.TooLarge, fault);
        Assert.True(ring.Kept.Sum(word => word.Payload.Length) <= EventRing.MaxKeptBytes);
        Assert.True(IsNew(ring, 513, "a slot reused frees what it held", 1));
    }

    public static TheoryData<string, string, bool> Expressions => new()
    {   // expression        value     fits
        { "^web",            "web-1",  true },
        { "^web$",           "web-1",  false },
        { "",                "x",      true },
        { "w.{1,9}1",        "web-1",  true },
        { "(a{9}){9}",       "a",      false }, // repetitions inside each other
        { "(",               "(",      false },
        { "(?=a)a",          "a",      false }, // looking around needs backtracking
        { new string('a', 200), new string('a', 200), false },
        { "(a+)+$",          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false }, // and takes no time
    };

    [Theory]
    [MemberData(nameof(Expressions))]
    public void Expressions_are_bounded_and_find_what_they_say(string expression, string value, bool fits) =>
        Assert.Equal(fits, QueryFilters.Fits(expression, value));

    [Fact]
    public void All_filters_must_fit()
    {
        Assert.True(NodeTags.TryEncode(new Dictionary<string, string> { ["role"] = "web" }, out byte[] meta));
        byte[] us = UserMessageEncoder.EncodeNodeFilter(["you", "me"]);
        byte[] others = UserMessageEncoder.EncodeNodeFilter(["you"]);
        byte[] web = UserMessageEncoder.EncodeTagFilter("role", "^web$");
        byte[] none = UserMessageEncoder.EncodeTagFilter("x", "y");
        Assert.True(Fits(meta));
        Assert.True(Fits(meta, us, web));
        Assert.False(Fits(meta, others));
        Assert.False(Fits(meta, us, none));
        Assert.False(Fits(meta, [9]));
        Assert.False(Fits(meta, Array.Empty<byte>()));
        Assert.False(Fits(meta, [0, 0x91])); // cut short
        Assert.False(Fits(meta, [1, 0x81, 0xA1]));
        Assert.True(Fits(meta, [1, 0x81, 0xA1, (byte)'?', 0xC0])); // no tag and no expression: every text fits
    }

    [Fact]
    public void A_second_has_its_budget()
    {
        var budget = new RateBudget(2);
        Assert.True(budget.TryTake(Start) && budget.TryTake(Start));
        Assert.False(budget.TryTake(Start));
        Assert.True(budget.TryTake(Start + TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Who_calls_with_too_many_expressions_is_not_served()
    {
        byte[] any = UserMessageEncoder.EncodeTagFilter("x", "");
        var budget = new RateBudget(3);
        Assert.True(QueryFilters.Match([any, any, any], "me", default, budget, Start));
        Assert.False(QueryFilters.Match([any], "me", default, budget, Start));
    }

    [Fact]
    public void Keys_change_while_the_ring_is_in_use()
    {
        byte[] a = new byte[16], b = [.. Enumerable.Repeat((byte)1, 32)], nonce = new byte[12];
        var ring = new KeyRing(a);
        var other = new KeyRing(a);
        Assert.Equal(KeyRingFault.BadLength, ring.TryInstall(new byte[5]));
        Assert.Equal(KeyRingFault.None, ring.TryInstall(b));
        Assert.Equal(KeyRingFault.None, ring.TryInstall(b));
        Assert.Equal(2, ring.All.Count);
        Assert.Equal(WireFault.None, other.TryOpen(ring.Seal("x"u8, nonce, default), default, out _));
        Assert.Equal(KeyRingFault.Unknown, other.TryUse(b));
        Assert.Equal(KeyRingFault.None, ring.TryUse(b));
        Assert.Equal(b, ring.Primary.ToArray());
        Assert.Equal(WireFault.Undecryptable, other.TryOpen(ring.Seal("x"u8, nonce, default), default, out _));
        Assert.Equal(KeyRingFault.InUse, ring.TryRemove(b));
        Assert.Equal(WireFault.None, ring.TryOpen(other.Seal("x"u8, nonce, default), default, out _));
        Assert.Equal(KeyRingFault.None, ring.TryRemove(a));
        Assert.Equal(KeyRingFault.None, ring.TryRemove(a));
        Assert.Equal(WireFault.Undecryptable, ring.TryOpen(other.Seal("x"u8, nonce, default), default, out _));
        for (byte i = 2; ring.All.Count < KeyRing.MaxKeys; i++)
        {
            Assert.Equal(KeyRingFault.None, ring.TryInstall(Enumerable.Repeat(i, 24).ToArray()));
        }

        Assert.Equal(KeyRingFault.Full, ring.TryInstall(new byte[16]));
    }

    public static TheoryData<bool, bool, bool, bool, WireFault> Switches => new()
    {   // sender seals  checks | receiver seals checks       outcome
        { true,  true,           true,  true,                 WireFault.None },
        { false, true,           true,  true,                 WireFault.Undecryptable },
        { false, true,           false, false,                WireFault.None },
        { true,  true,           false, false,                WireFault.None },
    };

    [Theory]
    [MemberData(nameof(Switches))]
    public void A_mesh_gets_its_keys_node_by_node(bool sends, bool checks, bool seals, bool takes, WireFault outcome)
    {
        byte[] key = new byte[16], nonce = new byte[12];
        byte[] packet = MessageEncoder.Encode(new GossipMessage.Ping(1, new string('n', 60)));
        var from = new GossipEnvelope("l", new KeyRing(key)) { VerifyOutgoing = sends, VerifyIncoming = checks };
        var to = new GossipEnvelope("l", new KeyRing(key)) { VerifyOutgoing = seals, VerifyIncoming = takes };
        Assert.Equal(outcome, to.OpenDatagram(from.SealDatagram(packet, nonce), out ReadOnlyMemory<byte> opened));
        Assert.Equal(outcome == WireFault.None ? packet : [], opened.ToArray());
        Assert.Equal(3 + (sends ? 29 : 0), from.OverheadBytes);

        var reader = new GossipStreamReader(to, accepted: true);
        reader.Feed(from.SealStream(new GossipMessage.Ping(1, "n"), dialled: true, compress: true, nonce));
        Assert.Equal(outcome == WireFault.None ? WireFault.None : WireFault.NotEncrypted, reader.Fault);
    }

    [Fact]
    public void Peers_of_protocol_1_get_padded_seals()
    {
        var envelope = new GossipEnvelope("", new KeyRing(new byte[16])) { SealVersion = 0 };
        byte[] packet = MessageEncoder.Encode(new GossipMessage.Ping(1, "n"));
        byte[] datagram = envelope.SealDatagram(packet, new byte[12]);
        Assert.Equal((45, 0, 0), (envelope.OverheadBytes, datagram[0], (datagram.Length - 29) % 16));
        Assert.Equal(WireFault.None, envelope.OpenDatagram(datagram, out ReadOnlyMemory<byte> opened));
        Assert.Equal(packet, opened.ToArray());
        var reader = new GossipStreamReader(envelope, accepted: true);
        Assert.Equal(StreamProgress.Done, reader.Feed(
            envelope.SealStream(new GossipMessage.Ping(1, "n"), dialled: true, compress: false, new byte[12])));
    }

    [Fact]
    public void Where_the_label_is_taken_away_before_us_none_must_be_left()
    {
        var sender = new GossipEnvelope("abc", new KeyRing(new byte[16]));
        var behind = new GossipEnvelope("abc", new KeyRing(new byte[16])) { LabelIsStripped = true };
        byte[] datagram = sender.SealDatagram("x"u8, new byte[12]);
        Assert.Equal(WireFault.BadLabel, behind.OpenDatagram(datagram, out _));
        Assert.Equal(WireFault.None, behind.OpenDatagram(datagram.AsMemory(5), out _));
    }

    private static bool IsNew(EventRing ring, ulong time, string name, byte payload)
    {
        Assert.Equal(WireFault.None, ring.Hear(new UserEvent(time, name, new[] { payload }, false), out bool isNew));
        return isNew;
    }

    private static bool Fits(byte[] meta, params byte[][] filters) => QueryFilters.Match(
        [.. filters.Select(filter => (ReadOnlyMemory<byte>)filter)], "me", meta, new RateBudget(9), Start);
}
