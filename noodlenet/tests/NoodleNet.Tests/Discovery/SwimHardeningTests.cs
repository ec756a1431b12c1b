using System.Net;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Tests.Discovery;

/// <summary>Answers from elsewhere, floods of rumours, and versions without end.</summary>
public sealed class SwimHardeningTests
{
    private static readonly IPEndPoint Target = new(IPAddress.Parse("10.0.0.2"), 7);
    private static readonly IPEndPoint Helper = new(IPAddress.Parse("10.0.0.3"), 7);
    private static readonly IPEndPoint Foreign = new(IPAddress.Parse("10.0.0.4"), 7);

    public static TheoryData<string, bool, bool, bool> Sources => new()
    {   // who answers   checked  helpers asked  counts
        { "target",      true,    false,         true },
        { "target",      true,    true,          true },
        { "helper",      true,    true,          true },
        { "helper",      true,    false,         false },
        { "foreign",     true,    true,          false },
        { "foreign",     false,   false,         true },
    };

    [Theory]
    [MemberData(nameof(Sources))]
    public void An_answer_counts_from_where_the_question_went(string who, bool isChecked, bool late, bool counts)
    {
        SwimMachine machine = Started(out Instant now, SwimOptions.Lan with { ChecksAckSource = isChecked });
        uint seqNo = Probe(machine, ref now, out Instant sent);
        if (late)
        {
            now = sent + SwimOptions.Lan.ProbeTimeout;
            machine.HandleDeadline(now);
        }

        IPEndPoint from = who switch { "target" => Target, "helper" => Helper, _ => Foreign };
        now += TimeSpan.FromMilliseconds(30);
        Effects(machine);
        Tell(machine, new GossipMessage.Ack(seqNo, new byte[] { 9 }), from, now);
        List<SwimEffect> effects = Effects(machine);
        Assert.Equal(!counts, effects.Contains(new SwimEffect.Dropped(WireFault.WrongSource, from)));
        SwimEffect.RoundTripMeasured? measured = effects.OfType<SwimEffect.RoundTripMeasured>().SingleOrDefault();
        Assert.Equal(who == "target" && !late, measured is not null); // late: to which question?
        if (measured is not null)
        {
            Assert.Equal(("n1", now - sent, (byte)9),
                (measured.Name, measured.RoundTrip, measured.AckPayload.Span[0]));
        }

        while (machine.NextDeadline is { } due && due <= sent + (2 * SwimOptions.Lan.ProbeInterval))
        {
            machine.HandleDeadline(due); // each in its time: who comes late asks again
        }

        Assert.Equal(!counts, Effects(machine).OfType<SwimEffect.Member>()
            .Any(member => member.Event is { Name: "n1", Change: MemberChange.Suspected }));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Whoever_slept_through_its_own_probe_asks_once_more_and_trusts_itself_less(bool answers)
    {
        SwimMachine machine = Started(out Instant now, SwimOptions.Lan);
        uint seqNo = Probe(machine, ref now, out Instant sent);
        machine.HandleDeadline(sent + TimeSpan.FromSeconds(3)); // the answer may lie unread in a queue
        Assert.Contains(Messages(machine), it => it.Message is GossipMessage.Ping ping && ping.SeqNo == seqNo);
        Assert.Equal(1, machine.HealthScore);
        if (answers)
        {
            Tell(machine, new GossipMessage.Ack(seqNo), Target, sent + TimeSpan.FromSeconds(3.01));
        }

        Instant at = sent + TimeSpan.FromSeconds(3), end = sent + TimeSpan.FromSeconds(5);
        while (machine.NextDeadline is { } due && at < end)
        {
            at = due > at ? due : at;
            machine.HandleDeadline(at);
        }

        Assert.Equal(!answers, Effects(machine).OfType<SwimEffect.Member>()
            .Any(member => member.Event is { Name: "n1", Change: MemberChange.Suspected }));
    }

    [Fact]
    public void A_silent_member_is_asked_again_and_one_that_answers_is_not()
    {
        SwimMachine machine = Started(out Instant now, SwimOptions.Lan);
        uint seqNo = Probe(machine, ref now, out Instant sent);
        var asked = new List<double>();
        for (int ms = 1; ms < 1_000; ms++)
        {
            machine.HandleDeadline(sent + TimeSpan.FromMilliseconds(ms));
            int pings = Messages(machine).Count(it => it.Message is GossipMessage.Ping ping && ping.SeqNo == seqNo);
            asked.AddRange(Enumerable.Repeat((double)ms, pings));
        }

        Assert.Equal([250, 500, 625, 750, 875], asked);

        machine = Started(out now, SwimOptions.Lan);
        seqNo = Probe(machine, ref now, out sent);
        Tell(machine, new GossipMessage.Ack(seqNo), Target, now);
        Effects(machine);
        machine.HandleDeadline(sent + TimeSpan.FromMilliseconds(999));
        Assert.DoesNotContain(Messages(machine), it => it.Message is GossipMessage.Ping ping && ping.SeqNo == seqNo);
    }

    [Fact]
    public void Who_is_accused_refutes_with_its_very_answer_and_says_it_again_to_whoever_missed_it()
    {
        SwimMachine machine = Started(out Instant now, SwimOptions.Lan);
        machine.HandleDeadline(now); // the news of itself
        Effects(machine);
        for (int time = 0; time < 20; time++) // far more often than one rumour is told
        {
            byte[][] parts =
            [
                MessageEncoder.Encode(new GossipMessage.Ping(7, "me", Target, "n1")),
                MessageEncoder.Encode(new GossipMessage.Suspect(1, "me", "n1")),
            ];
            machine.Handle(new SwimInput.Packet(PacketBuilder.Build(parts, false, false), Target), now);
            List<(GossipMessage Message, IPEndPoint To)> answer = Messages(machine);

            Assert.Contains(answer, it => it.To.Equals(Target) && it.Message is GossipMessage.Ack { SeqNo: 7 });
            Assert.Contains(answer, it => it.To.Equals(Target)
                && it.Message is GossipMessage.Alive { Node: "me", Incarnation: 2 });
        }
    }

    [Fact]
    public void A_nack_counts_from_a_helper_only()
    {
        foreach ((IPEndPoint from, int score) in new[] { (Helper, 0), (Foreign, 1) })
        {
            SwimMachine machine = Started(out Instant now, SwimOptions.Lan);
            uint seqNo = Probe(machine, ref now, out Instant sent);
            machine.HandleDeadline(now = sent + SwimOptions.Lan.ProbeTimeout);
            Tell(machine, new GossipMessage.Nack(seqNo), from, now);
            Tell(machine, new GossipMessage.Nack(seqNo), from, now); // no more than were asked for
            machine.HandleDeadline(now = sent + SwimOptions.Lan.ProbeInterval);
            Assert.Equal(score, machine.HealthScore);
        }
    }

    [Fact]
    public void A_probe_made_for_another_ends_with_the_targets_own_answer()
    {
        SwimMachine machine = Started(out Instant now, SwimOptions.Lan);
        Tell(machine, new GossipMessage.IndirectPing(77, Target, "n1", true), Helper, now);
        var ping = Messages(machine)
            .Select(sent => sent.Message).OfType<GossipMessage.Ping>().Single();
        Tell(machine, new GossipMessage.Ack(ping.SeqNo), Foreign, now);
        Assert.Contains(new SwimEffect.Dropped(WireFault.WrongSource, Foreign), Effects(machine));
        Tell(machine, new GossipMessage.Ack(ping.SeqNo), Target, now);
        Assert.Contains(
            Messages(machine), sent => sent is (GossipMessage.Ack { SeqNo: 77 }, var to) && to.Equals(Helper));
        Tell(machine, new GossipMessage.Ack(ping.SeqNo), Target, now);
        Assert.Empty(Effects(machine));
    }

    [Fact]
    public void Our_answers_carry_what_was_set_unless_it_is_too_long()
    {
        SwimMachine machine = Started(out Instant now, SwimOptions.Lan);
        machine.Handle(new SwimInput.SetAckPayload(new byte[] { 1, 2, 3 }), now);
        machine.Handle(new SwimInput.SetAckPayload(new byte[SwimMachine.MaxAckPayloadBytes + 1]), now);
        Tell(machine, new GossipMessage.Ping(5, "me"), Target, now);
        var ack = Messages(machine).Select(sent => sent.Message).OfType<GossipMessage.Ack>().Single();
        Assert.Equal([1, 2, 3], ack.Payload.ToArray());
    }

    [Fact]
    public void A_flood_of_rumours_is_worked_off_in_parts_the_alive_first_and_pings_do_not_wait()
    {
        SwimMachine machine = Started(out Instant now, SwimOptions.Lan);
        int before = machine.Members.Count();
        byte[][] parts = [.. Enumerable.Range(0, 255).Select(i => MessageEncoder.Encode(
            new GossipMessage.Alive(1, $"x{i}", Foreign, default, ProtocolVersions.Noodle)))];
        machine.Handle(new SwimInput.Packet(PacketBuilder.Compound(parts), Foreign), now);
        Assert.Equal(before + SwimMachine.MaxRumoursAtOnce, machine.Members.Count());
        Assert.Equal(now, machine.NextDeadline);
        Effects(machine);
        Tell(machine, new GossipMessage.Ping(5, "me"), Target, now);
        Assert.Contains(Messages(machine), sent => sent.Message is GossipMessage.Ack);
        machine.HandleDeadline(now);
        Assert.Equal(before + 255, machine.Members.Count());
        Assert.True(machine.NextDeadline > now);

        for (int i = 0; i < 12; i++) // some thousand at once: what is beyond the depth is lost
        {
            byte[][] more = [.. Enumerable.Range(0, 255).Select(j => MessageEncoder.Encode(
                new GossipMessage.Suspect(1, $"x{j}", $"y{i}")))];
            byte[] third = PacketBuilder.Compound(more);
            machine.Handle(new SwimInput.Packet(PacketBuilder.Compound([third, third, third]), Foreign), now);
        }

        Assert.Contains(new SwimEffect.Dropped(WireFault.TooLarge, Foreign), Effects(machine));
        int rounds = 0;
        while (machine.NextDeadline == now && rounds++ < 100)
        {
            machine.HandleDeadline(now);
        }

        Assert.InRange(rounds, 4, 12);
    }

    [Fact]
    public void The_backlog_gives_the_alive_and_the_newest_first()
    {
        var backlog = new RumourBacklog();
        var alive = new GossipMessage.Alive(1, "a", Target, default, null);
        Assert.True(backlog.TryPush(new GossipMessage.Dead(1, "a", "b"), Target));
        Assert.True(backlog.TryPush(alive, Target));
        Assert.True(backlog.TryPush(alive with { Incarnation = 2 }, Target));
        for (int i = 1; i < RumourBacklog.Depth; i++)
        {
            Assert.True(backlog.TryPush(new GossipMessage.Suspect((uint)i, "a", "b"), Target));
        }

        Assert.False(backlog.TryPush(new GossipMessage.Suspect(1, "a", "b"), Target));
        Assert.True(backlog.TryPop(out var first) && first.Rumour is GossipMessage.Alive { Incarnation: 2 });
        Assert.True(backlog.TryPop(out var second) && second.Rumour is GossipMessage.Alive { Incarnation: 1 });
        Assert.True(backlog.TryPop(out var third)
            && third.Rumour is GossipMessage.Suspect { Incarnation: RumourBacklog.Depth - 1 });
        Assert.False(backlog.IsEmpty);
    }

    [Fact]
    public void Members_bring_so_many_sets_of_versions_and_no_more()
    {
        SwimMachine machine = Started(out Instant now, SwimOptions.Lan);
        for (int i = 0; i < 200; i++)
        {
            var versions = new ProtocolVersions(1, (byte)(5 + i), 2, 2, 5, 5);
            Tell(machine, new GossipMessage.Alive(1, $"x{i}", Foreign, default, versions), Foreign, now);
        }

        Assert.Equal(VersionTally.MaxSets, machine.Members.Select(member => member.Versions).Distinct().Count());
        Assert.Contains(new SwimEffect.Dropped(WireFault.TooLarge, Foreign), Effects(machine));
        Tell(machine, new GossipMessage.Alive(1, "y", Foreign, default, ProtocolVersions.Noodle), Foreign, now);
        Assert.Contains(machine.Members, member => member.Name == "y");
    }

    // Brings the machine to probe n1; n2 is there to help.
    private static uint Probe(SwimMachine machine, ref Instant now, out Instant sent)
    {
        Tell(machine, new GossipMessage.Alive(1, "n1", Target, default, ProtocolVersions.Noodle), Target, now);
        Tell(machine, new GossipMessage.Alive(1, "n2", Helper, default, ProtocolVersions.Noodle), Helper, now);
        Effects(machine);
        sent = now;
        machine.Handle(new SwimInput.ProbeNow("n1"), now);
        return Messages(machine).Select(message => message.Message).OfType<GossipMessage.Ping>().Single().SeqNo;
    }

    private static SwimMachine Started(out Instant now, SwimOptions options)
    {
        now = Instant.Origin;
        var machine = new SwimMachine(options, "me", new Prng(2));
        machine.Handle(new SwimInput.Start(new IPEndPoint(IPAddress.Loopback, 1), default), now);
        Effects(machine);
        return machine;
    }

    private static void Tell(SwimMachine machine, GossipMessage message, IPEndPoint from, Instant now) =>
        machine.Handle(new SwimInput.Packet(MessageEncoder.Encode(message), from), now);

    private static List<(GossipMessage Message, IPEndPoint To)> Messages(SwimMachine machine)
    {
        var all = new List<(GossipMessage, IPEndPoint)>();
        foreach (SwimEffect.Send send in Effects(machine).OfType<SwimEffect.Send>())
        {
            var messages = new List<GossipMessage>();
            PacketReader.Read(send.Packet, messages);
            all.AddRange(messages.Select(message => (message, send.To)));
        }

        return all;
    }

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
