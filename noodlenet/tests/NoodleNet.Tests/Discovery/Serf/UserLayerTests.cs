using System.Net;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Serf;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Tests.Discovery.Serf;

/// <summary>Events, questions and goodbyes in a small mesh of real machines.</summary>
public sealed class UserLayerTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly IPEndPoint Stranger = new(IPAddress.Loopback, 5);

    // A state of an agent, LTime 7: from now on Serf is spoken.
    private static readonly byte[] AgentState = Convert.FromHexString("0281a54c54696d6507");

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.2)]
    public void An_event_reaches_everybody_once(double loss)
    {
        SwimNetwork network = Mesh(8, out SwimNetwork.Node[] nodes);
        (network.Loss, network.Copies) = (loss, 0.2);
        network.Give(nodes[3], new SwimInput.SendEvent("deploy", new byte[] { 1, 2 }, false));
        network.RunUntil(() => nodes.All(node => Heard(node).Count == 1), Minute);
        network.RunFor(Minute);
        Assert.All(nodes, node => Assert.Equal("deploy", Assert.Single(Heard(node)).Name));

        network.Give(nodes[0], new SwimInput.SendEvent("deploy", new byte[] { 1, 2 }, false));
        network.RunUntil(() => nodes.All(node => Heard(node).Count == 2), Minute); // said again is another event
    }

    [Fact]
    public void Whom_gossip_missed_hears_an_event_with_the_next_exchange_of_states()
    {
        SwimNetwork network = Mesh(3, out SwimNetwork.Node[] nodes);
        network.DatagramsWork = false;
        network.Give(nodes[0], new SwimInput.SendEvent("e", default, false));
        network.RunUntil(() => nodes.All(node => Heard(node).Count == 1), 5 * Minute);

        SwimNetwork.Node late = network.Add("late");
        network.Give(late, new SwimInput.Join(9, nodes[0].EndPoint));
        network.RunFor(TimeSpan.FromSeconds(1));
        Assert.Empty(Heard(late)); // what was said before it came is not for it
    }

    [Fact]
    public void An_event_that_is_too_long_is_refused()
    {
        SwimNetwork network = Mesh(1, out SwimNetwork.Node[] nodes);
        network.Give(nodes[0], new SwimInput.SendEvent("e", new byte[UserEvent.MaxBytes], false));
        Assert.Empty(Heard(nodes[0]));
        Assert.Contains(nodes[0].Others, effect => effect is SwimEffect.Dropped { Fault: WireFault.TooLarge });
    }

    [Fact]
    public void A_question_gathers_acknowledgements_and_answers()
    {
        SwimNetwork network = Mesh(5, out SwimNetwork.Node[] nodes);
        var question = new QueryQuestion("uptime", "?"u8.ToArray()) { WantsAcks = true, RelayFactor = 2 };
        network.Give(nodes[0], new SwimInput.AskQuery(4, question));
        network.RunUntil(() => nodes.All(node => Asked(node).Count == 1), Minute);
        foreach (SwimNetwork.Node node in nodes)
        {
            var (ticket, query) = Assert.Single(Asked(node));
            Assert.Equal(("uptime", "n0"), (query.Name, query.From));
            network.Give(node, new SwimInput.AnswerQuery(ticket, "!"u8.ToArray()));
            network.Give(node, new SwimInput.AnswerQuery(ticket, "twice"u8.ToArray()));
        }

        network.RunUntil(() => nodes[0].Others.Contains(new SwimEffect.QueryEnded(4, QueryFault.None)), Minute);
        Assert.Equal(["n0", "n1", "n2", "n3", "n4"], Answers(nodes[0], 4).Order());
        Assert.Equal(["n0", "n1", "n2", "n3", "n4"], nodes[0].Others.OfType<SwimEffect.QueryAcknowledged>()
            .Where(heard => heard.Ticket == 4).Select(heard => heard.From).Order());
        Assert.DoesNotContain(nodes[0].Others, effect => effect is SwimEffect.Dropped);
    }

    [Fact]
    public void Only_those_who_are_meant_are_asked_and_enough_is_enough()
    {
        SwimNetwork network = Mesh(4, out SwimNetwork.Node[] nodes);
        Assert.True(NodeTags.TryEncode(new Dictionary<string, string> { ["role"] = "web" }, out byte[] meta));
        network.Give(nodes[2], new SwimInput.UpdateMeta(meta));
        var question = new QueryQuestion("q", default)
        {
            Nodes = ["n1", "n2"], Tags = new Dictionary<string, string> { ["role"] = "^web$" }, Enough = 1,
            Timeout = TimeSpan.FromSeconds(30),
        };
        network.Give(nodes[0], new SwimInput.AskQuery(1, question));
        network.RunUntil(() => Asked(nodes[2]).Count == 1, Minute);
        network.Give(nodes[2], new SwimInput.AnswerQuery(Asked(nodes[2])[0].Ticket, default));
        network.RunUntil(() => nodes[0].Others.Contains(new SwimEffect.QueryEnded(1, QueryFault.None)),
            TimeSpan.FromSeconds(5));
        Assert.Equal(["n2"], Answers(nodes[0], 1));
        Assert.All(nodes.Where(node => node != nodes[2]), node => Assert.Empty(Asked(node)));
    }

    [Fact]
    public void Questions_have_bounds()
    {
        SwimNetwork network = Mesh(2, out SwimNetwork.Node[] nodes);
        network.Give(nodes[0], new SwimInput.AskQuery(1, new QueryQuestion("q", new byte[QueryQuestion.MaxBytes])));
        Assert.Contains(new SwimEffect.QueryEnded(1, QueryFault.TooLarge), nodes[0].Others);
        for (int i = 2; i < 100; i++)
        {
            network.Give(nodes[0], new SwimInput.AskQuery(i, new QueryQuestion("q", default)));
        }

        Assert.Equal(98 - OwnQueries.MaxOpen,
            nodes[0].Others.Count(effect => effect is SwimEffect.QueryEnded { Fault: QueryFault.TooMany }));
        network.RunFor(Minute);
        Assert.Equal(98, nodes[0].Others.OfType<SwimEffect.QueryEnded>().Count(ended => ended.Ticket > 1));

        long late = Asked(nodes[1])[0].Ticket; // its asker listens no more
        network.Give(nodes[1], new SwimInput.AnswerQuery(late, new byte[10]));
        network.RunFor(TimeSpan.FromSeconds(1));
        Assert.Empty(nodes[0].Others.OfType<SwimEffect.QueryAnswered>());
    }

    [Fact]
    public void Answers_go_to_members_only()
    {
        SwimMachine machine = Started(out Instant now);
        Know(machine, "n0", Stranger, now);
        foreach ((string from, IPEndPoint to, int answers) in new (string, IPEndPoint, int)[]
        {
            ("n0", Stranger, 1), ("", Stranger, 1), ("n0", new IPEndPoint(IPAddress.Loopback, 6), 0),
            ("nobody", Stranger, 0), ("", new IPEndPoint(IPAddress.Loopback, 6), 0),
        })
        {
            var query = new UserMessage.Query(1, (uint)(from.Length * 1000 + to.Port), to, from, [],
                UserMessage.Query.AckFlag | UserMessage.Query.NoBroadcastFlag, 0, Minute, Questions.Ping, default);
            Tell(machine, query, now);
            Tell(machine, query, now); // heard before
            List<SwimEffect> effects = Effects(machine);
            Assert.Equal(answers, effects.Count(effect => effect is SwimEffect.Send));
            Assert.Equal(1 - answers,
                effects.Count(effect => effect is SwimEffect.Dropped { Fault: WireFault.Refused }));
        }
    }

    [Fact]
    public void Only_answers_are_passed_on_and_only_to_members()
    {
        SwimMachine machine = Started(out Instant now);
        Know(machine, "n0", Stranger, now);
        byte[] answer = UserMessageEncoder.Encode(new UserMessage.Response(1, 2, "x", 0, default));
        byte[] word = UserMessageEncoder.Encode(new UserMessage.Join(1, "x"));
        Tell(machine, new UserMessage.Relay(Stranger, "n0", answer), now);
        Assert.Equal(Stranger, Assert.Single(Effects(machine).OfType<SwimEffect.Send>()).To);
        Tell(machine, new UserMessage.Relay(Stranger, "n0", word), now);
        Tell(machine, new UserMessage.Relay(Stranger, "n1", answer), now);
        Tell(machine, new UserMessage.Relay(new IPEndPoint(IPAddress.Loopback, 6), "", answer), now);
        List<SwimEffect> effects = Effects(machine);
        Assert.Equal(3, effects.Count(effect => effect is SwimEffect.Dropped { Fault: WireFault.Refused }));
        Assert.DoesNotContain(effects, effect => effect is SwimEffect.Send);
        for (int i = 0; i < 2 * Questions.SideWorkASecond; i++)
        {
            Tell(machine, new UserMessage.Relay(Stranger, "n0", answer), now);
        }

        Assert.True(Effects(machine).Count(effect => effect is SwimEffect.Send) < Questions.SideWorkASecond);
    }

    [Fact]
    public void A_goodbye_that_was_announced_makes_the_silent_one_left_and_not_failed()
    {
        SwimMachine machine = Started(out Instant now);
        Know(machine, "n0", Stranger, now);
        Know(machine, "n1", Stranger, now);
        Know(machine, "n2", Stranger, now);
        Effects(machine);
        Tell(machine, new UserMessage.Leave(5, "n0", false), now);
        Tell(machine, new UserMessage.Leave(5, "n1", false), now);
        Tell(machine, new UserMessage.Join(6, "n1"), now); // it stays after all
        Tell(machine, new UserMessage.Leave(6, "n1", false), now); // an older word
        foreach (string name in new[] { "n0", "n1", "n2" })
        {
            Tell(machine, new GossipMessage.Dead(1, name, "n9"), now);
        }

        Assert.Equal([("n0", MemberChange.Left), ("n1", MemberChange.Failed), ("n2", MemberChange.Failed)],
            Changes(machine));
        Tell(machine, new UserMessage.Leave(9, "n2", true), now); // an operator: serf force-leave
        Tell(machine, new UserMessage.Leave(9, "n2", true), now);
        Assert.Equal([("n2", MemberChange.Left)], Changes(machine));
        Know(machine, "n2", Stranger, now, incarnation: 2); // but it comes back
        Tell(machine, new GossipMessage.Dead(2, "n2", "n9"), now);
        Assert.Equal([("n2", MemberChange.Joined), ("n2", MemberChange.Failed)], Changes(machine));
    }

    [Fact]
    public void A_word_waits_for_a_member_that_is_not_known_yet()
    {
        SwimMachine machine = Started(out Instant now);
        Tell(machine, new UserMessage.Leave(5, "n0", false), now);
        Tell(machine, new UserMessage.Leave(4, "n0", false), now);
        Tell(machine, new UserMessage.Join(5, "n1"), now);
        Tell(machine, new UserMessage.Leave(6, "n1", false), now);
        Know(machine, "n0", Stranger, now);
        Tell(machine, new GossipMessage.Dead(1, "n0", "n9"), now);
        Assert.Equal([("n0", MemberChange.Joined), ("n0", MemberChange.Left)], Changes(machine));

        now += Intents.WaitingTime + Minute; // n1 came too late for what was said
        machine.HandleDeadline(now);
        Effects(machine);
        Know(machine, "n1", Stranger, now);
        Tell(machine, new GossipMessage.Dead(1, "n1", "n9"), now);
        Assert.Equal([("n1", MemberChange.Joined), ("n1", MemberChange.Failed)], Changes(machine));
        for (int i = 0; i < 2 * Intents.MaxWaiting; i++)
        {
            Tell(machine, new UserMessage.Join(5, $"x{i}"), now);
        }

        Assert.True(machine.NextDeadline is not null);
    }

    [Fact]
    public void What_is_said_of_us_while_we_are_here_is_answered_by_a_join()
    {
        SwimMachine machine = Started(out Instant now);
        Know(machine, "n0", Stranger, now);
        machine.Handle(new SwimInput.ExchangeAnswered(3, new(true, [], AgentState), Stranger), now);
        Effects(machine);
        Tell(machine, new UserMessage.Leave(30, "me", false), now);
        string expected = Hex(UserMessageEncoder.Encode(new UserMessage.Join(31, "me")));
        Assert.Contains(expected, Said(machine, now));
        Tell(machine, new UserMessage.Leave(30, "me", false), now); // an echo
        Assert.DoesNotContain(Hex(UserMessageEncoder.Encode(new UserMessage.Join(32, "me"))), Said(machine, now));
    }

    [Fact]
    public void Our_state_says_what_we_heard_once_somebody_speaks_serf()
    {
        SwimMachine machine = Started(out Instant now);
        Know(machine, "n0", Stranger, now);
        Know(machine, "n1", Stranger, now);
        Assert.True(StateOf(machine, now).IsEmpty); // a mesh of our own has no need of it
        byte[] theirs = UserMessageEncoder.Encode(new UserMessage.State(
            8, [("n0", 7), ("n1", 6), ("me", 3)], ["n1"], 5, [new(4, "e", default, false)], 9));
        machine.Handle(new SwimInput.ExchangeOffered(1, new(false, [], theirs), Stranger), now);
        Assert.Contains(Effects(machine), effect => effect is SwimEffect.EventHeard { Event.Name: "e" });
        Tell(machine, new GossipMessage.Dead(1, "n1", "n9"), now);

        var ours = Assert.IsType<UserMessage.State>(UserMessageDecoder.Decode(StateOf(machine, now), out _));
        Assert.Equal((8ul, 5ul, 9ul), (ours.Time, ours.EventTime, ours.QueryTime));
        Assert.Equal([("me", 3ul), ("n0", 7ul), ("n1", 6ul)], ours.Statuses);
        Assert.Equal(["n1"], ours.Left);
        Assert.Equal("e", Assert.Single(ours.Events).Name);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_cluster_decides_who_bears_a_name_that_two_claim(bool othersKnowUs)
    {
        SwimNetwork network = Mesh(4, out SwimNetwork.Node[] nodes);
        SwimNetwork.Node twin = network.Add("n1", at: new IPEndPoint(IPAddress.Parse("10.0.0.9"), 9));
        network.Give(twin, new SwimInput.Join(1, nodes[0].EndPoint));
        SwimNetwork.Node asker = othersKnowUs ? nodes[1] : twin, other = othersKnowUs ? twin : nodes[1];
        network.Give(asker, new SwimInput.Packet(MessageEncoder.Encode(new GossipMessage.Alive(
            9, "n1", other.EndPoint, default, ProtocolVersions.Noodle)), other.EndPoint));
        network.RunFor(Minute);
        Assert.Equal(!othersKnowUs,
            asker.Others.Exists(effect => effect is SwimEffect.NameLost { ForUs: 0, Answers: > 0 }));
    }

    [Fact]
    public void What_somebody_else_should_know_is_asked_of_us()
    {
        SwimMachine machine = Started(out Instant now);
        Know(machine, "n0", Stranger, now);
        foreach ((string name, string bearer) in new[] { ("n0", "127.0.0.1:5"), ("unknown", ""), ("me", "-") })
        {
            Tell(machine, new UserMessage.Query(1, (uint)name.Length, Stranger, "n0", [], 2, 0, Minute,
                Questions.Conflict, System.Text.Encoding.UTF8.GetBytes(name)), now);
            string[] told = [.. Effects(machine).OfType<SwimEffect.Send>().Select(send =>
            {
                var messages = new List<GossipMessage>();
                PacketReader.Read(send.Packet, messages);
                var user = Assert.IsType<GossipMessage.User>(Assert.Single(messages));
                var response = (UserMessage.Response)UserMessageDecoder.Decode(user.Body, out _)!;
                return ConflictAnswer.Read(response.Payload.Span)?.ToString() ?? "";
            })];
            Assert.Equal(bearer == "-" ? [] : [bearer], told);
        }
    }

    private static SwimNetwork Mesh(int count, out SwimNetwork.Node[] nodes)
    {
        var network = new SwimNetwork(21, SwimOptions.Lan);
        nodes = network.AddMesh(count);
        network.RunUntil(() => network.AllSee(count), Minute);
        return network;
    }

    private static List<UserEvent> Heard(SwimNetwork.Node node) =>
        [.. node.Others.OfType<SwimEffect.EventHeard>().Select(heard => heard.Event)];

    private static List<SwimEffect.QueryAsked> Asked(SwimNetwork.Node node) =>
        [.. node.Others.OfType<SwimEffect.QueryAsked>()];

    private static IEnumerable<string> Answers(SwimNetwork.Node node, long ticket) =>
        node.Others.OfType<SwimEffect.QueryAnswered>().Where(a => a.Ticket == ticket).Select(a => a.Answer.From);

    private static SwimMachine Started(out Instant now)
    {
        now = Instant.Origin + Minute;
        var machine = new SwimMachine(SwimOptions.Lan, "me", new Prng(1));
        machine.Handle(new SwimInput.Start(new IPEndPoint(IPAddress.Loopback, 1), default), now);
        Effects(machine);
        return machine;
    }

    private static void Know(SwimMachine machine, string name, IPEndPoint at, Instant now, uint incarnation = 1) =>
        Tell(machine, new GossipMessage.Alive(incarnation, name, at, default, ProtocolVersions.Noodle), now);

    private static void Tell(SwimMachine machine, UserMessage message, Instant now) =>
        Tell(machine, new GossipMessage.User(UserMessageEncoder.Encode(message)), now);

    private static void Tell(SwimMachine machine, GossipMessage message, Instant now) =>
        machine.Handle(new SwimInput.Packet(MessageEncoder.Encode(message), Stranger), now);

    private static ReadOnlyMemory<byte> StateOf(SwimMachine machine, Instant now)
    {
        machine.Handle(new SwimInput.Join(1, Stranger), now);
        return Effects(machine).OfType<SwimEffect.StartExchange>().Single().State.UserState;
    }

    private static List<(string, MemberChange)> Changes(SwimMachine machine) =>
        [.. Effects(machine).OfType<SwimEffect.Member>().Where(member => member.Event.Name != "me")
            .Select(member => (member.Event.Name, member.Event.Change))];

    // Every user message that the next rounds of gossip carry.
    private static List<string> Said(SwimMachine machine, Instant now)
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

        return [.. messages.OfType<GossipMessage.User>().Select(user => Hex(user.Body.Span))];
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

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
