using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Runtime.Link;

namespace NoodleNet.Runtime.Tests.Link;

public sealed class LinkHostTests
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    [Fact]
    public async Task Concurrent_callers_share_one_connection_and_the_peer_sees_who_came()
    {
        var authority = new TestAuthority();
        var account = new TestAccount();
        await using LinkHost a = LinkPair.NewHost(authority.Issue(LinkPair.Node(1)), account: account);
        await using LinkHost b = LinkPair.NewHost(authority.Issue(LinkPair.Node(2)));
        var came = new TaskCompletionSource<LinkPeer>(TaskCreationOptions.RunContinuationsAsynchronously);
        b.PeerConnected += peer => came.TrySetResult(peer);
        b.PeerConnected += _ => throw new InvalidOperationException("a subscriber that breaks");
        await b.StartAsync(AnyPort, default);
        IEnumerable<Task<LinkPeer>> dials = Enumerable.Range(0, 8).Select(
            _ => Task.Run(() => a.ConnectAsync(LinkPair.Node(2), b.LocalEndPoint, default).AsTask()));
        LinkPeer[] peers = await Task.WhenAll(dials).WaitAsync(LinkPair.Bound);
        Assert.All(peers, peer => Assert.Same(peers[0], peer));
        Assert.Equal(1, account.GetUse(ResourceKind.Sockets).InUse);
        LinkPeer back = await came.Task.WaitAsync(LinkPair.Bound);
        Assert.Equal(LinkPair.Node(1), back.Node);
        using LinkReply reply =
            await back.RequestAsync(LinkRequestTests.Ask("echo"), default).AsTask().WaitAsync(LinkPair.Bound);
        Assert.Equal(LinkStatus.Ok, reply.Status);
        Assert.True(peers[0].Jitter >= TimeSpan.Zero && peers[0].RoundTrip >= TimeSpan.Zero);
        Assert.Equal(b.LocalEndPoint, peers[0].Remote);
    }

    [Fact]
    public async Task Two_nodes_that_dial_each_other_keep_one_connection_and_lose_no_request()
    {
        var authority = new TestAuthority();
        await using LinkHost a = LinkPair.NewHost(authority.Issue(LinkPair.Node(1)));
        await using LinkHost b = LinkPair.NewHost(authority.Issue(LinkPair.Node(2)));
        await a.StartAsync(AnyPort, default);
        await b.StartAsync(AnyPort, default);
        async Task Ask(LinkHost from, NodeId to, IPEndPoint address)
        {
            LinkPeer peer = await from.ConnectAsync(to, address, default);
            for (int i = 0; i < 50; i++)
            {
                using LinkReply reply =
                    await peer.RequestAsync(LinkRequestTests.Ask("echo", null, new byte[500]), default);
                Assert.Equal(LinkStatus.Ok, reply.Status);
            }
        }

        await Task.WhenAll(
            Task.Run(() => Ask(a, LinkPair.Node(2), b.LocalEndPoint)),
            Task.Run(() => Ask(b, LinkPair.Node(1), a.LocalEndPoint))).WaitAsync(LinkPair.Bound);
        Assert.True(a.TryGetPeer(LinkPair.Node(2), out LinkPeer? ofA) && ofA.IsConnected);
        Assert.True(b.TryGetPeer(LinkPair.Node(1), out LinkPeer? ofB) && ofB.IsConnected);
    }

    [Fact]
    public async Task Drain_finishes_what_is_in_flight_and_refuses_what_comes_after()
    {
        var started = LinkRequestTests.NewSignal();
        var release = LinkRequestTests.NewSignal();
        await using LinkPair pair = await LinkPair.StartAsync(async (incoming, cancellation) =>
        {
            started.TrySetResult();
            await release.Task;
            await incoming.ReplyAsync(LinkStatus.Ok, "", default, [], cancellation);
        });
        var lost = new TaskCompletionSource<LinkFault>(TaskCreationOptions.RunContinuationsAsynchronously);
        pair.A.PeerLost += (_, fault) => lost.TrySetResult(fault);
        Task<LinkReply> asked = LinkRequestTests.AskAsync(pair, "slow");
        await started.Task.WaitAsync(LinkPair.Bound);
        Task drained = pair.B.DrainAsync(LinkPair.Bound);
        Assert.False(drained.IsCompleted);
        release.TrySetResult();
        using LinkReply reply = await asked;
        Assert.Equal(LinkStatus.Ok, reply.Status);
        await drained.WaitAsync(LinkPair.Bound);
        Assert.Equal(LinkFault.Drained, await lost.Task.WaitAsync(LinkPair.Bound));
        await pair.B.DrainAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_drain_that_takes_too_long_is_cut()
    {
        var started = LinkRequestTests.NewSignal();
        await using LinkPair pair = await LinkPair.StartAsync(async (_, cancellation) =>
        {
            started.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellation);
        });
        Task<LinkReply> asked = LinkRequestTests.AskAsync(pair, "for ever");
        await started.Task.WaitAsync(LinkPair.Bound);
        await pair.B.DrainAsync(TimeSpan.FromMilliseconds(20)).WaitAsync(LinkPair.Bound);
        using LinkReply reply = await asked;
        Assert.Equal(LinkStatus.ConnectionLost, reply.Status);
    }

    [Fact]
    public async Task One_connection_too_many_is_refused_by_either_end()
    {
        var authority = new TestAuthority();
        await using LinkHost one =
            LinkPair.NewHost(authority.Issue(LinkPair.Node(1)), options: new LinkOptions { MaxConnections = 1 });
        await using LinkHost two = LinkPair.NewHost(authority.Issue(LinkPair.Node(2)));
        await using LinkHost three = LinkPair.NewHost(authority.Issue(LinkPair.Node(3)));
        await one.StartAsync(AnyPort, default);
        await three.StartAsync(AnyPort, default);
        await two.ConnectAsync(LinkPair.Node(1), one.LocalEndPoint, default).AsTask().WaitAsync(LinkPair.Bound);
        Assert.Equal(LinkFault.TlsFailed, await LinkTrustTests.FaultOf(three, LinkPair.Node(1), one.LocalEndPoint));
        Assert.Equal(
            LinkFault.TooManyConnections, await LinkTrustTests.FaultOf(one, LinkPair.Node(3), three.LocalEndPoint));
    }

    [Theory]
    [InlineData(ResourceKind.Sockets)]
    [InlineData(ResourceKind.Memory)]
    public async Task Without_resources_no_connection_is_made(ResourceKind kind)
    {
        var authority = new TestAuthority();
        var account = new TestAccount();
        account.Limits[kind] = 0;
        await using LinkHost host = LinkPair.NewHost(authority.Issue(LinkPair.Node(1)), account: account);
        Assert.Equal(LinkFault.OutOfResources, await LinkTrustTests.FaultOf(host, LinkPair.Node(2), AnyPort));
        Assert.Equal(0, account.GetUse(ResourceKind.Sockets).InUse);
    }

    [Theory]
    [InlineData("7FFFFFFF0400000000000001")] // an oversized frame
    [InlineData("000000080700000000000000_0000000000000001")] // a ping before the greeting
    [InlineData("000000080100000000000000_0000000000000001")] // a greeting that is none
    [InlineData("000000280200000000000001_00")] // cut off
    public async Task A_trusted_peer_that_breaks_the_protocol_is_cut_off(string hex)
    {
        var authority = new TestAuthority();
        await using LinkHost host = LinkPair.NewHost(authority.Issue(LinkPair.Node(1)));
        await host.StartAsync(AnyPort, default);
        using var client = new TcpClient();
        await client.ConnectAsync(host.LocalEndPoint);
        await using SslStream stream = new(client.GetStream());
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "noodle",
            ApplicationProtocols = [new SslApplicationProtocol("noodle/1")],
            EnabledSslProtocols = SslProtocols.Tls13,
            ClientCertificates = [authority.Issue(LinkPair.Node(2)).Certificate],
            RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
        }).WaitAsync(LinkPair.Bound);
        await stream.WriteAsync(Convert.FromHexString(hex.Replace("_", "", StringComparison.Ordinal)));
        if (hex.EndsWith("_00", StringComparison.Ordinal))
        {
            client.Client.Shutdown(SocketShutdown.Send);
        }

        byte[] hello = new byte[1000];
        try
        {
            while (await stream.ReadAsync(hello).AsTask().WaitAsync(LinkPair.Bound) > 0)
            {
            }
        }
        catch (IOException)
        {
        }

        Assert.False(host.TryGetPeer(LinkPair.Node(2), out _));
    }

    [Fact]
    public async Task Wrong_settings_are_all_named_and_a_host_is_disposed_of_twice()
    {
        ILinkIdentity identity = new TestAuthority().Issue(LinkPair.Node(1));
        ArgumentException wrong = Assert.Throws<ArgumentException>(() =>
            LinkPair.NewHost(
                identity,
                options: new LinkOptions { MaxConnections = 0, Limits = new LinkLimits { MaxStreams = 0 } }));
        Assert.Contains("MaxConnections", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("MaxStreams", wrong.Message, StringComparison.Ordinal);
        LinkHost host = LinkPair.NewHost(identity);
        await host.DisposeAsync();
        await host.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() =>
            host.ConnectAsync(LinkPair.Node(2), AnyPort, default).AsTask());
    }
}
