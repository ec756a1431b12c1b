using System.Net;
using Noodle.Primitives;
using NoodleNet.Discovery;

namespace NoodleNet.Tests.Discovery;

public sealed class NodeRegistryTests
{
    private static readonly NodeId Ann = NodeId.Create("ann", Guid.Parse("00000000-0000-0000-0000-000000000001"));
    private static readonly NodeId Bob = NodeId.Create("bob", Guid.Parse("00000000-0000-0000-0000-000000000002"));
    private static readonly NodeId Cid = NodeId.Create("cid", Guid.Parse("00000000-0000-0000-0000-000000000003"));

    [Fact]
    public void An_entry_follows_its_node_and_remembers_since_when_and_why()
    {
        var registry = new NodeRegistry();
        Apply(registry, MemberChange.Joined, Ann, 1);
        Apply(registry, MemberChange.Updated, Ann, 2);
        Assert.Equal((NodeState.Alive, At(1), ""), Of(registry, Ann));
        Apply(registry, MemberChange.Suspected, Ann, 3, "no answer");
        Assert.Equal((NodeState.Suspect, At(3), "no answer"), Of(registry, Ann));
        Apply(registry, MemberChange.Recovered, Ann, 4);
        Assert.Equal((NodeState.Alive, At(4), "no answer"), Of(registry, Ann));
        Apply(registry, MemberChange.Failed, Ann, 5, "declared dead");
        Apply(registry, MemberChange.Forgotten, Ann, 6);
        Assert.Equal((NodeState.Failed, At(5), "declared dead"), Of(registry, Ann));
        Apply(registry, MemberChange.Joined, Ann, 7);
        Apply(registry, MemberChange.Left, Ann, 8);
        Assert.Equal((NodeState.Left, At(8), "declared dead"), Of(registry, Ann));
    }

    [Fact]
    public void What_this_node_found_out_stands_until_gossip_settles_it()
    {
        var registry = new NodeRegistry();
        Apply(registry, MemberChange.Joined, Ann, 1);
        Assert.Equal(RegistryChange.Failed, registry.Judge(Ann, failed: true, "refuses", At(2))!.Change);
        Assert.Null(registry.Judge(Ann, failed: true, "again", At(3)));
        Assert.Empty(registry.Apply(Event(MemberChange.Suspected, Ann.ToString()), At(3)));
        Assert.Equal((NodeState.Failed, At(2), "refuses"), Of(registry, Ann));
        Assert.False(registry.Entries[Ann].Confirmed);
        RegistryEvent confirmed =
            Assert.Single(registry.Apply(Event(MemberChange.Failed, Ann.ToString()), At(4)));
        Assert.Equal((RegistryChange.Updated, true), (confirmed.Change, confirmed.Entry!.Confirmed));
        Assert.Equal((NodeState.Failed, At(2), "refuses"), Of(registry, Ann));
        Assert.Null(registry.Judge(Ann, failed: false, "", At(5)));
    }

    [Fact]
    public void What_this_node_found_out_can_be_taken_back()
    {
        var registry = new NodeRegistry();
        Apply(registry, MemberChange.Joined, Ann, 1);
        Assert.Null(registry.Judge(Bob, failed: true, "unknown", At(1)));
        Assert.Null(registry.Judge(Ann, failed: false, "never gone", At(1)));
        registry.Judge(Ann, failed: true, "refuses", At(2));
        Assert.Equal(RegistryChange.Recovered, registry.Judge(Ann, failed: false, "", At(3))!.Change);
        Assert.Equal((NodeState.Alive, At(3), ""), Of(registry, Ann));
        registry.Judge(Ann, failed: true, "refuses", At(4));
        Apply(registry, MemberChange.Recovered, Ann, 5);
        Assert.True(registry.Entries[Ann] is { State: NodeState.Alive, Confirmed: true });
    }

    [Fact]
    public void Strangers_are_left_out_and_the_gone_are_forgotten_after_a_day()
    {
        var registry = new NodeRegistry();
        Assert.Empty(registry.Apply(Event(MemberChange.Joined, "serf-agent"), At(0)));
        Apply(registry, MemberChange.Joined, Ann, 0);
        Apply(registry, MemberChange.Failed, Ann, 1);
        var before = registry.Entries;
        IReadOnlyList<RegistryEvent> changes =
            registry.Apply(Event(MemberChange.Joined, Bob.ToString()), At(1) + TimeSpan.FromHours(25));

        Assert.Equal([RegistryChange.Forgotten, RegistryChange.Joined], changes.Select(change => change.Change));
        Assert.Equal([Bob], registry.Entries.Keys);
        Assert.Equal([Ann], before.Keys);
    }

    [Theory]
    [InlineData("[red]x[/]")]
    [InlineData("a\u001b]0;title\u0007")]
    [InlineData("a\r\nHTTP/1.1 200 OK")]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("\u202egnp")]
    [InlineData("../../etc")]
    public void A_name_that_would_mark_up_colour_or_forge_a_line_is_no_node(string odd)
    {
        var registry = new NodeRegistry();
        foreach (string name in new[] { odd, odd + Ann, $"{odd}-00000000000000000000000000000001" })
        {
            Assert.Empty(registry.Apply(Event(MemberChange.Joined, name), At(0)));
        }

        Assert.Empty(registry.Entries);
    }

    [Fact]
    public void A_full_registry_gives_up_the_gone_and_never_the_living()
    {
        var registry = new NodeRegistry(2);
        Apply(registry, MemberChange.Joined, Ann, 0);
        Apply(registry, MemberChange.Joined, Bob, 0);
        Assert.Empty(registry.Apply(Event(MemberChange.Joined, Cid.ToString()), At(1)));
        Apply(registry, MemberChange.Left, Ann, 2);
        Apply(registry, MemberChange.Joined, Cid, 3);
        Assert.Equal([Bob, Cid], registry.Entries.Keys);
    }

    private static (NodeState, Instant, string) Of(NodeRegistry registry, NodeId id) =>
        (registry.Entries[id].State, registry.Entries[id].Since, registry.Entries[id].LastError);

    private static void Apply(NodeRegistry registry, MemberChange change, NodeId id, int second, string detail = "") =>
        registry.Apply(Event(change, id.ToString(), detail), At(second));

    private static MemberEvent Event(MemberChange change, string name, string detail = "") =>
        new(change, name, new IPEndPoint(IPAddress.Loopback, 1), default, 1, detail);

    private static Instant At(int second) => default(Instant) + TimeSpan.FromSeconds(second);
}
