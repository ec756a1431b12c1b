using NoodleNet.Link;
using NoodleNet.Runtime.Link;

namespace NoodleNet.Runtime.Tests.Link;

public sealed class LinkStreamTests
{
    private static async ValueTask EchoStream(LinkIncoming incoming, CancellationToken cancellation)
    {
        LinkStream stream = incoming.AcceptStream("hello"u8.ToArray());
        byte[] buffer = new byte[30_000];
        while (await stream.ReadAsync(buffer, cancellation) is { Count: > 0 } read)
        {
            await stream.WriteAsync(buffer.AsMemory(0, read.Count), cancellation);
        }

        await stream.CompleteAsync(cancellation);
    }

    [Fact]
    public async Task Bytes_flow_in_both_directions_far_beyond_the_window()
    {
        await using LinkPair pair = await LinkPair.StartAsync(EchoStream);
        await using LinkStream stream = await pair.Peer.OpenStreamAsync(new LinkHead("echo"), default, default);
        byte[] sent = new byte[3_000_000];
        new Random(5).NextBytes(sent);
        Task writing = Task.Run(async () =>
        {
            for (int at = 0; at < sent.Length; at += 100_000)
            {
                Assert.Equal(LinkStatus.Ok, await stream.WriteAsync(sent.AsMemory(at, 100_000), default));
            }

            Assert.Equal(LinkStatus.Ok, await stream.CompleteAsync(default));
        });
        LinkAnswer answer = await stream.ReadAnswerAsync(default).AsTask().WaitAsync(LinkPair.Bound);
        Assert.Equal(LinkStatus.Ok, answer.Status);
        Assert.Equal("hello"u8, answer.Header.Span);
        byte[] received = new byte[sent.Length];
        int count = 0;
        while (await stream.ReadAsync(received.AsMemory(count), default).AsTask().WaitAsync(LinkPair.Bound)
            is { Count: > 0 } read)
        {
            count += read.Count;
            if (count == received.Length)
            {
                break;
            }
        }

        await writing.WaitAsync(LinkPair.Bound);
        Assert.True(received.AsSpan().SequenceEqual(sent));
        Assert.Equal(new LinkRead(0, LinkStatus.Ok), await stream.ReadAsync(new byte[1],
            default).AsTask().WaitAsync(LinkPair.Bound));
        await Assert.ThrowsAsync<InvalidOperationException>(() => stream.WriteAsync(sent, default).AsTask());
    }

    [Fact]
    public async Task Cancelling_a_read_only_stops_waiting_and_cancelling_the_stream_reaches_the_other_end()
    {
        var ended = new TaskCompletionSource<LinkRead>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LinkPair pair = await LinkPair.StartAsync(async (incoming, cancellation) =>
        {
            LinkStream stream = incoming.AcceptStream(default);
            ended.TrySetResult(await stream.ReadAsync(new byte[10], default));
        });
        await using LinkStream stream = await pair.Peer.OpenStreamAsync(new LinkHead("wait"), default, default);
        await stream.ReadAnswerAsync(default).AsTask().WaitAsync(LinkPair.Bound);
        using var cancel = new CancellationTokenSource();
        ValueTask<LinkRead> reading = stream.ReadAsync(new byte[10], cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.AsTask().WaitAsync(LinkPair.Bound));
        stream.Cancel(LinkStatus.Refused);
        Assert.Equal(new LinkRead(0, LinkStatus.Refused), await ended.Task.WaitAsync(LinkPair.Bound));
        Assert.Equal(LinkStatus.Refused, await stream.WriteAsync(new byte[1], default));
        Assert.Equal(LinkStatus.Refused, (await stream.ReadAsync(new byte[1], default)).Status);
    }

    [Fact]
    public async Task A_reader_that_does_not_read_stops_the_writer_and_cancelling_the_write_ends_the_stream()
    {
        var done = LinkRequestTests.NewSignal();
        await using LinkPair pair = await LinkPair.StartAsync(async (incoming, cancellation) =>
        {
            incoming.AcceptStream(default);
            using CancellationTokenRegistration registration = cancellation.Register(() => done.TrySetResult());
            await done.Task;
        });
        await using LinkStream stream = await pair.Peer.OpenStreamAsync(new LinkHead("slow"), default, default);
        using var cancel = new CancellationTokenSource();
        ValueTask<LinkStatus> writing = stream.WriteAsync(new byte[4_000_000], cancel.Token);
        await stream.ReadAnswerAsync(default).AsTask().WaitAsync(LinkPair.Bound);
        Assert.False(writing.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing.AsTask().WaitAsync(LinkPair.Bound));
        await done.Task.WaitAsync(LinkPair.Bound);
    }

    [Fact]
    public async Task A_handler_that_returns_in_the_middle_of_its_stream_cancels_it()
    {
        await using LinkPair pair = await LinkPair.StartAsync((incoming, _) =>
        {
            incoming.AcceptStream(default);
            Assert.Throws<InvalidOperationException>(() => incoming.AcceptStream(default));
            return ValueTask.CompletedTask;
        });
        await using LinkStream stream = await pair.Peer.OpenStreamAsync(new LinkHead("short"), default, default);
        LinkRead read = await stream.ReadAsync(new byte[1], default).AsTask().WaitAsync(LinkPair.Bound);
        Assert.Equal(LinkStatus.Cancelled, read.Status);
    }

    [Fact]
    public async Task A_lost_connection_ends_streams_and_new_ones_cannot_be_opened()
    {
        await using LinkPair pair = await LinkPair.StartAsync(EchoStream);
        await using LinkStream stream = await pair.Peer.OpenStreamAsync(new LinkHead("echo"), default, default);
        await stream.ReadAnswerAsync(default).AsTask().WaitAsync(LinkPair.Bound);
        await pair.B.DisposeAsync();
        LinkRead read = await stream.ReadAsync(new byte[1], default).AsTask().WaitAsync(LinkPair.Bound);
        Assert.Equal(LinkStatus.ConnectionLost, read.Status);
        LinkException lost = await Assert.ThrowsAsync<LinkException>(() =>
            pair.Peer.OpenStreamAsync(new LinkHead("echo"), default, default).AsTask());
        Assert.Equal(LinkFault.Reset, lost.Fault);
    }
}
