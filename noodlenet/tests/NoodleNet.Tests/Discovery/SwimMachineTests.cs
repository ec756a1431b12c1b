using System.Net;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Tests.Discovery;

public sealed class SwimMachineTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void All_see_all_and_nobody_is_accused(ulong seed)
    {
        var network = new SwimNetwork(seed, SwimOptions.Lan);
        SwimNetwork.Node[] nodes = network.AddMesh(8);
        network.RunUntil(() => network.AllSee(8), Minute);
        network.RunFor(5 * Minute);

        Assert.True(network.AllSee(8));
        Assert.DoesNotContain(nodes, node => node.Events.Exists(e => e.Change == MemberChange.Suspected));
        Assert.All(nodes[1..], node => Assert.Contains(new SwimEffect.JoinEnded(1, MergeFault.None), node.Others));
        Assert.All(nodes, node => Assert.Equal(0, node.Machine.HealthScore));
    }

    [Fact]
    public void Two_runs_with_one_seed_are_the_same_run()
    {
        static ulong Run(ulong seed)
        {
            var network = new SwimNetwork(seed, SwimOptions.Local) { Loss = 0.1, Copies = 0.1 };
            SwimNetwork.Node[] nodes = network.AddMesh(6);
            network.RunFor(Minute);
            nodes[3].IsCrashed = true;
            network.RunFor(Minute);
            return network.TraceHash;
        }

        Assert.Equal(Run(11), Run(11));
        Assert.NotEqual(Run(11), Run(12));
    }

    [Fact]
    public void A_crash_is_seen_by_all_within_the_suspicion_time()
    {
        var network = new SwimNetwork(5, SwimOptions.Lan);
        SwimNetwork.Node[] nodes = network.AddMesh(6);
        network.RunUntil(() => network.AllSee(6), Minute);
        nodes[2].IsCrashed = true;
        SwimNetwork.Node[] others = [.. nodes.Where(node => !node.IsCrashed)];
        network.RunUntil(() => others.All(node => node.Saw(MemberChange.Failed, "n2")), Minute);

        Assert.All(others, node => Assert.True(node.Saw(MemberChange.Suspected, "n2")));
        network.RunFor(2 * Minute);
        Assert.All(others, node => Assert.Null(node.StateOf("n2")));
    }

    [Fact]
    public void A_freeze_shorter_than_the_suspicion_time_is_no_failure()
    {
        var network = new SwimNetwork(6, SwimOptions.Lan);
        SwimNetwork.Node[] nodes = network.AddMesh(6);
        network.RunUntil(() => network.AllSee(6), Minute);
        nodes[4].FrozenUntil = network.Now + TimeSpan.FromSeconds(3.5);
        network.RunFor(2 * Minute);

        Assert.True(network.AllSee(6));
        Assert.DoesNotContain(nodes, node => node.Saw(MemberChange.Failed, "n4"));
        Assert.Contains(nodes[4].Others, effect => effect is SwimEffect.Refuted);
        Assert.Contains(nodes, node => node.Saw(MemberChange.Recovered, "n4"));
    }

    [Fact]
    public void Who_leaves_has_left_and_goes_on_answering()
    {
        var network = new SwimNetwork(7, SwimOptions.Lan);
        SwimNetwork.Node[] nodes = network.AddMesh(5);
        network.RunUntil(() => network.AllSee(5), Minute);
        network.Give(nodes[1], new SwimInput.Leave());
        network.RunUntil(() => nodes[1].Others.Contains(new SwimEffect.LeaveSpread()), Minute);
        network.RunFor(TimeSpan.FromSeconds(5));

        Assert.All(nodes, node => Assert.True(node.Saw(MemberChange.Left, "n1")));
        Assert.DoesNotContain(nodes, node => node.Saw(MemberChange.Failed, "n1"));
        network.Give(nodes[1], new SwimInput.UpdateMeta(new byte[] { 1 }));
        network.Give(nodes[1], new SwimInput.Leave());
        network.RunFor(Minute);
        Assert.True(network.AllSee(4));
    }

    [Fact]
    public void Who_is_alone_leaves_when_its_word_is_gone()
    {
        var network = new SwimNetwork(7, SwimOptions.Local);
        SwimNetwork.Node node = network.Add("alone");
        network.Give(node, new SwimInput.Leave());
        Assert.Contains(new SwimEffect.LeaveSpread(), node.Others);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(600)]
    public void A_partition_heals_however_long_it_was(int seconds)
    {
        var network = new SwimNetwork(8, SwimOptions.Lan);
        SwimNetwork.Node[] nodes = network.AddMesh(6);
        network.RunUntil(() => network.AllSee(6), Minute);
        foreach (SwimNetwork.Node node in nodes[3..])
        {
            node.Side = 1;
        }

        network.RunFor(TimeSpan.FromSeconds(seconds));
        Assert.True(network.AllSee(3));
        foreach (SwimNetwork.Node node in nodes)
        {
            node.Side = 0;
        }

        network.RunUntil(() => network.AllSee(6), 10 * Minute);
    }

    [Fact]
    public void Thirty_nodes_converge_through_a_fifth_of_loss()
    {
        var network = new SwimNetwork(9, SwimOptions.Lan) { Loss = 0.2, Copies = 0.05 };
        network.AddMesh(30);
        network.RunUntil(() => network.AllSee(30), 5 * Minute);
        network.RunFor(2 * Minute);
        network.Loss = 0;
        network.RunUntil(() => network.AllSee(30), 2 * Minute);
        Assert.DoesNotContain(network.Nodes, node => node.Events.Exists(e => e.Change == MemberChange.Failed));
    }

    [Fact]
    public void Where_datagrams_are_blocked_a_stream_saves_the_node_and_the_cause_is_named()
    {
        var network = new SwimNetwork(10, SwimOptions.Lan);
        SwimNetwork.Node[] nodes = network.AddMesh(3);
        network.RunUntil(() => network.AllSee(3), Minute);
        network.DatagramsWork = false;
        network.RunFor(Minute);

        Assert.True(network.AllSee(3));
        Assert.Contains(nodes[0].Others, effect => effect is SwimEffect.StreamOnly);
        network.StreamsWork = false;
        network.RunFor(5 * Minute);
        Assert.True(nodes[0].Machine.HealthScore > 0, "helpers that say nothing point at ourselves");
    }

    [Fact]
    public void A_name_used_twice_is_named_and_the_first_keeps_it()
    {
        var network = new SwimNetwork(12, SwimOptions.Lan);
        SwimNetwork.Node[] nodes = network.AddMesh(3);
        network.RunUntil(() => network.AllSee(3), Minute);
        SwimNetwork.Node twin = network.Add("n1", at: new IPEndPoint(IPAddress.Parse("10.0.0.9"), 9));
        network.Give(twin, new SwimInput.Join(1, nodes[0].EndPoint));
        network.RunFor(TimeSpan.FromSeconds(10));

        var expected = new SwimEffect.NameConflict("n1", nodes[1].EndPoint, twin.EndPoint);
        Assert.Single(nodes[0].Others, effect => effect is SwimEffect.NameConflict);
        Assert.Contains(expected, nodes[0].Others);
        Assert.Equal(nodes[1].EndPoint, nodes[0].Machine.Members.Single(member => member.Name == "n1").EndPoint);
    }

    [Fact]
    public void A_node_that_starts_again_elsewhere_gets_its_name_back()
    {
        var network = new SwimNetwork(13, SwimOptions.Local);
        SwimNetwork.Node[] nodes = network.AddMesh(3);
        network.RunUntil(() => network.AllSee(3), Minute);
        nodes[1].IsCrashed = true;
        network.RunUntil(() => network.AllSee(2), Minute);
        network.RunFor(TimeSpan.FromSeconds(3));
        SwimNetwork.Node again = network.Add("n1", at: new IPEndPoint(IPAddress.Parse("10.0.0.9"), 9));
        network.Give(again, new SwimInput.Join(1, nodes[0].EndPoint));

        network.RunUntil(() => network.AllSee(3), Minute);
        Assert.Equal(again.EndPoint, nodes[2].Machine.Members.Single(member => member.Name == "n1").EndPoint);
    }

    [Fact]
    public void A_node_that_starts_again_at_once_at_its_place_is_back_at_once()
    {
        var network = new SwimNetwork(14, SwimOptions.Lan);
        SwimNetwork.Node[] nodes = network.AddMesh(3);
        network.RunUntil(() => network.AllSee(3), Minute);
        network.Give(nodes[1], new SwimInput.UpdateMeta(new byte[] { 0xFF, 0x81, 0xA1, 1, 0xA1, 2 }));
        network.RunFor(TimeSpan.FromSeconds(5));
        Assert.True(nodes[2].Saw(MemberChange.Updated, "n1"));
        nodes[1].IsCrashed = true;
        SwimNetwork.Node again = network.Add("n1", at: nodes[1].EndPoint);
        network.Give(again, new SwimInput.Join(1, nodes[0].EndPoint));
        network.RunFor(Minute);

        Assert.True(network.AllSee(3));
        Assert.False(nodes[0].Saw(MemberChange.Failed, "n1"));
    }

    [Fact]
    public void A_hint_from_the_data_path_finds_a_crash_sooner_and_accuses_nobody_who_answers()
    {
        var network = new SwimNetwork(15, SwimOptions.Lan);
        SwimNetwork.Node[] nodes = network.AddMesh(3);
        network.RunUntil(() => network.AllSee(3), Minute);
        network.Give(nodes[0], new SwimInput.ProbeNow("n1"));
        network.Give(nodes[0], new SwimInput.ProbeNow("n0"));
        network.Give(nodes[0], new SwimInput.ProbeNow("nobody"));
        network.RunFor(TimeSpan.FromSeconds(5));
        Assert.False(nodes[0].Saw(MemberChange.Suspected, "n1"));

        nodes[2].IsCrashed = true;
        network.Give(nodes[0], new SwimInput.ProbeNow("n2"));
        network.RunFor(TimeSpan.FromSeconds(1.1));
        Assert.True(nodes[0].Saw(MemberChange.Suspected, "n2"));
    }

    [Fact]
    public void Versions_that_would_poison_the_mesh_are_refused_on_every_way()
    {
        var network = new SwimNetwork(16, SwimOptions.Lan);
        SwimNetwork.Node[] nodes = network.AddMesh(2);
        network.RunUntil(() => network.AllSee(2), Minute);
        var at = new IPEndPoint(IPAddress.Loopback, 5);
        ProtocolVersions?[] refused =
        [
            null, new(1, 5, 2, 0, 0, 0), new(0, 5, 2, 2, 5, 5), new(3, 5, 3, 2, 5, 5), new(1, 5, 2, 2, 4, 4),
            new(1, 5, 6, 2, 5, 5),
        ];
        foreach (ProtocolVersions? versions in refused)
        {
            Tell(network, nodes[0], new GossipMessage.Alive(1, "odd", at, default, versions));
            Assert.Contains(new SwimEffect.Dropped(WireFault.BadVersions, at), nodes[0].Others);
            nodes[0].Others.Clear();
            var record = new MemberRecord("odd", at, default, 1, MemberState.Alive, versions);
            network.Give(nodes[0], new SwimInput.ExchangeAnswered(3, new(true, [record], default), at));
            Assert.Null(nodes[0].StateOf("odd"));
        }

        var serf = new ProtocolVersions(1, 5, 2, 2, 5, 4);
        Tell(network, nodes[0], new GossipMessage.Alive(1, "serf", at, default, serf));
        Assert.Equal(MemberState.Alive, nodes[0].StateOf("serf"));
    }

    [Fact]
    public void Rumours_count_by_incarnation()
    {
        var network = new SwimNetwork(17, SwimOptions.Lan);
        SwimNetwork.Node node = network.Add("self");
        var at = new IPEndPoint(IPAddress.Loopback, 5);
        Tell(network, node, new GossipMessage.Alive(5, "x", at, default, ProtocolVersions.Noodle));
        Tell(network, node, new GossipMessage.Suspect(4, "x", "y"));
        Tell(network, node, new GossipMessage.Dead(4, "x", "y"));
        Tell(network, node, new GossipMessage.Suspect(9, "nobody", "y"));
        Tell(network, node, new GossipMessage.Dead(9, "nobody", "y"));
        Tell(network, node, new GossipMessage.Alive(0, "zero", at, default, ProtocolVersions.Noodle));
        Tell(network, node, new GossipMessage.Alive(6, "x", at, new byte[513], ProtocolVersions.Noodle));
        Assert.Equal(MemberState.Alive, node.StateOf("x"));
        Assert.Null(node.StateOf("zero"));
        Tell(network, node, new GossipMessage.Suspect(5, "x", "y"));
        Tell(network, node, new GossipMessage.Alive(5, "x", at, default, ProtocolVersions.Noodle));
        Assert.Equal(MemberState.Suspect, node.StateOf("x"));
        Tell(network, node, new GossipMessage.Alive(6, "x", at, default, ProtocolVersions.Noodle));
        Assert.Equal(MemberState.Alive, node.StateOf("x"));
        Tell(network, node, new GossipMessage.Dead(6, "x", "y"));
        Tell(network, node, new GossipMessage.Suspect(6, "x", "y"));
        Assert.Equal(MemberState.Dead, node.StateOf("x"));
        Tell(network, node, new GossipMessage.Dead(40, "self", "y"));
        Assert.Contains(new SwimEffect.Refuted(41), node.Others);
        var echo = new GossipMessage.Alive(50, "self", node.EndPoint, new byte[] { 1 }, ProtocolVersions.Noodle);
        Tell(network, node, echo);
        Assert.Contains(new SwimEffect.Refuted(51), node.Others);
        network.Give(node, new SwimInput.Leave());
        Tell(network, node, new GossipMessage.Alive(60, "self", node.EndPoint, default, ProtocolVersions.Noodle));
        Assert.Equal(MemberState.Left, node.StateOf("self"));
    }

    [Fact]
    public void Pings_are_answered_where_they_ask_for_it_and_only_to_the_name_meant()
    {
        var machine = new SwimMachine(SwimOptions.Lan, "me", new Prng(1));
        var from = new IPEndPoint(IPAddress.Loopback, 1);
        var source = new IPEndPoint(IPAddress.Loopback, 2);
        Assert.Empty(Answers(machine, new GossipMessage.Ping(1, "me"), from)); // not started
        machine.Handle(new SwimInput.Start(from, default), default);
        Assert.Null(Record.Exception(() => machine.HandleDeadline(default)));
        while (machine.TryTakeEffect(out _))
        {
        }

        Assert.Empty(Answers(machine, new GossipMessage.Ping(1, "other"), from));
        Assert.Equal([from], Answers(machine, new GossipMessage.Ping(1, "me"), from));
        Assert.Equal([from], Answers(machine, new GossipMessage.Ping(1, ""), from));
        Assert.Equal([source], Answers(machine, new GossipMessage.Ping(1, "me", source), from));
        Assert.Empty(Answers(machine, new GossipMessage.User(new byte[1]), from));
        machine.Handle(new SwimInput.Start(from, default), default);
        Assert.False(machine.TryTakeEffect(out _));
    }

    [Fact]
    public void A_relay_answers_yes_and_no_in_time_and_is_bounded()
    {
        var machine = new SwimMachine(SwimOptions.Lan with { MaxRelays = 2 }, "me", new Prng(1));
        var from = new IPEndPoint(IPAddress.Loopback, 1);
        var target = new IPEndPoint(IPAddress.Loopback, 2);
        machine.Handle(new SwimInput.Start(from, default), default);
        for (int i = 0; i < 3; i++)
        {
            var request = new GossipMessage.IndirectPing(100, target, "t", WantsNack: true);
            Assert.Equal(i < 2 ? [target] : [], Answers(machine, request, from));
        }

        machine.HandleDeadline(default(Instant) + SwimOptions.Lan.ProbeTimeout);
        Assert.Equal(2, Sent(machine).Count(send => send.To.Equals(from)));
    }

    [Fact]
    public void A_full_table_takes_nobody_in()
    {
        var network = new SwimNetwork(18, SwimOptions.Lan with { MaxMembers = 2, MaxSuspicions = 1 });
        SwimNetwork.Node node = network.Add("self");
        var at = new IPEndPoint(IPAddress.Loopback, 5);
        Tell(network, node, new GossipMessage.Alive(1, "a", at, default, ProtocolVersions.Noodle));
        Tell(network, node, new GossipMessage.Alive(1, "b", at, default, ProtocolVersions.Noodle));
        Assert.Equal(2, node.Machine.Members.Count());
        Assert.Contains(new SwimEffect.Dropped(WireFault.TooLarge, at), node.Others);
    }

    [Fact]
    public void Settings_that_cannot_work_are_named_all_at_once()
    {
        var bad = SwimOptions.Lan with { RetransmitMult = 2, GossipNodes = 0, GossipInterval = TimeSpan.Zero };
        ArgumentException fault = Assert.Throws<ArgumentException>(() => new SwimMachine(bad, "x", new Prng(1)));
        Assert.Contains("RetransmitMult", fault.Message, StringComparison.Ordinal);
        Assert.Contains("GossipNodes", fault.Message, StringComparison.Ordinal);
        Assert.Contains("GossipInterval", fault.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new SwimMachine(SwimOptions.Lan, new string('x', 256), new Prng(1)));
        Assert.All([SwimOptions.Lan, SwimOptions.Wan, SwimOptions.Local], profile => Assert.Empty(profile.Validate()));
    }

    private static void Tell(SwimNetwork network, SwimNetwork.Node node, GossipMessage message) =>
        network.Give(node, new SwimInput.Packet(MessageEncoder.Encode(message), new IPEndPoint(IPAddress.Loopback, 5)));

    private static IPEndPoint[] Answers(SwimMachine machine, GossipMessage message, IPEndPoint from)
    {
        machine.Handle(new SwimInput.Packet(MessageEncoder.Encode(message), from), default);
        return [.. Sent(machine).Select(send => send.To)];
    }

    private static List<SwimEffect.Send> Sent(SwimMachine machine)
    {
        var sent = new List<SwimEffect.Send>();
        while (machine.TryTakeEffect(out SwimEffect? effect))
        {
            if (effect is SwimEffect.Send send)
            {
                sent.Add(send);
            }
        }

        return sent;
    }
}
