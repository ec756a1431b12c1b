using Noodle.Primitives;
using NoodleNet.Discovery;
using static NoodleNet.Discovery.PeerSign;

namespace NoodleNet.Tests.Discovery;

public sealed class PeerWatchTests
{
    private static readonly NodeId s_node = NodeId.Create("a", new Guid(1, 2, 3, [1, 2, 3, 4, 5, 6, 7, 8]));
    private static readonly NodeId s_other = NodeId.Create("b", new Guid(1, 2, 3, [1, 2, 3, 4, 5, 6, 7, 8]));

    public static TheoryData<string, PeerSign[], PeerVerdict[]> Stories => new()
    {
        { "killed", [Connected, Broken, Refused, Refused, Refused, Silent], [PeerVerdict.Probe, PeerVerdict.Failed] },
        {
            "killed, gossip first", [Connected, Silent, Broken, Refused, Refused, Refused],
            [PeerVerdict.Probe, PeerVerdict.Failed]
        },
        { "frozen: its machine still takes connections", [Connected, Silent, NotReached, NotReached, Answers], [] },
        {
            "frozen until the connection is given up", [Connected, Silent, Broken, NotReached, NotReached, NotReached],
            [PeerVerdict.Probe]
        },
        { "cut off: nothing refuses", [Connected, Broken, NotReached, Silent], [PeerVerdict.Probe] },
        {
            "restarts: refuses for a moment, then is there", [Connected, Broken, Refused, Refused, Connected, Silent],
            [PeerVerdict.Probe]
        },
        {
            "its data port is closed by a firewall, gossip works",
            [Connected, Broken, Refused, Refused, Refused, Refused],
            [PeerVerdict.Probe]
        },
        {
            "slow answers between refusals", [Broken, Refused, Refused, NotReached, Refused, Silent],
            [PeerVerdict.Probe]
        },
        {
            "comes back", [Broken, Refused, Refused, Refused, Silent, Connected],
            [PeerVerdict.Probe, PeerVerdict.Failed, PeerVerdict.Back]
        },
        {
            "gossip hears it again", [Broken, Refused, Refused, Refused, Silent, Answers],
            [PeerVerdict.Probe, PeerVerdict.Failed, PeerVerdict.Back]
        },
        {
            "is told once only", [Broken, Refused, Refused, Refused, Silent, Refused, Silent],
            [PeerVerdict.Probe, PeerVerdict.Failed]
        },
        { "said goodbye", [Connected, Broken, Settled, Refused, Refused, Refused, Silent], [PeerVerdict.Probe] },
        { "never connected", [Refused, Refused, Refused, Silent], [] },
    };

    [Theory]
    [MemberData(nameof(Stories))]
    public void Only_all_signs_together_are_a_failure(string story, PeerSign[] signs, PeerVerdict[] expected)
    {
        var watch = new PeerWatch();
        Assert.Equal(expected, Play(watch, s_node, signs));
        Assert.NotEmpty(story);
    }

    [Fact]
    public void Every_order_of_the_three_signs_ends_in_failure_once()
    {
        PeerSign[] rest = [Refused, Refused, Refused, Silent];
        for (int silentAt = 0; silentAt < rest.Length; silentAt++)
        {
            List<PeerSign> signs = [Refused, Refused, Refused];
            signs.Insert(silentAt, Silent);
            Assert.Equal(
                [PeerVerdict.Probe, PeerVerdict.Failed], Play(new PeerWatch(), s_node, [Broken, .. signs]));
        }
    }

    [Fact]
    public void Nodes_do_not_lend_each_other_evidence()
    {
        var watch = new PeerWatch();
        Play(watch, s_node, [Broken, Refused, Refused, Refused]);
        Assert.Empty(Play(watch, s_other, [Silent]));
    }

    [Fact]
    public void A_full_table_hears_no_more_and_keeps_what_it_has()
    {
        var watch = new PeerWatch(capacity: 1);
        Play(watch, s_node, [Broken, Refused, Refused, Refused]);
        Assert.Empty(Play(watch, s_other, [Broken]));
        Assert.Equal(1, watch.Count);
        Assert.Equal([PeerVerdict.Failed], Play(watch, s_node, [Silent]));
    }

    [Fact]
    public void What_is_cleared_takes_no_room()
    {
        var watch = new PeerWatch();
        Play(watch, s_node, [Silent, Answers]);
        Play(watch, s_other, [Broken, Refused, Connected]);
        Assert.Equal(0, watch.Count);
        watch.HandleDeadline(Instant.Origin);
        Assert.Null(watch.NextDeadline);
    }

    [Fact]
    public void An_unknown_sign_is_a_bug_of_the_caller() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Play(new PeerWatch(), s_node, [(PeerSign)99]));

    private static List<PeerVerdict> Play(PeerWatch watch, NodeId node, PeerSign[] signs)
    {
        var verdicts = new List<PeerVerdict>();
        foreach (PeerSign sign in signs)
        {
            watch.Handle(new PeerSignal(node, sign), Instant.Origin);
            while (watch.TryTakeEffect(out PeerEffect effect))
            {
                Assert.Equal(node, effect.Node);
                verdicts.Add(effect.Verdict);
            }
        }

        return verdicts;
    }
}
