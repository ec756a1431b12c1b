using System.Buffers.Binary;
using System.Diagnostics;
using NoodleNet.Link;
using NoodleNet.Runtime.Link;

namespace NoodleNet.Runtime.Tests.Link;

/// <summary>Very many calls, calls that are given up in crowds, and application code that keeps its thread.</summary>
public sealed class LinkLoadTests
{
    [Fact]
    public async Task Ten_thousand_requests_at_once_on_one_connection_are_all_answered()
    {
        const int Count = 10_000;
        await using LinkPair pair = await LinkPair.StartAsync();
        Task<LinkReply>[] asked = new Task<LinkReply>[Count];
        for (int i = 0; i < Count; i++)
        {
            byte[] body = new byte[128];
            BinaryPrimitives.WriteInt32LittleEndian(body, i);
            asked[i] = pair.Peer.RequestAsync(LinkRequestTests.Ask("echo", null, body), default).AsTask();
        }

        for (int i = 0; i < Count; i++)
        {
            using LinkReply reply = await asked[i].WaitAsync(LinkPair.Bound);
            Assert.Equal(LinkStatus.Ok, reply.Status);
            Assert.Equal(i, BinaryPrimitives.ReadInt32LittleEndian(reply.Body.Span));
        }

        Assert.Equal(0, pair.Peer.Outstanding);
    }

    [Fact]
    public async Task Requests_given_up_in_crowds_leave_nothing_behind()
    {
        var options = new LinkOptions { Limits = new LinkLimits { MaxStreams = 64, MaxWaiting = 1000 } };
        await using LinkPair pair = await LinkPair.StartAsync(
            async (incoming, cancellation) =>
            {
                if (incoming.Head.Method == "wait")
                {
                    await Task.Delay(Timeout.Infinite, cancellation);
                }

                await Answering.Echo(incoming, cancellation);
            },
            options);
        for (int storm = 0; storm < 5; storm++)
        {
            using var cancel = new CancellationTokenSource();
            Task<LinkReply>[] asked =
            [
                .. Enumerable.Range(0, 500).Select(_ => pair.Peer.RequestAsync(
                    LinkRequestTests.Ask("wait", null, new byte[1000]), cancel.Token).AsTask()),
            ];
            await cancel.CancelAsync();
            foreach (Task<LinkReply> one in asked)
            {
                await EndAsync(one);
            }
        }

        LinkStatus status = LinkStatus.Busy;
        for (int tries = 0; status == LinkStatus.Busy && tries < 10_000; tries++)
        {
            using LinkReply reply = await LinkRequestTests.AskAsync(pair, "echo"); // handlers may still be ending
            status = reply.Status;
        }

        Assert.Equal(LinkStatus.Ok, status);
        Assert.Equal((0, true), (pair.Peer.Outstanding, pair.Peer.IsConnected));
    }

    [Fact]
    public async Task A_handler_that_keeps_its_thread_does_not_keep_the_others_of_its_connection_waiting()
    {
        using var released = new ManualResetEventSlim();
        await using LinkPair pair = await LinkPair.StartAsync((incoming, cancellation) =>
        {
            if (incoming.Head.Method == "block")
            {
                Assert.True(released.Wait(LinkPair.Bound, CancellationToken.None));
            }
            else if (incoming.Head.Method == "release")
            {
                released.Set();
            }

            return incoming.ReplyAsync(LinkStatus.Ok, "", default, default(ReadOnlyMemory<byte>), cancellation);
        });
        using LinkReply first = await LinkRequestTests.AskAsync(pair, "warm up");
        Task<LinkReply> blocked = LinkRequestTests.AskAsync(pair, "block");
        using LinkReply release = await LinkRequestTests.AskAsync(pair, "release");
        using LinkReply late = await blocked;
        Assert.Equal((LinkStatus.Ok, LinkStatus.Ok), (release.Status, late.Status));
        using LinkReply last = await LinkRequestTests.AskAsync(pair, "go on");
        Assert.Equal(LinkStatus.Ok, last.Status);
    }

    [Fact]
    public async Task A_host_ends_while_a_handler_keeps_the_thread_of_the_reader()
    {
        using var released = new ManualResetEventSlim();
        TaskCompletionSource started = LinkRequestTests.NewSignal();
        await using LinkPair pair = await LinkPair.StartAsync((incoming, cancellation) =>
        {
            started.TrySetResult();
            released.Wait(LinkPair.Bound, CancellationToken.None);
            return ValueTask.CompletedTask;
        });
        Task<LinkReply> asked = LinkRequestTests.AskAsync(pair, "block");
        await started.Task.WaitAsync(LinkPair.Bound);
        Task ending = pair.B.DisposeAsync().AsTask();
        using LinkReply lost = await asked;
        Assert.Equal(LinkStatus.ConnectionLost, lost.Status);
        released.Set();
        await ending.WaitAsync(LinkPair.Bound);
    }

    [Fact]
    public async Task Handlers_that_compute_for_long_and_short_ones_are_all_served()
    {
        await using LinkPair pair = await LinkPair.StartAsync((incoming, cancellation) =>
        {
            long start = Stopwatch.GetTimestamp();
            while (incoming.Head.Method == "long" && Stopwatch.GetElapsedTime(start).TotalMilliseconds < 2)
            {
            }

            return Answering.Echo(incoming, cancellation);
        });
        foreach (string method in (string[])["long", "short", "long", "short"])
        {
            for (int i = 0; i < 40; i++)
            {
                using LinkReply reply = await LinkRequestTests.AskAsync(pair, method, null, new byte[10]);
                Assert.Equal((LinkStatus.Ok, 10), (reply.Status, reply.Body.Length));
            }
        }
    }

    private static async Task EndAsync(Task<LinkReply> asked)
    {
        try
        {
            using LinkReply reply = await asked.WaitAsync(LinkPair.Bound);
            Assert.Contains(reply.Status, (LinkStatus[])[LinkStatus.Busy, LinkStatus.Cancelled]);
        }
        catch (OperationCanceledException)
        {
        }
    }
}
