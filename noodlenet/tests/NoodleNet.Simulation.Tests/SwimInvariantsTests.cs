using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;
using NoodleNet.Simulation.Swim;

namespace NoodleNet.Simulation.Tests;

public sealed class SwimInvariantsTests
{
    private readonly SwimCluster _cluster = new(1, SwimOptions.Lan);
    private readonly SwimInvariants _invariants;
    private readonly SwimHost _host;

    public SwimInvariantsTests()
    {
        _cluster.Observer = _invariants = new SwimInvariants(_cluster.Simulation);
        _host = _cluster.Add("n0");
    }

    public static TheoryData<MemberChange[], uint[], string> Broken => new()
    {
        // what a view tells of x, with these incarnations          what the checker says of it
        { [MemberChange.Suspected], [1], "x went from unknown to Suspected" },
        { [MemberChange.Joined, MemberChange.Joined], [1, 2], "x went from Alive to Joined" },
        { [MemberChange.Joined, MemberChange.Recovered], [1, 2], "x went from Alive to Recovered" },
        { [MemberChange.Joined, MemberChange.Forgotten], [1, 1], "x went from Alive to Forgotten" },
        { [MemberChange.Joined, MemberChange.Left, MemberChange.Failed], [1, 1, 1], "x went from Left to Failed" },
        { [MemberChange.Joined, MemberChange.Updated], [4, 3], "the incarnation of x went back from 4 to 3" },
        {
            [MemberChange.Joined, MemberChange.Failed, MemberChange.Joined], [1, 1, 1],
            "x came back from Dead with incarnation 1; more than 1 is needed"
        },
        {
            [MemberChange.Joined, MemberChange.Suspected, MemberChange.Recovered], [2, 2, 2],
            "x came back from Suspect with incarnation 2; more than 2 is needed"
        },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void What_no_view_may_tell_is_named(MemberChange[] changes, uint[] incarnations, string rule)
    {
        for (int i = 0; i < changes.Length; i++)
        {
            Assert.Empty(_cluster.Simulation.Violations);
            Tell(changes[i], incarnations[i]);
        }

        Assert.Equal(rule, Assert.Single(_cluster.Simulation.Violations).Rule);
    }

    [Fact]
    public void A_whole_life_breaks_no_rule()
    {
        Tell(MemberChange.Joined, 1);
        Tell(MemberChange.Suspected, 1);
        Tell(MemberChange.Recovered, 2);
        Tell(MemberChange.Updated, 3);
        Tell(MemberChange.Failed, 3);
        Tell(MemberChange.Joined, 4);
        Tell(MemberChange.Left, 4);
        Tell(MemberChange.Forgotten, 4);
        Tell(MemberChange.Joined, 1);
        Assert.Empty(_cluster.Simulation.Violations);
        Assert.Equal(1, _invariants.Failures);
    }

    [Fact]
    public void A_member_that_no_event_told_of_and_one_that_is_not_there_are_named()
    {
        Tell(MemberChange.Joined, 1);
        _invariants.Stepped(_host);
        Assert.Contains(_cluster.Simulation.Violations, v => v.Rule == "1 members, but the events tell of 2");
        var late = new SwimInvariants(_cluster.Simulation);
        late.Started(_host);
        late.Stepped(_host);
        Assert.Contains(_cluster.Simulation.Violations, v => v.Rule == "n0 is a member, and no event told of it");
    }

    [Fact]
    public void A_state_that_differs_from_the_events_is_named()
    {
        var left = new MemberEvent(MemberChange.Left, "n0", _host.EndPoint, default, 9, "");
        _invariants.Saw(_host, new SwimEffect.Member(left));
        _invariants.Stepped(_host);
        Assert.Contains(_cluster.Simulation.Violations, v => v.Rule == "n0 is Alive, but the events say Left");
        Assert.Contains(_cluster.Simulation.Violations, v => v.Rule == "the incarnation of n0 went back from 9 to 1");
    }

    [Fact]
    public void An_incarnation_that_its_subject_never_said_is_named()
    {
        _host.Give(new SwimInput.ExchangeAnswered(0, new GossipMessage.PushPull(false, [new MemberRecord(
            "ghost", SwimCluster.EndPointOf(7), default, 3, MemberState.Alive, ProtocolVersions.Noodle)], default),
            SwimCluster.EndPointOf(1)));
        Assert.Contains(_cluster.Simulation.Violations,
            v => v.Rule == "ghost has incarnation 3, but itself said 0 at most");
    }

    private void Tell(MemberChange change, uint incarnation) => _invariants.Saw(_host, new SwimEffect.Member(
        new MemberEvent(change, "x", SwimCluster.EndPointOf(9), default, incarnation, "")));
}
