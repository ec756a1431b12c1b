using System.Net;
using System.Net.Sockets;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Runtime.Link;

namespace NoodleNet.Runtime.Tests.Link;

/// <summary>What a trusted peer that breaks the rules, or a machine that lost power, can do to a host.</summary>
public sealed class LinkHostileTests
{
    private static readonly LinkLimits Quick =
        new() { PingPeriod = TimeSpan.FromMilliseconds(50), SilenceLimit = TimeSpan.FromMilliseconds(400) };

    [Fact]
    public async Task A_peer_that_says_nothing_is_given_up()
    {
        await using Site site = await Site.StartAsync(null, new LinkOptions { Limits = Quick });
        await using RawPeer raw = await site.ConnectAsync();
        Assert.Equal(LinkFault.PeerSilent, await site.LostAsync());
    }

    [Fact]
    public async Task A_peer_that_talks_but_takes_no_byte_is_given_up_and_the_call_to_it_ends()
    {
        await using Site site = await Site.StartAsync(null, new LinkOptions { Limits = Quick });
        await using RawPeer raw = await site.ConnectAsync();
        using var stop = new CancellationTokenSource();
        Task talking = TalkAsync(raw, stop.Token);
        LinkPeer peer = await site.CameAsync();
        var request = new LinkRequest
        {
            Head = new LinkHead("put", TimeSpan.FromMilliseconds(100)), Body = [new byte[64 << 20]],
        };
        using LinkReply reply = await peer.RequestAsync(request, default).AsTask().WaitAsync(LinkPair.Bound);
        Assert.Equal(LinkStatus.DeadlineExceeded, reply.Status);
        Assert.Equal(LinkFault.PeerSilent, await site.LostAsync());
        await stop.CancelAsync();
        await talking;
    }

    [Fact]
    public async Task A_last_frame_that_only_trickles_in_does_not_hold_up_the_deadline()
    {
        await using Site site = await Site.StartAsync();
        await using RawPeer raw = await site.ConnectAsync();
        LinkPeer peer = await site.CameAsync();
        Task<LinkReply> asked = peer.RequestAsync(
            LinkRequestTests.Ask("get", TimeSpan.FromMilliseconds(300)), default).AsTask();
        LinkFrame open = (await raw.ReadAsync(LinkFrameType.Open))!.Value;
        await raw.AnswerAsync(open.Stream, 100, isEnd: false);
        await raw.SendAsync(new LinkFrame(LinkFrameType.Data, open.Stream, 100, true), new byte[1]);
        using LinkReply reply = await asked.WaitAsync(LinkPair.Bound);
        Assert.Equal(LinkStatus.DeadlineExceeded, reply.Status);
        await raw.SendMoreAsync(99);
        await raw.FenceAsync();
        Assert.True(peer.IsConnected);
    }

    [Fact]
    public async Task An_answer_whose_last_frame_comes_in_pieces_is_whole()
    {
        await using Site site = await Site.StartAsync();
        await using RawPeer raw = await site.ConnectAsync();
        LinkPeer peer = await site.CameAsync();
        Task<LinkReply> asked = peer.RequestAsync(LinkRequestTests.Ask("get"), default).AsTask();
        LinkFrame open = (await raw.ReadAsync(LinkFrameType.Open))!.Value;
        await raw.AnswerAsync(open.Stream, -1, isEnd: false);
        await raw.SendAsync(new LinkFrame(LinkFrameType.Data, open.Stream, 100, true), new byte[1]);
        await raw.SendMoreAsync(99);
        using LinkReply reply = await asked.WaitAsync(LinkPair.Bound);
        Assert.Equal((LinkStatus.Ok, 100), (reply.Status, reply.Body.Length));
    }

    [Fact]
    public async Task One_stream_too_many_ends_the_connection_and_fires_the_tokens()
    {
        int fired = 0;
        var options = new LinkOptions { Limits = new LinkLimits { MaxStreams = 2 } };
        await using Site site = await Site.StartAsync(
            async (_, cancellation) =>
            {
                using CancellationTokenRegistration counted =
                    cancellation.Register(() => Interlocked.Increment(ref fired));
                await Task.Delay(Timeout.Infinite, cancellation);
            },
            options);
        await using RawPeer raw = await site.ConnectAsync();
        await raw.OpenAsync(1, -1);
        await raw.OpenAsync(3, -1);
        await raw.FenceAsync();
        await raw.OpenAsync(5, -1);
        Assert.Equal(LinkFault.TooManyStreams, await site.LostAsync());
        Assert.Equal(2, fired);
    }

    [Fact]
    public async Task More_bytes_than_there_is_credit_for_end_the_connection()
    {
        var options = new LinkOptions { Limits = new LinkLimits { StreamWindow = 16 << 10 } };
        await using Site site = await Site.StartAsync(WaitAsync, options);
        await using RawPeer raw = await site.ConnectAsync();
        await raw.OpenAsync(1, -1);
        await raw.SendAsync(new LinkFrame(LinkFrameType.Data, 1, 20_000, false), new byte[20_000]);
        Assert.Equal(LinkFault.CreditExceeded, await site.LostAsync());
    }

    [Fact]
    public async Task Opening_and_cancelling_without_end_starts_a_bounded_number_of_handlers()
    {
        int started = 0;
        TaskCompletionSource release = LinkRequestTests.NewSignal();
        var options = new LinkOptions { Limits = new LinkLimits { MaxStreams = 2 } };
        await using Site site = await Site.StartAsync(
            async (_, _) =>
            {
                Interlocked.Increment(ref started);
                await release.Task;
            },
            options);
        await using RawPeer raw = await site.ConnectAsync();
        for (uint stream = 1; stream < 200; stream += 2)
        {
            await raw.OpenAsync(stream, -1);
            await raw.SendAsync(LinkFrameType.Cancel, stream, (long)LinkStatus.Cancelled);
            await raw.FenceAsync();
        }

        release.TrySetResult();
        Assert.InRange(started, 1, 4);
    }

    [Fact]
    public async Task A_body_that_is_only_announced_takes_no_memory()
    {
        await using Site site = await Site.StartAsync(WaitAsync);
        await using RawPeer raw = await site.ConnectAsync();
        await site.CameAsync();
        long before = site.Account.GetUse(ResourceKind.Memory).InUse;
        for (uint stream = 1; stream < 40; stream += 2)
        {
            await raw.OpenAsync(stream, 256 << 10);
            await raw.SendAsync(new LinkFrame(LinkFrameType.Data, stream, 1, false), new byte[1]);
        }

        await raw.FenceAsync();
        Assert.InRange(site.Account.GetUse(ResourceKind.Memory).InUse - before, 1, 20 * 1024);
    }

    [Fact]
    public async Task A_peer_that_came_back_unnoticed_is_kept_when_its_old_connection_turns_out_dead()
    {
        await using Site site = await Site.StartAsync(null, new LinkOptions { Limits = Quick });
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        ValueTask<LinkPeer> dialing =
            site.Host.ConnectAsync(site.Other.Node, (IPEndPoint)listener.LocalEndpoint, default);
        await using RawPeer old = await RawPeer.AcceptAsync(listener, site.Other);
        LinkPeer peer = await dialing.AsTask().WaitAsync(LinkPair.Bound);
        await old.FenceAsync(); // answers the first ping, then its machine loses power
        await using RawPeer back = await site.ConnectAsync();
        Task<LinkFrame?> asking = back.ReadAsync(LinkFrameType.Open);
        using LinkReply lost = await peer.RequestAsync(LinkRequestTests.Ask("a"), default).AsTask().WaitAsync(
            LinkPair.Bound);
        Assert.Equal(LinkStatus.ConnectionLost, lost.Status);
        Task<LinkReply> asked = peer.RequestAsync(LinkRequestTests.Ask("b"), default).AsTask();
        LinkFrame open = (await asking)!.Value;
        await back.AnswerAsync(open.Stream, 0, isEnd: true);
        using LinkReply reply = await asked.WaitAsync(LinkPair.Bound);
        Assert.Equal((LinkStatus.Ok, true), (reply.Status, peer.IsConnected));
    }

    [Fact]
    public async Task One_peer_does_not_take_all_the_places()
    {
        await using Site site = await Site.StartAsync();
        var peers = new List<RawPeer>();
        for (int i = 0; i < 4; i++)
        {
            RawPeer raw = await site.ConnectAsync();
            peers.Add(raw);
            await raw.FenceAsync();
        }

        await using RawPeer tooMany = await site.ConnectAsync();
        while (await tooMany.ReadAsync() is not null)
        {
        }

        Assert.True((await site.CameAsync()).IsConnected);
        foreach (RawPeer raw in peers)
        {
            await raw.DisposeAsync();
        }
    }

    private static async ValueTask WaitAsync(LinkIncoming incoming, CancellationToken cancellation) =>
        await Task.Delay(Timeout.Infinite, cancellation);

    private static async Task TalkAsync(RawPeer raw, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(40));
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation))
            {
                await raw.SendAsync(LinkFrameType.Ping, 0, 1);
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
        }
    }
}
