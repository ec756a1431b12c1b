using System.Buffers.Binary;
using System.Text;
using NoodleNet.Link;
using NoodleNet.Runtime.Link;

namespace NoodleNet.Runtime.Tests.Link;

public sealed class LinkRequestTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(128)]
    [InlineData(65_536)]
    [InlineData(1_000_003)]
    [InlineData(64 << 20)]
    public async Task A_body_comes_back_as_it_went(int length)
    {
        await using LinkPair pair = await LinkPair.StartAsync();
        byte[] body = new byte[length];
        new Random(1).NextBytes(body);
        int half = length / 3;
        using LinkReply reply = await AskAsync(pair, "echo", body: [body.AsMemory(0, half), body.AsMemory(half)]);
        Assert.Equal(LinkStatus.Ok, reply.Status);
        Assert.Equal("header"u8, reply.Header.Span);
        Assert.True(reply.Body.Span.SequenceEqual(body));
    }

    [Fact]
    public async Task Many_requests_run_at_once_and_none_gets_the_answer_of_another()
    {
        await using LinkPair pair = await LinkPair.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 16).Select(lane => Task.Run(async () =>
        {
            byte[] body = new byte[lane * 997 + 4];
            for (int i = 0; i < 40; i++)
            {
                BinaryPrimitives.WriteInt32LittleEndian(body, (lane * 1000) + i);
                using LinkReply reply = await AskAsync(pair, "echo", body: [body]);
                Assert.True(reply.Body.Span.SequenceEqual(body));
            }
        })));
        Assert.Equal(0, pair.Peer.Outstanding);
    }

    [Fact]
    public async Task The_handler_sees_all_that_was_asked()
    {
        LinkHead seen = default;
        long? length = null;
        await using LinkPair pair = await LinkPair.StartAsync(async (incoming, cancellation) =>
        {
            (seen, length) = (incoming.Head, incoming.BodyLength);
            await incoming.ReplyAsync(LinkStatus.Refused, "not today", default, [], cancellation);
        });
        Guid key = Guid.NewGuid();
        var head = new LinkHead("talk.infer", TimeSpan.FromMinutes(1), key, 3, LinkPriority.High, "00-trace-01");
        var request = new LinkRequest { Head = head };
        using LinkReply reply = await pair.Peer.RequestAsync(request, default).AsTask().WaitAsync(LinkPair.Bound);
        Assert.Equal((LinkStatus.Refused, "not today"), (reply.Status, reply.Message));
        Assert.InRange(seen.Timeout!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        Assert.Equal(head with { Timeout = null }, seen with { Timeout = null });
        Assert.Equal(0, length);
    }

    [Theory]
    [InlineData("throws")]
    [InlineData("throws later")]
    [InlineData("says nothing")]
    public async Task A_handler_that_breaks_or_never_answers_is_answered_Failed_without_its_text(string how)
    {
        await using LinkPair pair = await LinkPair.StartAsync(async (incoming, _) =>
        {
            if (how == "throws later")
            {
                await Task.Yield();
            }

            if (how != "says nothing")
            {
                throw new InvalidOperationException("secret");
            }
        });
        using LinkReply reply = await AskAsync(pair, "break", body: [new byte[300_000]]);
        Assert.Equal((LinkStatus.Failed, ""), (reply.Status, reply.Message));
        Assert.True(pair.Peer.IsConnected);
    }

    [Fact]
    public async Task Cancelling_throws_here_and_fires_the_token_there()
    {
        var started = NewSignal();
        var fired = NewSignal();
        await using LinkPair pair = await LinkPair.StartAsync(async (_, cancellation) =>
        {
            using CancellationTokenRegistration registration = cancellation.Register(() => fired.TrySetResult());
            started.TrySetResult();
            await fired.Task;
        });
        using var cancel = new CancellationTokenSource();
        Task<LinkReply> asked = pair.Peer.RequestAsync(Ask("wait"), cancel.Token).AsTask();
        await started.Task.WaitAsync(LinkPair.Bound);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked.WaitAsync(LinkPair.Bound));
        await fired.Task.WaitAsync(LinkPair.Bound);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            pair.Peer.RequestAsync(Ask("wait"), cancel.Token).AsTask());
    }

    [Fact]
    public async Task A_deadline_ends_the_call_at_both_ends()
    {
        var fired = NewSignal();
        await using LinkPair pair = await LinkPair.StartAsync(async (_, cancellation) =>
        {
            using CancellationTokenRegistration registration = cancellation.Register(() => fired.TrySetResult());
            await fired.Task;
        });
        using LinkReply reply = await AskAsync(pair, "wait", TimeSpan.FromMilliseconds(60));
        Assert.Equal(LinkStatus.DeadlineExceeded, reply.Status);
        await fired.Task.WaitAsync(LinkPair.Bound);
    }

    [Fact]
    public async Task When_the_peer_is_gone_all_that_is_outstanding_is_lost()
    {
        var arrived = new CountdownEvent(5);
        var all = NewSignal();
        await using LinkPair pair = await LinkPair.StartAsync(async (_, cancellation) =>
        {
            if (arrived.Signal())
            {
                all.TrySetResult();
            }

            await Task.Delay(Timeout.Infinite, cancellation);
        });
        var lost = new TaskCompletionSource<LinkFault>(TaskCreationOptions.RunContinuationsAsynchronously);
        pair.A.PeerLost += (_, fault) => lost.TrySetResult(fault);
        Task<LinkReply>[] asked = [.. Enumerable.Range(0, 5).Select(_ => AskAsync(pair, "wait"))];
        await all.Task.WaitAsync(LinkPair.Bound);
        await pair.B.DisposeAsync();
        foreach (Task<LinkReply> one in asked)
        {
            using LinkReply reply = await one;
            Assert.Equal(LinkStatus.ConnectionLost, reply.Status);
        }

        Assert.Equal(LinkFault.Reset, await lost.Task.WaitAsync(LinkPair.Bound));
        using LinkReply late = await AskAsync(pair, "late");
        Assert.Equal(LinkStatus.ConnectionLost, late.Status);
        Assert.False(pair.Peer.IsConnected);
        Assert.False(pair.A.TryGetPeer(pair.NodeB, out _));
    }

    [Fact]
    public async Task A_body_above_the_handlers_limit_is_TooLarge_and_the_connection_lives_on()
    {
        await using LinkPair pair = await LinkPair.StartAsync(async (incoming, cancellation) =>
        {
            using LinkBody body = await incoming.ReadBodyAsync(1000, cancellation);
            await incoming.ReplyAsync(body.Status, "", default, [], cancellation);
        });
        using LinkReply tooLarge = await AskAsync(pair, "put", body: [new byte[5_000_000]]);
        Assert.Equal(LinkStatus.TooLarge, tooLarge.Status);
        using LinkReply fits = await AskAsync(pair, "put", body: [new byte[1000]]);
        Assert.Equal(LinkStatus.Ok, fits.Status);
    }

    [Fact]
    public async Task An_answer_above_the_askers_limit_is_TooLarge()
    {
        await using LinkPair pair = await LinkPair.StartAsync(
            (incoming, cancellation) =>
                incoming.ReplyAsync(LinkStatus.Ok, "", default, [new byte[100_000]], cancellation),
            new LinkOptions { MaxBodyBytes = 50_000 });
        using LinkReply reply = await AskAsync(pair, "get");
        Assert.Equal(LinkStatus.TooLarge, reply.Status);
    }

    [Fact]
    public async Task Without_memory_a_body_is_Exhausted()
    {
        await using LinkPair pair = await LinkPair.StartAsync();
        pair.Account.Limits[Noodle.Primitives.ResourceKind.Memory] = 900_000;
        using LinkReply reply = await AskAsync(pair, "echo", body: [new byte[2_000_000]]);
        Assert.Equal(LinkStatus.Exhausted, reply.Status);
        using LinkReply small = await AskAsync(pair, "echo", body: [new byte[1000]]);
        Assert.Equal(LinkStatus.Ok, small.Status);
    }

    [Fact]
    public async Task A_reply_that_was_given_back_cannot_be_read()
    {
        await using LinkPair pair = await LinkPair.StartAsync();
        LinkReply reply = await AskAsync(pair, "echo", body: [new byte[10]]);
        reply.Dispose();
        await Task.Run(() => { });
        reply.Dispose();
        using LinkReply other = await AskAsync(pair, "echo", body: [new byte[10]]);
        Assert.Throws<ObjectDisposedException>(() => reply.Body);
        Assert.Equal(10, other.Body.Length);
        LinkReply none = default;
        Assert.Equal((LinkStatus.Ok, true, 0), (none.Status, none.Header.IsEmpty, none.Body.Length));
    }

    public static TheoryData<LinkHead, int> WrongRequests => new()
    {
        { new LinkHead(""), 0 },
        { new LinkHead(new string('m', 65)), 0 },
        { new LinkHead("m", Hops: 256), 0 },
        { new LinkHead("m", TraceParent: "\u00e4"), 0 },
        { new LinkHead("m"), 65_537 },
    };

    [Theory]
    [MemberData(nameof(WrongRequests))]
    public async Task What_an_application_may_not_ask_throws_before_anything_is_sent(LinkHead head, int header)
    {
        await using LinkPair pair = await LinkPair.StartAsync();
        await Assert.ThrowsAnyAsync<ArgumentException>(async () =>
            await pair.Peer.RequestAsync(new LinkRequest { Head = head, Header = new byte[header] }, default));
    }

    internal static LinkRequest Ask(string method, TimeSpan? timeout = null, params ReadOnlyMemory<byte>[] body) =>
        new() { Head = new LinkHead(method, timeout), Header = Encoding.ASCII.GetBytes("header"), Body = body };

    internal static Task<LinkReply> AskAsync(
        LinkPair pair, string method, TimeSpan? timeout = null, params ReadOnlyMemory<byte>[] body) =>
        pair.Peer.RequestAsync(Ask(method, timeout, body), default).AsTask().WaitAsync(LinkPair.Bound);

    internal static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
