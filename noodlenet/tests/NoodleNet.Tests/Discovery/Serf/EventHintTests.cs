using System.Net;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Serf;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Tests.Discovery.Serf;

/// <summary>The hint to coalesce: a rumour carries it, a state of Serf's has no place for it.</summary>
public sealed class EventHintTests
{
    private const string WithHint = "0384a54c54696d6505a44e616d65a165a75061796c6f6164a107a24343c3"; // CC true
    private static readonly IPEndPoint s_other = new(IPAddress.Loopback, 5);

    public static TheoryData<string[], bool> Ways => new()
    {   // how it arrives                the hint that is heard
        { ["rumour"],                    true },
        { ["state"],                     false },
        { ["rumour", "state"],           true },
        { ["state", "rumour"],           false },
        { ["rumour", "rumour"],          true },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void An_event_is_heard_once_and_has_the_hint_that_its_first_way_carries(string[] ways, bool hint)
    {
        SwimMachine machine = Started(out Instant now);
        var heard = new List<UserEvent>();
        foreach (string way in ways)
        {
            Deliver(machine, way, now);
            heard.AddRange(Effects(machine).OfType<SwimEffect.EventHeard>().Select(effect => effect.Event));
        }

        UserEvent only = Assert.Single(heard);
        Assert.Equal((5ul, "e", hint), (only.Time, only.Name, only.Coalesce));
        Assert.Equal(new byte[] { 7 }, only.Payload.ToArray());
    }

    [Fact]
    public void The_hint_is_passed_on_as_it_came_and_ours_is_said_as_it_was_given()
    {
        SwimMachine machine = Started(out Instant now);
        Deliver(machine, "rumour", now);
        Assert.Contains(WithHint, Said(machine, ref now));

        foreach (bool hint in new[] { true, false })
        {
            machine.Handle(new SwimInput.SendEvent("own", default, hint), now);
            Assert.Equal(hint, Effects(machine).OfType<SwimEffect.EventHeard>().Single().Event.Coalesce);
            Assert.Contains(Said(machine, ref now), body =>
                UserMessageDecoder.Decode(Convert.FromHexString(body), out _)
                    is UserMessage.Event { Word: { Name: "own" } word } && word.Coalesce == hint);
        }
    }

    private static void Deliver(SwimMachine machine, string way, Instant now)
    {
        if (way == "rumour")
        {
            Tell(machine, new GossipMessage.User(Convert.FromHexString(WithHint)), now);
            return;
        }

        var word = new UserEvent(5, "e", new byte[] { 7 }, Coalesce: true);
        byte[] state = UserMessageEncoder.Encode(new UserMessage.State(1, [], [], 6, [word], 1));
        // Ticket 0: an exchange by the way, not a join, to which words of before are of no interest.
        machine.Handle(new SwimInput.ExchangeAnswered(0, new(false, [], state), s_other), now);
    }

    private static List<string> Said(SwimMachine machine, ref Instant now)
    {
        var messages = new List<GossipMessage>();
        for (int i = 0; i < 20; i++)
        {
            now = machine.NextDeadline is { } due && due > now ? due : now;
            machine.HandleDeadline(now);
            foreach (SwimEffect.Send send in Effects(machine).OfType<SwimEffect.Send>())
            {
                PacketReader.Read(send.Packet, messages);
            }
        }

        return [.. messages.OfType<GossipMessage.User>().Select(user => Convert.ToHexStringLower(user.Body.Span))];
    }

    private static SwimMachine Started(out Instant now)
    {
        now = default;
        var machine = new SwimMachine(SwimOptions.Lan, "me", new Prng(1));
        machine.Handle(new SwimInput.Start(new IPEndPoint(IPAddress.Loopback, 1), default), now);
        Tell(machine, new GossipMessage.Alive(1, "x", s_other, default, ProtocolVersions.Noodle), now);
        Effects(machine);
        return machine;
    }

    private static void Tell(SwimMachine machine, GossipMessage message, Instant now) =>
        machine.Handle(new SwimInput.Packet(MessageEncoder.Encode(message), s_other), now);

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
