using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Tests.Discovery;

/// <summary>Nodes that come late: frozen, or short of processors, but alive.</summary>
public sealed class SwimLatenessTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void Whoever_wakes_up_shortly_before_the_verdict_is_heard()
    {
        // Frozen for 3 s, and 750 ms more until it has worked its way through: at 4 s the first verdict falls.
        for (ulong seed = 1; seed <= 200; seed++)
        {
            SwimNetwork network = Settled(seed, 10, out SwimNetwork.Node[] nodes);
            network.RunFor(TimeSpan.FromMilliseconds(37 * seed));
            nodes[4].FrozenUntil = network.Now + TimeSpan.FromSeconds(3.75);
            network.RunFor(Minute);

            Assert.DoesNotContain(nodes, node => node.Events.Exists(e => e.Change == MemberChange.Failed));
            Assert.True(network.AllSee(10));
        }
    }

    [Fact]
    public void Whoever_is_late_itself_asks_again_before_it_buries_others()
    {
        int late = 0;
        for (ulong seed = 1; seed <= 50; seed++)
        {
            SwimNetwork network = Settled(seed, 5, out SwimNetwork.Node[] nodes);
            nodes[4].FrozenUntil = network.Now + TimeSpan.FromSeconds(3);
            network.RunFor(TimeSpan.FromSeconds(2.9));
            SwimNetwork.Node[] viewers = [.. nodes[..4].Where(node => node.StateOf("n4") == MemberState.Suspect)];
            late += viewers.Length;
            foreach (SwimNetwork.Node viewer in viewers)
            {
                viewer.FrozenUntil = network.Now + TimeSpan.FromSeconds(2.5); // past the verdict, with n4's word unread
            }

            network.RunFor(Minute);
            Assert.DoesNotContain(viewers, node => node.Saw(MemberChange.Failed, "n4"));
        }

        Assert.True(late > 50, $"{late} viewers suspected somebody"); // or nothing was shown
    }

    [Fact]
    public void A_killed_node_is_still_buried_in_time()
    {
        for (ulong seed = 1; seed <= 50; seed++)
        {
            SwimNetwork network = Settled(seed, 10, out SwimNetwork.Node[] nodes);
            nodes[4].IsCrashed = true;
            Instant killed = network.Now;
            SwimNetwork.Node[] others = [.. nodes.Where(node => !node.IsCrashed)];
            network.RunUntil(() => others.All(node => node.Saw(MemberChange.Failed, "n4")), Minute);

            Assert.InRange(network.Now - killed, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(8));
        }
    }

    private static SwimNetwork Settled(ulong seed, int count, out SwimNetwork.Node[] nodes)
    {
        var network = new SwimNetwork(seed, SwimOptions.Local);
        nodes = network.AddMesh(count);
        network.RunUntil(() => network.AllSee(count), Minute);
        network.RunFor(TimeSpan.FromSeconds(5));
        foreach (SwimNetwork.Node node in nodes)
        {
            node.Events.Clear();
        }

        return network;
    }
}
