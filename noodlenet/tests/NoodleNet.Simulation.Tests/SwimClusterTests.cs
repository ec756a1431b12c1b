using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;
using NoodleNet.Simulation.Network;
using NoodleNet.Simulation.Swim;

namespace NoodleNet.Simulation.Tests;

public sealed class SwimClusterTests
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Whole_bytes_make_a_mesh_open_and_sealed(bool isSealed)
    {
        var cluster = new SwimCluster(1, SwimOptions.Lan, keys: isSealed ? new KeyRing(new byte[32]) : null);
        Settle(cluster, 8);
        cluster.Simulation.RunFor(2 * s_minute);
        Assert.True(cluster.AllAgree());
        Assert.Equal(0, cluster.Refused);
        Assert.All(cluster.Hosts, host => Assert.Equal(0, host.Machine.HealthScore));
        Assert.Equal(8, cluster.Pool.Count);
    }

    [Fact]
    public void A_crash_is_seen_and_forgotten_by_all()
    {
        var cluster = new SwimCluster(5, SwimOptions.Lan);
        SwimHost[] hosts = Settle(cluster, 6);
        hosts[2].Crash();
        Assert.False(cluster.AllAgree());
        Assert.True(cluster.Simulation.RunUntil(cluster.AllAgree, s_minute, s_look));
        cluster.Simulation.RunFor(2 * s_minute);
        Assert.All(hosts.Where(host => host.IsUp), host => Assert.Equal(5, host.Machine.Sizes.Members));
    }

    [Fact]
    public void A_freeze_shorter_than_the_suspicion_time_is_no_failure()
    {
        var cluster = new SwimCluster(5, SwimOptions.Lan);
        var invariants = new SwimInvariants(cluster.Simulation);
        cluster.Observer = invariants;
        SwimHost[] hosts = Settle(cluster, 6);
        hosts[4].Freeze(TimeSpan.FromSeconds(3.5));
        cluster.Simulation.RunFor(2 * s_minute);
        Assert.True(cluster.AllAgree());
        Assert.Equal(0, invariants.Failures);
        Assert.True(invariants.Refutations > 0);
        Assert.Empty(cluster.Simulation.Violations);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(600)]
    public void A_partition_heals_however_long_it_was(int seconds)
    {
        var cluster = new SwimCluster(8, SwimOptions.Lan);
        Settle(cluster, 6);
        for (int here = 0; here < 3; here++)
        {
            for (int there = 3; there < 6; there++)
            {
                cluster.Network.Faults.Cut(here, there);
                cluster.Network.Faults.Cut(there, here);
            }
        }

        cluster.Simulation.RunFor(TimeSpan.FromSeconds(seconds));
        Assert.True(cluster.AllSee(3));
        cluster.Network.Faults.HealAll();
        Assert.True(cluster.Simulation.RunUntil(cluster.AllAgree, 10 * s_minute, s_look));
    }

    [Fact]
    public void Where_datagrams_are_blocked_streams_keep_the_mesh_together()
    {
        var cluster = new SwimCluster(10, SwimOptions.Lan, LinkQuality.Lan with { MtuBytes = 1 });
        Settle(cluster, 3);
        cluster.Simulation.RunFor(s_minute);
        Assert.True(cluster.AllSee(3));
        Assert.True(cluster.Network.Counters.TooLong > 0);
    }

    [Fact]
    public void Who_leaves_has_left_for_all_and_who_cannot_join_tries_again()
    {
        var cluster = new SwimCluster(7, SwimOptions.Lan);
        SwimHost[] hosts = Settle(cluster, 4);
        hosts[1].Leave();
        Assert.True(cluster.Simulation.RunUntil(cluster.AllAgree, s_minute, s_look));
        Assert.Equal(MemberState.Left,
            hosts[0].Machine.Members.Single(member => member.Name == hosts[1].Name).State);

        hosts[0].Crash();
        SwimHost late = cluster.Add("late");
        late.Join(hosts[0].EndPoint);
        cluster.Simulation.RunFor(TimeSpan.FromSeconds(20));
        Assert.True(late.IsJoining);
        hosts[0].Start(default);
        hosts[0].Join(hosts[2].EndPoint);
        Assert.True(cluster.Simulation.RunUntil(() => !late.IsJoining && !hosts[0].IsJoining, s_minute, s_look));
        Assert.True(cluster.Simulation.RunUntil(cluster.AllAgree, s_minute, s_look));
    }

    private static SwimHost[] Settle(SwimCluster cluster, int count)
    {
        SwimHost[] hosts = cluster.AddMesh(count);
        Assert.True(cluster.Simulation.RunUntil(() => cluster.AllSee(count), s_minute, s_look));
        return hosts;
    }
}
