using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;
using NoodleNet.Runtime.Discovery;

namespace NoodleNet.Runtime.Tests.Discovery;

/// <summary>The protocol against a stranger that speaks it too; skipped where no <c>serf</c> is installed.</summary>
public sealed class SerfTests
{
    private static readonly NodeId Self = NodeId.Create("noodle", Guid.Parse("0123456789abcdef0123456789abcdef"));

    [Fact]
    public Task A_node_lives_in_a_Serf_cluster_and_leaves_it() =>
        Task.WhenAll(LiveAsync(null), LiveAsync([.. Enumerable.Range(0, 32).Select(i => (byte)i)]));

    private static async Task LiveAsync(byte[]? key)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using SerfAgent agent = await SerfAgent.StartAsync(key, limit.Token);
        var options = new GossipOptions { Profile = SwimOptions.Local, Keys = key is null ? null : new KeyRing(key) };
        await using var host = new GossipHost(
            options, Self, NullLogger<GossipHost>.Instance, TimeProvider.System, new CountingAccount());
        using var tenSeconds = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
        IAsyncEnumerable<RegistryEvent> changes = host.WatchAsync(tenSeconds.Token);
        await host.StartAsync(
            new IPEndPoint(IPAddress.Loopback, 0), new Dictionary<string, string> { ["k"] = "v" }, limit.Token);

        Assert.Equal(1, await host.JoinAsync([agent.EndPoint], limit.Token));
        await agent.UntilAsync(Self.ToString(), "alive", limit.Token);
        RegistryEntry seen = host.Members.Single(member => member.Node == SerfAgent.Node);
        Assert.Equal((NodeState.Alive, agent.EndPoint), (seen.State, seen.GossipEndPoint));

        // Some ten probes of each by the other, and nobody is suspected.
        tenSeconds.CancelAfter(TimeSpan.FromSeconds(10));
        var told = new List<RegistryChange>();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (RegistryEvent change in changes)
            {
                told.Add(change.Change);
            }
        });
        Assert.Equal([RegistryChange.Joined, RegistryChange.Joined], told);
        Assert.Equal("alive", await agent.StatusAsync(Self.ToString(), limit.Token));
        Assert.Equal(1, await host.JoinAsync([agent.EndPoint], limit.Token)); // the cluster is not poisoned

        await host.LeaveAsync(TimeSpan.FromSeconds(10));
        await agent.UntilAsync(Self.ToString(), "left", limit.Token);
    }
}
