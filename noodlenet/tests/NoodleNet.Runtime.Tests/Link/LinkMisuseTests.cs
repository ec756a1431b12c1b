using System.Buffers;
using System.Net;
using System.Net.Sockets;
using NoodleNet.Link;
using NoodleNet.Runtime.Link;

namespace NoodleNet.Runtime.Tests.Link;

/// <summary>What mistakes of an application may not do to the connection, and what hosts refuse.</summary>
public sealed class LinkMisuseTests
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    [Fact]
    public async Task A_time_left_below_zero_is_a_passed_deadline_and_no_breach()
    {
        await using LinkPair pair = await LinkPair.StartAsync();
        using LinkReply late = await LinkRequestTests.AskAsync(pair, "echo", TimeSpan.FromSeconds(-1));
        Assert.Equal(LinkStatus.DeadlineExceeded, late.Status);
        using LinkReply next = await LinkRequestTests.AskAsync(pair, "echo");
        Assert.Equal(LinkStatus.Ok, next.Status);
    }

    [Fact]
    public async Task A_token_callback_that_throws_ends_nothing_but_its_call()
    {
        TaskCompletionSource started = LinkRequestTests.NewSignal();
        await using LinkPair pair = await LinkPair.StartAsync(async (incoming, cancellation) =>
        {
            if (incoming.Head.Method == "echo")
            {
                await Answering.Echo(incoming, cancellation);
                return;
            }

            TaskCompletionSource fired = LinkRequestTests.NewSignal();
            cancellation.Register(() => fired.TrySetResult());
            cancellation.Register(() => throw new InvalidOperationException("a callback that breaks"));
            started.TrySetResult();
            await fired.Task;
        });
        using var cancel = new CancellationTokenSource();
        Task<LinkReply> asked = pair.Peer.RequestAsync(LinkRequestTests.Ask("wait"), cancel.Token).AsTask();
        await started.Task.WaitAsync(LinkPair.Bound);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked.WaitAsync(LinkPair.Bound));
        using LinkReply next = await LinkRequestTests.AskAsync(pair, "echo");
        Assert.Equal(LinkStatus.Ok, next.Status);
    }

    [Fact]
    public async Task Memory_given_back_too_early_ends_the_connection_and_hangs_nobody()
    {
        await using LinkPair pair = await LinkPair.StartAsync();
        using var gone = new GoneMemory(100);
        using LinkReply reply = await LinkRequestTests.AskAsync(pair, "echo", null, gone.Memory);
        Assert.Equal(LinkStatus.ConnectionLost, reply.Status);
    }

    [Fact]
    public async Task A_cancellation_that_is_looked_at_late_is_still_one()
    {
        TaskCompletionSource started = LinkRequestTests.NewSignal();
        await using LinkPair pair = await LinkPair.StartAsync(async (incoming, cancellation) =>
        {
            if (incoming.Head.Method == "wait")
            {
                started.TrySetResult();
                await Task.Delay(Timeout.Infinite, cancellation);
            }

            await Answering.Echo(incoming, cancellation);
        });
        using var cancel = new CancellationTokenSource();
        ValueTask<LinkReply> asked = pair.Peer.RequestAsync(LinkRequestTests.Ask("wait"), cancel.Token);
        await started.Task.WaitAsync(LinkPair.Bound);
        await cancel.CancelAsync();
        for (int i = 0; i < 50; i++)
        {
            using LinkReply other = await LinkRequestTests.AskAsync(pair, "echo");
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await asked);
        using LinkReply last = await LinkRequestTests.AskAsync(pair, "echo");
        Assert.Equal(LinkStatus.Ok, last.Status);
    }

    [Fact]
    public async Task A_writer_whose_reader_wants_no_more_is_let_go()
    {
        await using LinkPair pair = await LinkPair.StartAsync(async (incoming, cancellation) =>
        {
            LinkStream stream = incoming.AcceptStream(default);
            await stream.CompleteAsync(cancellation);
        });
        await using LinkStream stream = await pair.Peer.OpenStreamAsync(new LinkHead("short"), default, default);
        Task<LinkStatus> writing = stream.WriteAsync(new byte[4_000_000], default).AsTask();
        Assert.Equal(LinkStatus.Ok, await writing.WaitAsync(LinkPair.Bound));
    }

    [Fact]
    public async Task Two_reads_or_two_writes_of_a_stream_at_once_are_a_mistake()
    {
        await using LinkPair pair = await LinkPair.StartAsync(async (incoming, cancellation) =>
        {
            incoming.AcceptStream(default);
            await Task.Delay(Timeout.Infinite, cancellation);
        });
        await using LinkStream stream = await pair.Peer.OpenStreamAsync(new LinkHead("slow"), default, default);
        ValueTask<LinkStatus> writing = stream.WriteAsync(new byte[4_000_000], default);
        ValueTask<LinkRead> reading = stream.ReadAsync(new byte[10], default);
        await Assert.ThrowsAsync<InvalidOperationException>(() => stream.WriteAsync(new byte[1], default).AsTask());
        await Assert.ThrowsAsync<InvalidOperationException>(() => stream.ReadAsync(new byte[1], default).AsTask());
        stream.Cancel(LinkStatus.Cancelled);
        Assert.Equal(LinkStatus.Cancelled, await writing.AsTask().WaitAsync(LinkPair.Bound));
        Assert.Equal(LinkStatus.Cancelled, (await reading.AsTask().WaitAsync(LinkPair.Bound)).Status);
    }

    [Fact]
    public async Task As_many_calls_as_may_be_are_open_and_the_next_is_Busy()
    {
        TaskCompletionSource started = LinkRequestTests.NewSignal();
        TaskCompletionSource release = LinkRequestTests.NewSignal();
        await using LinkPair pair = await LinkPair.StartAsync(
            async (incoming, cancellation) =>
            {
                started.TrySetResult();
                await release.Task;
                await Answering.Echo(incoming, cancellation);
            },
            new LinkOptions { Limits = new LinkLimits { MaxStreams = 1, MaxWaiting = 0 } });
        Task<LinkReply> first = LinkRequestTests.AskAsync(pair, "echo");
        await started.Task.WaitAsync(LinkPair.Bound);
        using LinkReply second = await LinkRequestTests.AskAsync(pair, "echo");
        Assert.Equal(LinkStatus.Busy, second.Status);
        LinkException full = await Assert.ThrowsAsync<LinkException>(() =>
            pair.Peer.OpenStreamAsync(new LinkHead("echo"), default, default).AsTask());
        Assert.Equal(LinkFault.TooManyStreams, full.Fault);
        release.TrySetResult();
        using LinkReply reply = await first;
        Assert.Equal(LinkStatus.Ok, reply.Status);
    }

    [Fact]
    public async Task Handlers_do_not_see_the_context_of_whoever_dialed()
    {
        var ambient = new AsyncLocal<string?> { Value = "the caller's" };
        var seen = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var authority = new TestAuthority();
        await using LinkHost a = LinkPair.NewHost(authority.Issue(LinkPair.Node(1)), (incoming, cancellation) =>
        {
            seen.TrySetResult(ambient.Value);
            return incoming.ReplyAsync(LinkStatus.Ok, "", default, [], cancellation);
        });
        await using LinkHost b = LinkPair.NewHost(authority.Issue(LinkPair.Node(2)));
        var came = new TaskCompletionSource<LinkPeer>(TaskCreationOptions.RunContinuationsAsynchronously);
        b.PeerConnected += _ => throw new InvalidOperationException("a subscriber that breaks");
        b.PeerConnected += peer => came.TrySetResult(peer);
        await b.StartAsync(AnyPort, default);
        await a.ConnectAsync(LinkPair.Node(2), b.LocalEndPoint, default).AsTask().WaitAsync(LinkPair.Bound);
        LinkPeer back = await came.Task.WaitAsync(LinkPair.Bound);
        using LinkReply reply = await back.RequestAsync(LinkRequestTests.Ask("look"), default);
        Assert.Null(await seen.Task.WaitAsync(LinkPair.Bound));
    }

    [Fact]
    public async Task Strangers_in_the_handshake_do_not_keep_peers_out_of_reach()
    {
        var authority = new TestAuthority();
        await using LinkHost host = LinkPair.NewHost(
            authority.Issue(LinkPair.Node(1)), options: new LinkOptions { MaxConnections = 2, MaxHandshakes = 1 });
        await using LinkHost other = LinkPair.NewHost(authority.Issue(LinkPair.Node(2)));
        await host.StartAsync(AnyPort, default);
        await other.StartAsync(AnyPort, default);
        using var first = new TcpClient();
        await first.ConnectAsync(host.LocalEndPoint);
        using var second = new TcpClient();
        await second.ConnectAsync(host.LocalEndPoint);
        Assert.Equal(0, await ReadOneAsync(second));
        LinkPeer peer = await host.ConnectAsync(LinkPair.Node(2), other.LocalEndPoint, default).AsTask().WaitAsync(
            LinkPair.Bound);
        Assert.True(peer.IsConnected);
    }

    [Fact]
    public async Task A_socket_of_a_shared_port_is_served_until_the_host_ends()
    {
        var authority = new TestAuthority();
        LinkHost host = LinkPair.NewHost(authority.Issue(LinkPair.Node(1)));
        await using LinkHost other = LinkPair.NewHost(authority.Issue(LinkPair.Node(2)));
        using var shared = new TcpListener(AnyPort);
        shared.Start();
        Task<Socket> accepting = shared.AcceptSocketAsync();
        Task<LinkPeer> dialing =
            other.ConnectAsync(LinkPair.Node(1), (IPEndPoint)shared.LocalEndpoint, default).AsTask();
        Assert.True(host.TryAdopt(await accepting));
        LinkPeer peer = await dialing.WaitAsync(LinkPair.Bound);
        using (LinkReply reply = await peer.RequestAsync(LinkRequestTests.Ask("echo"), default))
        {
            Assert.Equal(LinkStatus.Ok, reply.Status);
        }

        await host.DisposeAsync();
        using var late = new Socket(SocketType.Stream, ProtocolType.Tcp);
        Assert.False(host.TryAdopt(late));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => host.StartAsync(AnyPort, default));
    }

    [Fact]
    public async Task A_host_listens_once()
    {
        await using LinkPair pair = await LinkPair.StartAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => pair.A.StartAsync(AnyPort, default));
    }

    public static TheoryData<string, LinkOptions> WrongOptions => new()
    {
        { "MaxConnections", new LinkOptions { MaxConnections = 65_537 } },
        { "MaxHandshakes", new LinkOptions { MaxHandshakes = 0 } },
        { "MaxBodyBytes", new LinkOptions { MaxBodyBytes = 1023 } },
        { "ConnectLimit", new LinkOptions { ConnectLimit = TimeSpan.FromMilliseconds(9) } },
        { "ConnectLimit", new LinkOptions { ConnectLimit = TimeSpan.FromMinutes(6) } },
        { "MaxStreams", new LinkOptions { Limits = new LinkLimits { MaxStreams = 65_537 } } },
        { "MaxWaiting", new LinkOptions { Limits = new LinkLimits { MaxWaiting = -1 } } },
        { "MaxWaiting", new LinkOptions { Limits = new LinkLimits { MaxWaiting = 1_048_577 } } },
        { "StreamWindow", new LinkOptions { Limits = new LinkLimits { StreamWindow = 1000 } } },
        { "ConnectionWindow", new LinkOptions { Limits = new LinkLimits { ConnectionWindow = 1000 } } },
        { "PingPeriod", new LinkOptions { Limits = new LinkLimits { PingPeriod = TimeSpan.Zero } } },
        { "SilenceLimit", new LinkOptions { Limits = new LinkLimits { SilenceLimit = TimeSpan.FromSeconds(9) } } },
        { "HandshakeLimit", new LinkOptions { Limits = new LinkLimits { HandshakeLimit = TimeSpan.Zero } } },
    };

    [Theory]
    [MemberData(nameof(WrongOptions), DisableDiscoveryEnumeration = true)]
    public void A_setting_out_of_its_range_is_named(string setting, LinkOptions options)
    {
        Assert.Contains(setting, Assert.Single(options.FindFaults()), StringComparison.Ordinal);
        Assert.Empty(new LinkOptions().FindFaults());
    }

    private static async Task<int> ReadOneAsync(TcpClient client)
    {
        try
        {
            return await client.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(LinkPair.Bound);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>Memory whose owner has given it back.</summary>
    private sealed class GoneMemory(int length) : MemoryManager<byte>
    {
        public override Memory<byte> Memory => CreateMemory(length);

        public override Span<byte> GetSpan() => throw new ObjectDisposedException(nameof(GoneMemory));

        public override MemoryHandle Pin(int elementIndex = 0) => throw new ObjectDisposedException(nameof(GoneMemory));

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
