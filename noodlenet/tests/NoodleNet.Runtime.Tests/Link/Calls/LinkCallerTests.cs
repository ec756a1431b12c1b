using System.Net;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Link.Calls;
using NoodleNet.Runtime.Link;
using NoodleNet.Runtime.Link.Calls;

namespace NoodleNet.Runtime.Tests.Link.Calls;

public sealed class LinkCallerTests
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);
    private static readonly NodeId Good = LinkPair.Node(2), Bad = LinkPair.Node(3), Away = LinkPair.Node(9);

    [Fact]
    public async Task An_answer_comes_from_the_first_peer()
    {
        await using Mesh mesh = await Mesh.StartAsync(Reply(LinkStatus.Unavailable));
        using LinkCallResult result = await mesh.CallAsync([Good, Bad]);
        Assert.Equal((CallVerdict.Answered, Good, 1), (result.Verdict, result.Peer, result.Attempts));
        Assert.Equal(LinkStatus.Ok, result.Reply.Status);
        Assert.Equal("body"u8, result.Reply.Body.Span);
        Assert.Equal(0, mesh.Caller.Count);
    }

    public static TheoryData<LinkStatus, bool, bool> Statuses => new()
    {
        // what the first peer says  idempotent  the other one is asked
        { LinkStatus.Unavailable, false, true },
        { LinkStatus.Failed, true, true },
        { LinkStatus.Failed, false, false },
        { LinkStatus.Refused, true, false },
    };

    [Theory]
    [MemberData(nameof(Statuses))]
    public async Task Another_peer_is_asked_when_that_may_help_and_does_no_harm(
        LinkStatus status, bool isIdempotent, bool isRetried)
    {
        await using Mesh mesh = await Mesh.StartAsync(Reply(status));
        using LinkCallResult result = await mesh.CallAsync([Bad, Good], isIdempotent);
        Assert.Equal(isRetried ? (Good, 2, LinkStatus.Ok) : (Bad, 1, status),
            (result.Peer, result.Attempts, result.Reply.Status));
    }

    [Fact]
    public async Task A_peer_that_is_not_connected_costs_nothing()
    {
        await using Mesh mesh = await Mesh.StartAsync(Reply(LinkStatus.Ok));
        using LinkCallResult result = await mesh.CallAsync([Away, Good], isIdempotent: false);
        Assert.Equal((Good, 2), (result.Peer, result.Attempts));
        using LinkCallResult none = await mesh.CallAsync([]);
        Assert.Equal((CallVerdict.NoPeer, 0, LinkStatus.Cancelled), (none.Verdict, none.Attempts, none.Reply.Status));
    }

    [Fact]
    public async Task A_peer_that_hangs_is_left_for_another_one_and_its_handler_is_told()
    {
        TaskCompletionSource fired = LinkRequestTests.NewSignal();
        await using Mesh mesh = await Mesh.StartAsync(
            async (_, cancellation) =>
            {
                using CancellationTokenRegistration registration = cancellation.Register(() => fired.TrySetResult());
                await fired.Task;
            },
            new CallPolicy { AttemptLimit = TimeSpan.FromMilliseconds(50) });
        using LinkCallResult result = await mesh.CallAsync([Bad, Good]);
        Assert.Equal((Good, 2, LinkStatus.Ok), (result.Peer, result.Attempts, result.Reply.Status));
        await fired.Task.WaitAsync(LinkPair.Bound);
    }

    [Fact]
    public async Task A_deadline_and_a_cancellation_end_the_call()
    {
        TaskCompletionSource started = LinkRequestTests.NewSignal();
        await using Mesh mesh = await Mesh.StartAsync(async (_, cancellation) =>
        {
            started.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellation);
        });
        using LinkCallResult late = await mesh.CallAsync([Bad], timeoutMs: 60);
        Assert.Equal(CallVerdict.DeadlineExceeded, late.Verdict);
        started = LinkRequestTests.NewSignal();
        using var cancel = new CancellationTokenSource();
        Task<LinkCallResult> asked = mesh.CallAsync([Bad], cancellation: cancel.Token);
        await started.Task.WaitAsync(LinkPair.Bound);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            mesh.CallAsync([Bad], cancellation: cancel.Token));
    }

    [Fact]
    public async Task A_failing_peer_is_left_alone()
    {
        await using Mesh mesh = await Mesh.StartAsync(Reply(LinkStatus.Failed));
        for (int i = 0; i < 5; i++)
        {
            using LinkCallResult failed = await mesh.CallAsync([Bad], isIdempotent: false);
            Assert.Equal(CallVerdict.Failed, failed.Verdict);
        }

        Assert.Equal(BreakerState.Open, mesh.Caller.GetState(Bad));
        using LinkCallResult other = await mesh.CallAsync([Bad, Good], isIdempotent: false);
        Assert.Equal((Good, 1), (other.Peer, other.Attempts));
    }

    [Fact]
    public async Task What_an_application_may_not_ask_throws_and_an_end_cancels_what_is_under_way()
    {
        TaskCompletionSource started = LinkRequestTests.NewSignal();
        await using Mesh mesh = await Mesh.StartAsync(async (_, cancellation) =>
        {
            started.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellation);
        });
        await Assert.ThrowsAsync<ArgumentException>(() =>
            mesh.Caller.CallAsync([Bad], new LinkRequest { Head = new LinkHead("m") }, true, default));
        await Assert.ThrowsAsync<ArgumentException>(() => mesh.Caller.CallAsync(
            [Bad], new LinkRequest { Head = new LinkHead(new string('m', 65), TimeSpan.FromSeconds(1)) }, true,
            default));
        Task<LinkCallResult> asked = mesh.CallAsync([Bad]);
        await started.Task.WaitAsync(LinkPair.Bound);
        mesh.Caller.Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => mesh.CallAsync([Bad]));
    }

    private static Func<LinkIncoming, CancellationToken, ValueTask> Reply(LinkStatus status) =>
        (incoming, cancellation) => incoming.ReplyAsync(status, "", default, [], cancellation);

    /// <summary>Node 1 asks, node 2 echoes, node 3 does as the test says.</summary>
    private sealed class Mesh : IAsyncDisposable
    {
        private readonly LinkHost[] _hosts;

        private Mesh(LinkHost[] hosts, CallPolicy policy)
        {
            _hosts = hosts;
            Caller = new LinkCaller(hosts[0], policy, TimeProvider.System, seed: 1);
        }

        public LinkCaller Caller { get; }

        public static async Task<Mesh> StartAsync(
            Func<LinkIncoming, CancellationToken, ValueTask> bad, CallPolicy? policy = null)
        {
            var authority = new TestAuthority();
            LinkHost[] hosts =
            [
                LinkPair.NewHost(authority.Issue(LinkPair.Node(1))),
                LinkPair.NewHost(authority.Issue(Good)),
                LinkPair.NewHost(authority.Issue(Bad), bad),
            ];
            foreach ((LinkHost host, NodeId node) in ((LinkHost, NodeId)[])[(hosts[1], Good), (hosts[2], Bad)])
            {
                // Told of late, the connection would close a breaker that has opened on it.
                TaskCompletionSource told = LinkRequestTests.NewSignal();
                hosts[0].PeerConnected += peer => _ = peer.Node == node && told.TrySetResult();
                await host.StartAsync(AnyPort, default);
                await hosts[0].ConnectAsync(node, host.LocalEndPoint, default).AsTask().WaitAsync(LinkPair.Bound);
                await told.Task.WaitAsync(LinkPair.Bound);
            }

            return new Mesh(hosts, policy ?? new CallPolicy());
        }

        public Task<LinkCallResult> CallAsync(
            NodeId[] peers, bool isIdempotent = true, int timeoutMs = 10_000,
            CancellationToken cancellation = default) =>
            Caller.CallAsync(
                peers,
                LinkRequestTests.Ask("echo", TimeSpan.FromMilliseconds(timeoutMs), "body"u8.ToArray()),
                isIdempotent, cancellation).WaitAsync(LinkPair.Bound, CancellationToken.None);

        public async ValueTask DisposeAsync()
        {
            Caller.Dispose();
            foreach (LinkHost host in _hosts)
            {
                await host.DisposeAsync().AsTask().WaitAsync(LinkPair.Bound);
            }
        }
    }
}
