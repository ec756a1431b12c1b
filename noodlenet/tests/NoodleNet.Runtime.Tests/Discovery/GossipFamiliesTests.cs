using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Runtime.Discovery;

namespace NoodleNet.Runtime.Tests.Discovery;

/// <summary>Gossip on addresses of both families.</summary>
public sealed class GossipFamiliesTests
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(60);
    private static readonly Dictionary<string, string> s_noTags = [];

    public GossipFamiliesTests() => LoopbackV6.SkipWithout();

    [Fact]
    public async Task A_node_with_IPv6_alone_and_one_known_by_IPv4_answer_each_others_probes()
    {
        using var limit = new CancellationTokenSource(s_bound);
        var account = new CountingAccount();
        await using GossipHost both = Make("both", IPAddress.IPv6Loopback, account), six = Make("six", null);
        await both.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), s_noTags, limit.Token);
        await six.StartAsync(new IPEndPoint(IPAddress.IPv6Loopback, 0), s_noTags, limit.Token);
        Assert.Equal(IPAddress.Loopback, both.AdvertisedEndPoint.Address);
        Assert.Equal(new IPEndPoint(IPAddress.IPv6Loopback, both.LocalEndPoint.Port), both.OtherEndPoint);
        Assert.Null(six.OtherEndPoint);
        Task<string> measuredBySix = FirstMeasured(six), measuredByBoth = FirstMeasured(both);

        Assert.Equal(1, await six.JoinAsync([both.OtherEndPoint!], limit.Token));
        Assert.Equal(both.OtherEndPoint, six.OtherEndPointOf(both.AdvertisedEndPoint));
        Assert.Equal(both.AdvertisedEndPoint, six.KnownEndPointOf(both.OtherEndPoint!));
        Assert.Equal(both.AdvertisedEndPoint, both.KnownEndPointOf(both.OtherEndPoint!));
        Assert.Equal(Id("both").ToString(), await measuredBySix.WaitAsync(limit.Token));
        Assert.Equal(Id("six").ToString(), await measuredByBoth.WaitAsync(limit.Token));
        Assert.Equal(
            [(Id("both"), NodeState.Alive), (Id("six"), NodeState.Alive)],
            six.Members.Select(member => (member.Node, member.State)));

        await both.DisposeAsync();
        Assert.Equal(0, account.InUse);
    }

    [Fact]
    public async Task A_port_that_is_taken_for_one_family_is_in_use()
    {
        using var limit = new CancellationTokenSource(s_bound);
        using var other = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        other.DualMode = false;
        other.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        other.Listen();
        var account = new CountingAccount();
        await using GossipHost node = Make("n", IPAddress.IPv6Loopback, account);
        int port = ((IPEndPoint)other.LocalEndPoint!).Port;
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => node.StartAsync(new IPEndPoint(IPAddress.Loopback, port), s_noTags, limit.Token));
        Assert.Equal(0, account.InUse);
        await node.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), s_noTags, limit.Token);
        Assert.Equal(4, account.InUse);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Without_sockets_left_for_both_families_nothing_stays_taken(int sockets)
    {
        using var limit = new CancellationTokenSource(s_bound);
        var account = new CountingAccount { Limit = sockets };
        await using GossipHost node = Make("n", IPAddress.IPv6Loopback, account);
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => node.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), s_noTags, limit.Token));
        Assert.Contains("two sockets", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, account.InUse);
    }

    [Fact]
    public async Task An_address_that_this_machine_does_not_have_is_left_out()
    {
        using var limit = new CancellationTokenSource(s_bound);
        var account = new CountingAccount();
        await using GossipHost node = Make("n", IPAddress.Parse("2001:db8::1"), account); // RFC 3849: nobody's
        await node.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), s_noTags, limit.Token);
        Assert.Equal((2, null), (account.InUse, node.OtherEndPoint));
    }

    private static Task<string> FirstMeasured(GossipHost host)
    {
        var first = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        host.RoundTripMeasured += sample => first.TrySetResult(sample.Member);
        return first.Task;
    }

    private static NodeId Id(string name) => NodeId.Create(name, Guid.Parse("00000000-0000-0000-0000-000000000001"));

    private static GossipHost Make(string name, IPAddress? also, IResourceAccount? account = null) => new(
        new GossipOptions { Profile = SwimOptions.Local, AlsoOn = also }, Id(name), NullLogger<GossipHost>.Instance,
        TimeProvider.System, account ?? new CountingAccount());
}
