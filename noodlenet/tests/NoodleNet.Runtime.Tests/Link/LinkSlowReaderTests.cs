using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Runtime.Link;

namespace NoodleNet.Runtime.Tests.Link;

/// <summary>What a peer can make a host keep in memory when nobody reads: the credit it was given.</summary>
public sealed class LinkSlowReaderTests
{
    private const int StreamWindow = 64 << 10;
    private const int ConnectionWindow = 256 << 10;

    private static readonly LinkOptions Narrow = new()
    {
        Limits = new LinkLimits { StreamWindow = StreamWindow, ConnectionWindow = ConnectionWindow },
    };

    [Fact]
    public async Task A_stream_that_nobody_reads_holds_its_window_and_the_next_byte_ends_the_connection()
    {
        await using Site site = await Site.StartAsync(NeverReadAsync, Narrow);
        await using RawPeer raw = await site.ConnectAsync();
        long before = await BaselineAsync(site, raw);
        await raw.OpenAsync(1, -1);
        await FillAsync(raw, 1);
        Assert.InRange(Held(site) - before, StreamWindow, 2 * StreamWindow);
        await raw.SendAsync(new LinkFrame(LinkFrameType.Data, 1, 1, false), new byte[1]);
        Assert.Equal(LinkFault.CreditExceeded, await site.LostAsync());
    }

    [Fact]
    public async Task All_streams_together_hold_the_window_of_the_connection()
    {
        await using Site site = await Site.StartAsync(NeverReadAsync, Narrow);
        await using RawPeer raw = await site.ConnectAsync();
        long before = await BaselineAsync(site, raw);
        for (uint stream = 1; stream < 9; stream += 2)
        {
            await raw.OpenAsync(stream, -1);
            await FillAsync(raw, stream);
        }

        Assert.InRange(Held(site) - before, ConnectionWindow, 2 * ConnectionWindow);
        await raw.OpenAsync(9, -1);
        await raw.SendAsync(new LinkFrame(LinkFrameType.Data, 9, 1, false), new byte[1]);
        Assert.Equal(LinkFault.CreditExceeded, await site.LostAsync());
    }

    [Fact]
    public async Task A_writer_stops_at_the_window_and_goes_on_as_the_other_end_reads()
    {
        TaskCompletionSource read = LinkRequestTests.NewSignal();
        await using LinkPair pair = await LinkPair.StartAsync(
            async (incoming, cancellation) =>
            {
                if (incoming.Head.Method != "slow")
                {
                    await Answering.Echo(incoming, cancellation);
                    return;
                }

                LinkStream stream = incoming.AcceptStream(default);
                await read.Task;
                byte[] buffer = new byte[10_000];
                while (await stream.ReadAsync(buffer, cancellation) is { Count: > 0 })
                {
                }

                await stream.CompleteAsync(cancellation);
            },
            Narrow);
        long before = pair.Account.GetUse(ResourceKind.Memory).InUse;
        await using LinkStream stream = await pair.Peer.OpenStreamAsync(new LinkHead("slow"), default, default);
        await stream.ReadAnswerAsync(default).AsTask().WaitAsync(LinkPair.Bound);
        Task<LinkStatus> writing = stream.WriteAsync(new byte[3_000_000], default).AsTask();
        for (int i = 0; i < 3; i++)
        {
            using LinkReply meanwhile = await LinkRequestTests.AskAsync(pair, "meanwhile");
            Assert.Equal(LinkStatus.Ok, meanwhile.Status);
        }

        Assert.InRange(pair.Account.GetUse(ResourceKind.Memory).InUse - before, 0, 4 * StreamWindow);
        Assert.False(writing.IsCompleted);
        read.TrySetResult();
        Assert.Equal(LinkStatus.Ok, await writing.WaitAsync(LinkPair.Bound));
        Assert.Equal(LinkStatus.Ok, await stream.CompleteAsync(default).AsTask().WaitAsync(LinkPair.Bound));
    }

    [Fact]
    public async Task A_million_tiny_frames_hold_their_bytes_and_nothing_for_each_frame()
    {
        const int Rounds = 1000;
        const int EachRound = 1000;
        await using Site site = await Site.StartAsync(
            NeverReadAsync, new LinkOptions { Limits = new LinkLimits { StreamWindow = 1 << 20 } });
        await using RawPeer raw = await site.ConnectAsync();
        long before = await BaselineAsync(site, raw);
        await raw.OpenAsync(1, -1);
        byte[] frames = new byte[EachRound * (LinkFrame.Size + 1)];
        for (int i = 0; i < EachRound; i++)
        {
            new LinkFrame(LinkFrameType.Data, 1, 1, false).Write(frames.AsSpan(i * (LinkFrame.Size + 1)));
        }

        for (int round = 0; round < Rounds; round++)
        {
            await raw.SendRawAsync(frames);
        }

        await raw.FenceAsync();
        Assert.InRange(Held(site) - before, Rounds * EachRound, 2 << 20);
    }

    private static async ValueTask NeverReadAsync(LinkIncoming incoming, CancellationToken cancellation) =>
        await Task.Delay(Timeout.Infinite, cancellation);

    private static long Held(Site site) => site.Account.GetUse(ResourceKind.Memory).InUse;

    private static async Task<long> BaselineAsync(Site site, RawPeer raw)
    {
        await site.CameAsync();
        await raw.FenceAsync();
        return Held(site);
    }

    private static async Task FillAsync(RawPeer raw, uint stream)
    {
        await raw.SendAsync(
            new LinkFrame(LinkFrameType.Data, stream, StreamWindow, false), new byte[StreamWindow]);
        await raw.FenceAsync();
    }
}
