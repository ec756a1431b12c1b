using System.Net;
using NoodleNet.Link;
using NoodleNet.Link.Transports;
using NoodleNet.Runtime.Link;
using NoodleNet.Runtime.Link.Transports;

namespace NoodleNet.Runtime.Tests.Link.Transports;

/// <summary>Several ways to one peer. What stands for QUIC here is memory that says it is.</summary>
public sealed class LinkPathsTests
{
    private static readonly IPEndPoint Nowhere = new(IPAddress.Loopback, 0);

    [Fact]
    public async Task A_direct_connection_takes_over_from_a_relay_and_loses_no_call()
    {
        await using Nodes nodes = Nodes.Create();
        LinkPeer peer = await nodes.ConnectAsync(LinkTransportKind.Relay);
        Assert.Equal(LinkTransportKind.Relay, peer.Transport);
        await nodes.EndOfAsync(LinkTransportKind.Relay, () => nodes.ConnectAsync(LinkTransportKind.Memory), peer);
        Assert.Equal((LinkTransportKind.Memory, true), (peer.Transport, peer.IsConnected));
    }

    [Fact]
    public async Task A_relay_that_comes_beside_a_direct_connection_is_not_used()
    {
        await using Nodes nodes = Nodes.Create();
        LinkPeer peer = await nodes.ConnectAsync(LinkTransportKind.Memory);
        await nodes.EndOfAsync(LinkTransportKind.Relay, () => nodes.ConnectAsync(LinkTransportKind.Relay), peer);
        Assert.Equal(LinkTransportKind.Memory, peer.Transport);
    }

    [Fact]
    public async Task QUIC_stands_beside_TCP_and_either_carries_on_alone()
    {
        await using Nodes nodes = Nodes.Create();
        LinkPeer peer = await nodes.ConnectAsync(LinkTransportKind.Memory);
        await nodes.ConnectAsync(LinkTransportKind.Quic);
        await nodes.UntilAsync(LinkTransportKind.Memory, TransportReason.Measuring);
        await nodes.CutAsync(LinkTransportKind.Memory);
        await Nodes.AskAsync(peer);
        await nodes.UntilAsync(LinkTransportKind.Quic, TransportReason.OnlyOne);
        await nodes.ConnectAsync(LinkTransportKind.Memory);
        await nodes.UntilAsync(LinkTransportKind.Memory, TransportReason.Measuring);
        await nodes.CutAsync(LinkTransportKind.Quic);
        await Nodes.AskAsync(peer);
        await nodes.UntilAsync(LinkTransportKind.Memory, TransportReason.Blocked);
        LinkTransportStatus status = nodes.A.DescribeTransport(peer.Node)!.Value;
        Assert.Equal((LinkTransportKind.Memory, TransportReason.Blocked, LinkFault.Reset),
            (status.Kind, status.Reason, status.LastFailure));
        Assert.Null(status.Quic);
        Assert.True(peer.IsConnected && status.Tcp is not null && !status.TakesDatagrams);
        Assert.Null(nodes.A.DescribeTransport(LinkPair.Node(9)));
    }

    [Fact]
    public async Task The_faster_one_is_used_after_a_few_measurements()
    {
        await using Nodes nodes = Nodes.Create();
        LinkPeer peer = await nodes.ConnectAsync(LinkTransportKind.Memory, TimeSpan.FromMilliseconds(25));
        await nodes.ConnectAsync(LinkTransportKind.Quic);
        await nodes.Log.SeenAsync("go over Quic now: Faster");
        Assert.Equal(LinkTransportKind.Quic, peer.Transport);
        await Nodes.AskAsync(peer);
    }

    [Fact]
    public async Task QUIC_that_goes_dark_is_given_up_long_before_silence_would_end_it()
    {
        var limits = new LinkLimits { PingPeriod = TimeSpan.FromMilliseconds(50), SilenceLimit = LinkPair.Bound * 3 };
        await using Nodes nodes = Nodes.Create(new LinkOptions { Limits = limits });
        LinkPeer peer = await nodes.ConnectAsync(LinkTransportKind.Memory);
        await nodes.ConnectAsync(LinkTransportKind.Quic);
        await nodes.UntilAsync(LinkTransportKind.Memory, TransportReason.Measuring);
        nodes.Freeze(LinkTransportKind.Quic);
        await nodes.UntilBlockedAsync();
        Assert.Equal(LinkFault.PeerSilent, nodes.A.DescribeTransport(peer.Node)!.Value.LastFailure);
        await Nodes.AskAsync(peer);
    }

    [Fact]
    public async Task Where_QUIC_is_blocked_TCP_stays_and_the_reason_is_told()
    {
        await using Nodes nodes = Nodes.Create(new LinkOptions { ConnectLimit = TimeSpan.FromMilliseconds(300) });
        await nodes.A.StartAsync(Nowhere, default);
        await nodes.B.StartAsync(Nowhere, default);
        nodes.A.Paths.OfferQuic(9); // discard: nothing answers there
        nodes.B.Paths.OfferQuic(9);
        LinkPeer peer = await nodes.A.ConnectAsync(LinkPair.Node(2), nodes.B.LocalEndPoint, default);
        await nodes.Log.SeenAsync("No QUIC to n2-");
        await Nodes.AskAsync(peer);
        LinkTransportStatus status = nodes.A.DescribeTransport(LinkPair.Node(2))!.Value;
        Assert.Equal((LinkTransportKind.Tcp, TransportReason.Blocked), (status.Kind, status.Reason));
        Assert.NotEqual(LinkFault.None, status.LastFailure);
    }

    [Fact]
    public async Task Without_the_library_QUIC_is_refused_once_and_links_go_on()
    {
        Assert.SkipWhen(LinkHost.IsQuicSupported, "libmsquic is on this machine");
        await using Nodes nodes = Nodes.Create();
        Assert.False(await nodes.A.StartQuicAsync(Nowhere, default));
        await nodes.Log.SeenAsync("No QUIC on this machine");
        Assert.Null(nodes.A.QuicEndPoint);
        await Nodes.AskAsync(await nodes.ConnectAsync(LinkTransportKind.Memory));
    }

    [Fact]
    public async Task Datagrams_begin_when_a_direct_connection_follows_a_relay()
    {
        await using Nodes nodes = Nodes.Create();
        nodes.A.UseDatagrams(1, static (_, _) => true);
        nodes.B.UseDatagrams(1, static (_, _) => true);
        LinkPeer peer = await nodes.ConnectAsync(LinkTransportKind.Relay);
        await Nodes.AskAsync(peer);
        Assert.False(nodes.A.DescribeTransport(peer.Node)!.Value.TakesDatagrams);
        await nodes.ConnectAsync(LinkTransportKind.Memory);
        while (!nodes.A.DescribeTransport(peer.Node)!.Value.TakesDatagrams)
        {
            await Nodes.AskAsync(peer);
        }
    }

    [Fact]
    public async Task A_hello_that_is_none_is_refused()
    {
        await using Nodes nodes = Nodes.Create();
        LinkPeer peer = await nodes.ConnectAsync(LinkTransportKind.Memory);
        var request = new LinkRequest { Head = new LinkHead(PathHello.Method), Header = new byte[3] };
        using LinkReply reply = await peer.RequestAsync(request, default).AsTask().WaitAsync(LinkPair.Bound);
        Assert.Equal(LinkStatus.Refused, reply.Status);
    }

    [Fact]
    public async Task A_duplex_that_comes_while_the_host_ends_is_given_back()
    {
        Nodes nodes = Nodes.Create();
        await nodes.DisposeAsync();
        (Stream here, Stream there) = MemoryDuplex.Pair();
        await nodes.A.AdoptAsync(there, LinkTransportKind.Relay, Nowhere).WaitAsync(LinkPair.Bound);
        Assert.Equal(0, await here.ReadAsync(new byte[1]));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => nodes.A.ConnectOverAsync(
            here, LinkPair.Node(2), LinkTransportKind.Relay, Nowhere, default).AsTask());
    }

    [Fact]
    public async Task A_duplex_to_nobody_is_given_back_with_a_fault()
    {
        await using Nodes nodes = Nodes.Create(new LinkOptions { ConnectLimit = TimeSpan.FromMilliseconds(100) });
        (Stream here, Stream there) = MemoryDuplex.Pair();
        LinkException fault = await Assert.ThrowsAsync<LinkException>(() => nodes.A.ConnectOverAsync(
            here, LinkPair.Node(2), LinkTransportKind.Relay, Nowhere, default).AsTask().WaitAsync(LinkPair.Bound));
        Assert.Equal(LinkFault.HandshakeTimeout, fault.Fault);
        while (await there.ReadAsync(new byte[1000]).AsTask().WaitAsync(LinkPair.Bound) > 0)
        {
        }

        (here, there) = MemoryDuplex.Pair();
        LinkException self = await Assert.ThrowsAsync<LinkException>(() => nodes.A.ConnectOverAsync(
            here, LinkPair.Node(1), LinkTransportKind.Relay, Nowhere, default).AsTask().WaitAsync(LinkPair.Bound));
        Assert.Equal(LinkFault.SelfConnection, self.Fault);
        Assert.Equal(0, await there.ReadAsync(new byte[1]).AsTask().WaitAsync(LinkPair.Bound));
    }

    private sealed class Nodes(LinkHost a, LinkHost b, SeenLog log) : IAsyncDisposable
    {
        private readonly Dictionary<LinkTransportKind, (Stream Here, Task Served)> _duplexes = [];

        public LinkHost A => a;

        public LinkHost B => b;

        public SeenLog Log => log;

        public static Nodes Create(LinkOptions? options = null)
        {
            var authority = new TestAuthority();
            var log = new SeenLog();
            LinkHost a = new(options ?? new LinkOptions(), authority.Issue(LinkPair.Node(1)),
                new Answering(Answering.Echo), new TestAccount(), log, TimeProvider.System, []);
            return new Nodes(a, LinkPair.NewHost(authority.Issue(LinkPair.Node(2)), options: options), log);
        }

        public async Task<LinkPeer> ConnectAsync(LinkTransportKind kind, TimeSpan delay = default)
        {
            (Stream here, Stream there) = MemoryDuplex.Pair(delay);
            _duplexes[kind] = (here, b.AdoptAsync(there, kind, Nowhere));
            return await a.ConnectOverAsync(here, LinkPair.Node(2), kind, Nowhere, default).AsTask()
                .WaitAsync(LinkPair.Bound);
        }

        public void Freeze(LinkTransportKind kind) => ((MemoryDuplex)_duplexes[kind].Here).Freeze();

        /// <summary>Returns when QUIC was given up.</summary>
        public async Task UntilBlockedAsync()
        {
            await _duplexes[LinkTransportKind.Quic].Served.WaitAsync(LinkPair.Bound);
            await UntilAsync(LinkTransportKind.Memory, TransportReason.Blocked);
        }

        /// <summary>Breaks the newest connection of a kind, and returns when both ends know.</summary>
        public async Task CutAsync(LinkTransportKind kind)
        {
            await _duplexes[kind].Here.DisposeAsync();
            await _duplexes[kind].Served.WaitAsync(LinkPair.Bound);
            while (a.DescribeTransport(LinkPair.Node(2)) is { } status
                && (kind == LinkTransportKind.Quic ? status.Quic : status.Tcp) is not null)
            {
                await Task.Yield();
            }
        }

        /// <summary>Connects another way and calls all the while, until the connection of a kind has ended.</summary>
        public async Task EndOfAsync(LinkTransportKind kind, Func<Task<LinkPeer>> connect, LinkPeer peer)
        {
            Assert.Same(peer, await connect().WaitAsync(LinkPair.Bound));
            while (!_duplexes[kind].Served.IsCompleted)
            {
                await AskAsync(peer);
            }
        }

        /// <summary>Returns when this is the verdict on node 2: who connected hears of it a moment before.</summary>
        public async Task UntilAsync(LinkTransportKind kind, TransportReason reason)
        {
            long start = Environment.TickCount64;
            while (a.DescribeTransport(LinkPair.Node(2)) is { } status
                && (status.Kind, status.Reason) != (kind, reason))
            {
                Assert.True(Environment.TickCount64 - start < LinkPair.Bound.TotalMilliseconds, $"It is {status}.");
                await Task.Yield();
            }
        }

        public static async Task AskAsync(LinkPeer peer)
        {
            using LinkReply reply = await peer.RequestAsync(LinkRequestTests.Ask("echo", null, new byte[100]), default)
                .AsTask().WaitAsync(LinkPair.Bound);
            Assert.Equal(LinkStatus.Ok, reply.Status);
        }

        public async ValueTask DisposeAsync()
        {
            await a.DisposeAsync().AsTask().WaitAsync(LinkPair.Bound);
            await b.DisposeAsync().AsTask().WaitAsync(LinkPair.Bound);
        }
    }
}
