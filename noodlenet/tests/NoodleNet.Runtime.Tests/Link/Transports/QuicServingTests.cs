using System.Net;
using System.Net.Security;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Runtime.Link;
using NoodleNet.Runtime.Link.Transports;

namespace NoodleNet.Runtime.Tests.Link.Transports;

/// <summary>What a host does with accepted QUIC connections; here the stream of one is made of memory.</summary>
public sealed class QuicServingTests
{
    private static readonly IPEndPoint Nowhere = new(IPAddress.Loopback, 0);

    [Fact]
    public async Task A_connection_whose_stream_came_is_served_until_it_ends()
    {
        var authority = new TestAuthority();
        await using LinkHost host = LinkPair.NewHost(authority.Issue(LinkPair.Node(1)));
        await using LinkHost other = LinkPair.NewHost(authority.Issue(LinkPair.Node(2)));
        (Stream here, Stream there) = MemoryDuplex.Pair();
        Task serving = host.ServeQuicAsync(
            async cancellation =>
            {
                var sends = new GatheringStream(there);
                var stream = new SslStream(sends);
                var tls = new LinkTls(authority.Issue(LinkPair.Node(1)), []);
                await stream.AuthenticateAsServerAsync(tls.ForQuicServer(), cancellation);
                return (new TlsTransport(stream, sends, LinkTransportKind.Quic, Nowhere), LinkPair.Node(2));
            },
            Nowhere);
        LinkPeer peer = await other.ConnectOverAsync(here, LinkPair.Node(1), LinkTransportKind.Quic, Nowhere, default)
            .AsTask().WaitAsync(LinkPair.Bound);
        using (LinkReply reply = await peer.RequestAsync(LinkRequestTests.Ask("echo"), default))
        {
            Assert.Equal((LinkStatus.Ok, LinkTransportKind.Quic), (reply.Status, peer.Transport));
        }

        await other.DisposeAsync();
        await serving.WaitAsync(LinkPair.Bound);
    }

    [Fact]
    public async Task A_stream_that_never_comes_and_a_stranger_end_their_own_connection_only()
    {
        var account = new TestAccount();
        var limits = new LinkLimits { HandshakeLimit = TimeSpan.FromMilliseconds(50) };
        await using LinkHost host = LinkPair.NewHost(
            new TestAuthority().Issue(LinkPair.Node(1)), options: new LinkOptions { Limits = limits },
            account: account);
        await host.ServeQuicAsync(
            async cancellation =>
            {
                await Task.Delay(Timeout.Infinite, cancellation);
                return default;
            },
            Nowhere).WaitAsync(LinkPair.Bound);
        await host.ServeQuicAsync(
            static _ => throw new LinkException(LinkFault.Untrusted, "of another mesh"), Nowhere)
            .WaitAsync(LinkPair.Bound);
        Assert.Equal(0, account.GetUse(ResourceKind.Sockets).InUse);
    }

    [Fact]
    public async Task One_connection_too_many_is_closed_at_once()
    {
        var account = new TestAccount();
        account.Limits[ResourceKind.Sockets] = 0;
        await using LinkHost host =
            LinkPair.NewHost(new TestAuthority().Issue(LinkPair.Node(1)), account: account);
        bool isCancelled = false;
        await host.ServeQuicAsync(
            cancellation =>
            {
                isCancelled = cancellation.IsCancellationRequested; // the side closes the connection then
                return Task.FromCanceled<(LinkTransport, NodeId)>(cancellation);
            },
            Nowhere).WaitAsync(LinkPair.Bound);
        Assert.True(isCancelled);
    }
}
