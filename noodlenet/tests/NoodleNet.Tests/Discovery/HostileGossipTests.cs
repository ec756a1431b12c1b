using System.Diagnostics;
using System.Net;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Tests.Discovery;

/// <summary>What a holder of the key, or whoever comes by when there is none, may try against the gossip.</summary>
public sealed class HostileGossipTests
{
    private static readonly IPEndPoint Stranger = new(IPAddress.Loopback, 5);

    [Fact]
    public void The_largest_incarnation_is_refuted_and_never_wraps()
    {
        SwimMachine machine = Started(out Instant now);
        Tell(machine, new GossipMessage.Suspect(uint.MaxValue, "me", "x"), now);
        Assert.Contains(new SwimEffect.Refuted(uint.MaxValue), Effects(machine));
        machine.Handle(new SwimInput.UpdateMeta(new byte[] { 1 }), now);
        Tell(machine, new GossipMessage.Dead(uint.MaxValue, "me", "x"), now);
        MemberRecord self = Assert.Single(machine.Members);
        Assert.Equal((uint.MaxValue, MemberState.Alive), (self.Incarnation, self.State));
    }

    public static TheoryData<string> NoPlaces =>
        ["0.0.0.0", "255.255.255.255", "239.255.77.77", "224.0.0.1", "::", "ff02::7979"];

    [Theory]
    [MemberData(nameof(NoPlaces))]
    public void An_address_that_is_nobodys_own_is_no_address(string address)
    {
        var at = new IPEndPoint(IPAddress.Parse(address), 7946);
        SwimMachine machine = Started(out Instant now);
        Tell(machine, new GossipMessage.Alive(1, "x", at, default, ProtocolVersions.Noodle), now);
        Tell(machine, new GossipMessage.IndirectPing(1, at, "x", true), now);
        Tell(machine, new GossipMessage.Ping(1, "me", at), now);
        List<SwimEffect> effects = Effects(machine);
        Assert.Equal(2, effects.Count(effect => effect is SwimEffect.Dropped { Fault: WireFault.BadAddress }));
        SwimEffect.Send answer = Assert.Single(effects.OfType<SwimEffect.Send>());
        Assert.Equal(Stranger, answer.To); // the ping is answered to where it came from
        Assert.Single(machine.Members);
    }

    [Fact]
    public void A_packet_full_of_questions_gets_few_answers()
    {
        SwimMachine machine = Started(out Instant now);
        byte[][] pings = [.. Enumerable.Range(0, 255).Select(i =>
            MessageEncoder.Encode(new GossipMessage.Ping((uint)i, "me", new IPEndPoint(IPAddress.Loopback, 9))))];
        byte[][] relays = [.. Enumerable.Range(0, 255).Select(i =>
            MessageEncoder.Encode(new GossipMessage.IndirectPing((uint)i, Stranger, "x", true)))];
        byte[] packet = PacketBuilder.Compound([PacketBuilder.Compound(pings), PacketBuilder.Compound(relays)]);
        machine.Handle(new SwimInput.Packet(packet, Stranger), now);
        List<SwimEffect> effects = Effects(machine);
        Assert.Equal(SwimMachine.MaxQuestions, effects.Count(effect => effect is SwimEffect.Send));
        Assert.Contains(new SwimEffect.Dropped(WireFault.TooLarge, Stranger), effects);
    }

    [Theory]
    [InlineData("line\nERROR: all is lost")]
    [InlineData("\u001b[2J")]
    [InlineData("nul\0")]
    public void A_name_that_would_write_into_a_log_or_terminal_is_no_name(string name)
    {
        SwimMachine machine = Started(out Instant now);
        Tell(machine, new GossipMessage.Alive(1, name, Stranger, default, ProtocolVersions.Noodle), now);
        Tell(machine, new GossipMessage.Alive(1, "x", Stranger, default, ProtocolVersions.Noodle), now);
        Tell(machine, new GossipMessage.Suspect(1, "x", name), now);
        var record = new MemberRecord(name, Stranger, default, 1, MemberState.Alive, ProtocolVersions.Noodle);
        var reader = new GossipStreamReader(new GossipEnvelope(), accepted: true);
        var sound = record with { Name = "y" };
        reader.Feed(MessageEncoder.Encode(new GossipMessage.PushPull(true, [record, sound], default)));

        Assert.Equal(["me", "x"], machine.Members.Select(member => member.Name).Order());
        Assert.All(machine.Members, member => Assert.Equal(MemberState.Alive, member.State));
        var state = Assert.IsType<GossipMessage.PushPull>(reader.Message);
        Assert.Equal(["y"], state.Nodes.Select(node => node.Name)); // one odd entry does not spoil the exchange
    }

    [Fact]
    public void A_state_full_of_foreign_versions_costs_no_more_than_its_length()
    {
        SwimMachine machine = Started(out Instant now);
        MemberRecord[] nodes = [.. Enumerable.Range(0, 20_000).Select(i => new MemberRecord(
            $"n{i}", Stranger, default, 1, MemberState.Alive, new ProtocolVersions(1, 5, 2, 2, 5, 4)))];
        long from = Stopwatch.GetTimestamp();
        machine.Handle(new SwimInput.ExchangeAnswered(1, new(false, nodes[1..], default), Stranger), now);
        Assert.True(Stopwatch.GetElapsedTime(from) < TimeSpan.FromSeconds(10)); // it was 40 s and more
        Assert.Equal(nodes.Length, machine.Members.Count());
    }

    [Theory]
    [InlineData(6)]
    [InlineData(8)]
    [InlineData(9)]
    public void A_header_without_end_is_given_up_early(byte type)
    {
        var reader = new GossipStreamReader(new GossipEnvelope(), accepted: true);
        reader.Feed([type, 0xDF, 0xFF, 0xFF, 0xFF, 0xFF]);
        byte[] junk = [.. Enumerable.Repeat(new byte[] { 0xA1, (byte)'x', 0xC0 }, 1000).SelectMany(pair => pair)];
        int fed = 0;
        while (reader.Feed(junk) == StreamProgress.NeedsMore && fed < 1 << 20)
        {
            fed += junk.Length;
        }

        Assert.Equal(WireFault.TooLarge, reader.Fault);
        Assert.True(fed < 100_000);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(17)]
    public void Padding_is_one_to_sixteen(byte pad)
    {
        byte[] key = new byte[16], nonce = new byte[12], padded = new byte[32], payload = new byte[61];
        padded[^1] = pad;
        using (var cipher = new System.Security.Cryptography.AesGcm(key, 16))
        {
            cipher.Encrypt(nonce, padded, payload.AsSpan(13, 32), payload.AsSpan(45));
        }

        Assert.Equal(WireFault.Malformed, new KeyRing(key).TryOpen(payload, default, out _));
    }

    [Fact]
    public void Replayed_truncated_and_flipped_packets_change_nothing()
    {
        var keys = new KeyRing(new byte[32]);
        var envelope = new GossipEnvelope("", keys);
        byte[] sealedDead = envelope.SealDatagram(
            MessageEncoder.Encode(new GossipMessage.Dead(1, "x", "y")), new byte[12]);
        for (int i = 0; i < sealedDead.Length; i++)
        {
            byte[] flipped = [.. sealedDead];
            flipped[i] ^= 1;
            Assert.NotEqual(WireFault.None, envelope.OpenDatagram(flipped, out _));
            Assert.NotEqual(WireFault.None, envelope.OpenDatagram(sealedDead.AsMemory(0, i), out _));
        }

        SwimMachine machine = Started(out Instant now);
        Tell(machine, new GossipMessage.Alive(1, "x", Stranger, default, ProtocolVersions.Noodle), now);
        Assert.Equal(WireFault.None, envelope.OpenDatagram(sealedDead, out ReadOnlyMemory<byte> dead));
        machine.Handle(new SwimInput.Packet(dead, Stranger), now);
        Tell(machine, new GossipMessage.Alive(2, "x", Stranger, default, ProtocolVersions.Noodle), now);
        machine.Handle(new SwimInput.Packet(dead, Stranger), now); // what was true of its last life
        Assert.Equal(MemberState.Alive, machine.Members.Single(member => member.Name == "x").State);
    }

    [Fact]
    public void Gossip_under_an_old_key_is_nothing_once_the_mesh_has_dropped_the_key()
    {
        byte[] old = [.. Enumerable.Repeat((byte)1, 32)], fresh = [.. Enumerable.Repeat((byte)2, 32)];
        var thief = new GossipEnvelope("", new KeyRing(old));
        var keys = new KeyRing(old);
        var node = new GossipEnvelope("", keys);
        byte[] word = MessageEncoder.Encode(new GossipMessage.Dead(9, "me", "x"));
        Assert.Equal(WireFault.None, node.OpenDatagram(thief.SealDatagram(word, new byte[12]), out _));

        Assert.Equal(KeyRingFault.None, keys.TryInstall(fresh));
        Assert.Equal(KeyRingFault.None, keys.TryUse(fresh));
        Assert.Equal(KeyRingFault.None, keys.TryRemove(old));
        Assert.Equal(WireFault.Undecryptable, node.OpenDatagram(thief.SealDatagram(word, new byte[12]), out _));
        var reader = new GossipStreamReader(node, accepted: true);
        byte[] stream = thief.SealStream(
            new GossipMessage.PushPull(true, [], default), dialled: true, compress: false, new byte[12]).ToArray();
        Assert.Equal(StreamProgress.Faulted, reader.Feed(stream));
        Assert.Equal(WireFault.Undecryptable, reader.Fault);
        Assert.NotEqual(WireFault.None, thief.OpenDatagram(node.SealDatagram(word, new byte[12]), out _));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_dead_are_raised_by_no_word_that_they_did_not_say_later(bool left)
    {
        SwimMachine machine = Started(out Instant now);
        var alive = new GossipMessage.Alive(5, "x", Stranger, default, ProtocolVersions.Noodle);
        Tell(machine, alive, now);
        Tell(machine, new GossipMessage.Dead(5, "x", left ? "x" : "y"), now);
        MemberState gone = left ? MemberState.Left : MemberState.Dead;
        foreach (uint incarnation in new uint[] { 5, 4, 1, 0 })
        {
            Tell(machine, alive with { Incarnation = incarnation }, now);
            var record = new MemberRecord("x", Stranger, default, incarnation, MemberState.Alive, alive.Versions);
            machine.Handle(new SwimInput.ExchangeAnswered(1, new(false, [record], default), Stranger), now);
            Assert.Equal(gone, machine.Members.Single(member => member.Name == "x").State);
        }

        Tell(machine, alive with { Incarnation = 6 }, now); // which it alone can have said
        Assert.Equal(MemberState.Alive, machine.Members.Single(member => member.Name == "x").State);
    }

    [Fact]
    public void A_million_made_up_members_take_bounded_room()
    {
        SwimMachine machine = Started(out Instant now);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < 1_000_000; i++)
        {
            Tell(machine, new GossipMessage.Alive(1, $"n{i}", Stranger, default, ProtocolVersions.Noodle), now);
            if (i % 8 == 0)
            {
                Tell(machine, new GossipMessage.Suspect(1, $"n{i}", "y"), now);
                now += TimeSpan.FromTicks(1);
                machine.HandleDeadline(now);
                Effects(machine);
            }
        }

        Assert.Equal(SwimOptions.Lan.MaxMembers, machine.Members.Count());
        int suspects = machine.Members.Count(member => member.State == MemberState.Suspect);
        Assert.InRange(suspects, 1, SwimOptions.Lan.MaxSuspicions);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, 0, 64L << 20);
        for (int i = 0; i < 200; i++)
        {
            now = machine.NextDeadline!.Value;
            machine.HandleDeadline(now);
            Effects(machine);
        }

        Assert.Contains(machine.Members, member => member.Name == "me" && member.State == MemberState.Alive);
    }

    [Fact]
    public void A_name_is_measured_as_it_travels() => Assert.Throws<ArgumentException>(
        () => new SwimMachine(SwimOptions.Lan, new string('\u00e4', 128), new Prng(1)));

    [Fact]
    public void To_Serf_peers_the_goodbye_is_announced_and_to_others_it_is_not()
    {
        SwimMachine machine = Started(out Instant now);
        Tell(machine, new GossipMessage.Alive(1, "n0", Stranger, default, ProtocolVersions.Noodle), now);
        byte[] serf = Convert.FromHexString("0281a54c54696d6507"); // state, LTime 7
        var state = new GossipMessage.PushPull(true, [], serf);
        machine.Handle(new SwimInput.ExchangeAnswered(3, state, Stranger), now);
        const string Foreign = "0082a54c54696d6514a44e6f6465a27a7a"; // leave, LTime 20, of zz whom nobody knows
        Tell(machine, new GossipMessage.User(Convert.FromHexString(Foreign)), now);
        Tell(machine, new GossipMessage.User(Convert.FromHexString("0181a54c54696d65c1")), now); // broken
        machine.Handle(new SwimInput.Leave(), now);
        machine.Handle(new SwimInput.Leave(), now);
        string expected = "0083a54c54696d6515a44e6f6465a26d65a55072756e65c2"; // leave, LTime 21, me, Prune false
        List<GossipMessage> said = [];
        for (int i = 0; i < 200 && said is not [.., GossipMessage.Dead]; i++)
        {
            foreach (SwimEffect.Send send in Effects(machine).OfType<SwimEffect.Send>())
            {
                PacketReader.Read(send.Packet, said);
                said.RemoveAll(message => message is not (GossipMessage.User or GossipMessage.Dead)
                    || (message is GossipMessage.User { Body: var body }
                        && Convert.ToHexStringLower(body.Span) == Foreign));
            }

            now = machine.NextDeadline!.Value;
            machine.HandleDeadline(now);
        }

        Assert.True(said.Count >= 5);
        Assert.All(said[..^1], message =>
            Assert.Equal(expected, Convert.ToHexStringLower(((GossipMessage.User)message).Body.Span)));
        Assert.Equal("me", Assert.IsType<GossipMessage.Dead>(said[^1]).From);

        SwimMachine plain = Started(out now);
        Tell(plain, new GossipMessage.Alive(1, "n0", Stranger, default, ProtocolVersions.Noodle), now);
        plain.Handle(new SwimInput.Leave(), now);
        Assert.Equal(MemberState.Left, plain.Members.Single(member => member.Name == "me").State);
    }

    private static SwimMachine Started(out Instant now, SwimOptions? options = null)
    {
        now = default;
        var machine = new SwimMachine(options ?? SwimOptions.Lan, "me", new Prng(1));
        machine.Handle(new SwimInput.Start(new IPEndPoint(IPAddress.Loopback, 1), default), now);
        Effects(machine);
        return machine;
    }

    private static void Tell(SwimMachine machine, GossipMessage message, Instant now) =>
        machine.Handle(new SwimInput.Packet(MessageEncoder.Encode(message), Stranger), now);

    private static List<SwimEffect> Effects(SwimMachine machine)
    {
        var effects = new List<SwimEffect>();
        while (machine.TryTakeEffect(out SwimEffect? effect))
        {
            effects.Add(effect);
        }

        return effects;
    }
}
