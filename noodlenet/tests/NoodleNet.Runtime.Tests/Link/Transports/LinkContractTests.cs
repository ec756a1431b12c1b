using System.Buffers.Binary;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Runtime.Link;

namespace NoodleNet.Runtime.Tests.Link.Transports;

public sealed class MemoryContractTests : LinkContractTests
{
    private protected override ContractRig Rig { get; } = new MemoryRig();
}

public sealed class TcpContractTests : LinkContractTests
{
    private protected override ContractRig Rig { get; } = new TcpRig();
}

/// <summary>Skipped where libmsquic is absent, unless NOODLE_REQUIRE_QUIC is 1.</summary>
public sealed class QuicContractTests : LinkContractTests
{
    private protected override ContractRig Rig { get; }

    public QuicContractTests()
    {
        bool isRequired = Environment.GetEnvironmentVariable("NOODLE_REQUIRE_QUIC") == "1";
        Assert.SkipUnless(LinkHost.IsQuicSupported || isRequired, "libmsquic is not on this machine");
        Rig = OperatingSystem.IsLinux() && LinkHost.IsQuicSupported ? new QuicRig()
            : throw new InvalidOperationException("NOODLE_REQUIRE_QUIC is 1 and there is no QUIC on this machine.");
    }
}

/// <summary>What every transport keeps, whatever it is made of.</summary>
public abstract class LinkContractTests
{
    private static readonly LinkLimits Quick = new()
    {
        PingPeriod = TimeSpan.FromMilliseconds(50), SilenceLimit = TimeSpan.FromMilliseconds(400),
        HandshakeLimit = TimeSpan.FromMilliseconds(700),
    };

    private protected abstract ContractRig Rig { get; }

    [Theory]
    [InlineData(0)]
    [InlineData(128)]
    [InlineData(700_003)]
    public async Task A_body_comes_back_as_it_went(int length)
    {
        await using Pair pair = await ConnectAsync();
        byte[] body = new byte[length];
        new Prng(3).Fill(body);
        using LinkReply reply = await AskAsync(pair.Peer, body);
        Assert.Equal((LinkStatus.Ok, Rig.Kind), (reply.Status, pair.Peer.Transport));
        Assert.True(reply.Body.Span.SequenceEqual(body));
    }

    [Fact]
    public async Task Many_requests_in_both_directions_at_once_each_get_their_own_answer()
    {
        await using Pair pair = await ConnectAsync();
        LinkPeer back = await pair.BackAsync();
        await Task.WhenAll(Enumerable.Range(0, 12).Select(lane => Task.Run(async () =>
        {
            byte[] body = new byte[(lane * 997) + 4];
            for (int i = 0; i < 20; i++)
            {
                BinaryPrimitives.WriteInt32LittleEndian(body, (lane * 1000) + i);
                using LinkReply reply = await AskAsync(lane % 2 == 0 ? pair.Peer : back, body);
                Assert.True(reply.Body.Span.SequenceEqual(body));
            }
        }))).WaitAsync(LinkPair.Bound);
    }

    [Fact]
    public async Task A_stream_flows_both_ways_beyond_the_window()
    {
        await using Pair pair = await ConnectAsync(async (incoming, cancellation) =>
        {
            LinkStream echo = incoming.AcceptStream("hi"u8.ToArray());
            byte[] buffer = new byte[30_000];
            while (await echo.ReadAsync(buffer, cancellation) is { Count: > 0 } read)
            {
                await echo.WriteAsync(buffer.AsMemory(0, read.Count), cancellation);
            }

            await echo.CompleteAsync(cancellation);
        });
        await using LinkStream stream = await pair.Peer.OpenStreamAsync(new LinkHead("echo"), default, default);
        byte[] sent = new byte[1_500_000];
        new Prng(5).Fill(sent);
        Task writing = Task.Run(async () =>
        {
            await stream.WriteAsync(sent, default);
            await stream.CompleteAsync(default);
        });
        LinkAnswer answer = await stream.ReadAnswerAsync(default).AsTask().WaitAsync(LinkPair.Bound);
        Assert.Equal("hi"u8, answer.Header.Span);
        byte[] received = new byte[sent.Length];
        for (int at = 0; at < received.Length;)
        {
            at += (await stream.ReadAsync(received.AsMemory(at), default).AsTask().WaitAsync(LinkPair.Bound)).Count;
        }

        await writing.WaitAsync(LinkPair.Bound);
        Assert.True(received.AsSpan().SequenceEqual(sent));
    }

    [Fact]
    public async Task Cancelling_throws_here_and_fires_the_token_there()
    {
        TaskCompletionSource started = LinkRequestTests.NewSignal(), fired = LinkRequestTests.NewSignal();
        await using Pair pair = await ConnectAsync(async (_, cancellation) =>
        {
            using CancellationTokenRegistration registration = cancellation.Register(() => fired.TrySetResult());
            started.TrySetResult();
            await fired.Task;
        });
        using var cancel = new CancellationTokenSource();
        Task<LinkReply> asked = pair.Peer.RequestAsync(LinkRequestTests.Ask("wait"), cancel.Token).AsTask();
        await started.Task.WaitAsync(LinkPair.Bound);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked.WaitAsync(LinkPair.Bound));
        await fired.Task.WaitAsync(LinkPair.Bound);
        Assert.True(pair.Peer.IsConnected);
    }

    [Fact]
    public async Task A_deadline_ends_the_call_at_both_ends()
    {
        TaskCompletionSource fired = LinkRequestTests.NewSignal();
        await using Pair pair = await ConnectAsync(async (_, cancellation) =>
        {
            using CancellationTokenRegistration registration = cancellation.Register(() => fired.TrySetResult());
            await fired.Task;
        });
        using LinkReply reply = await pair.Peer.RequestAsync(
            LinkRequestTests.Ask("wait", TimeSpan.FromMilliseconds(60)), default).AsTask().WaitAsync(LinkPair.Bound);
        Assert.Equal(LinkStatus.DeadlineExceeded, reply.Status);
        await fired.Task.WaitAsync(LinkPair.Bound);
    }

    [Fact]
    public async Task A_reader_that_does_not_read_stops_the_writer_and_nobody_else()
    {
        TaskCompletionSource done = LinkRequestTests.NewSignal();
        await using Pair pair = await ConnectAsync(async (incoming, cancellation) =>
        {
            if (incoming.Head.Method == "slow")
            {
                incoming.AcceptStream(default);
                await done.Task.WaitAsync(cancellation);
                return;
            }

            await Answering.Echo(incoming, cancellation);
        });
        await using LinkStream stream = await pair.Peer.OpenStreamAsync(new LinkHead("slow"), default, default);
        Task<LinkStatus> writing = stream.WriteAsync(new byte[4_000_000], default).AsTask();
        await stream.ReadAnswerAsync(default).AsTask().WaitAsync(LinkPair.Bound);
        using LinkReply other = await AskAsync(pair.Peer, new byte[100_000]);
        Assert.Equal((LinkStatus.Ok, false), (other.Status, writing.IsCompleted));
        done.TrySetResult();
        Assert.Equal(LinkStatus.Cancelled, await writing.WaitAsync(LinkPair.Bound));
    }

    [Fact]
    public async Task A_drain_lets_what_is_in_flight_finish()
    {
        TaskCompletionSource started = LinkRequestTests.NewSignal(), release = LinkRequestTests.NewSignal();
        await using Pair pair = await ConnectAsync(async (incoming, cancellation) =>
        {
            started.TrySetResult();
            await release.Task;
            await incoming.ReplyAsync(LinkStatus.Ok, "", default, [new byte[500_000]], cancellation);
        });
        Task<LinkFault> lost = pair.LostAsync();
        Task<LinkReply> asked = AskAsync(pair.Peer, []);
        await started.Task.WaitAsync(LinkPair.Bound);
        Task drained = pair.B.DrainAsync(LinkPair.Bound);
        release.TrySetResult();
        using LinkReply reply = await asked;
        Assert.Equal((LinkStatus.Ok, 500_000), (reply.Status, reply.Body.Length));
        await drained.WaitAsync(LinkPair.Bound);
        Assert.Equal(LinkFault.Drained, await lost);
    }

    [Fact]
    public async Task When_the_peer_is_gone_what_is_outstanding_is_lost()
    {
        TaskCompletionSource started = LinkRequestTests.NewSignal();
        await using Pair pair = await ConnectAsync(async (_, cancellation) =>
        {
            started.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellation);
        });
        Task<LinkFault> lost = pair.LostAsync();
        Task<LinkReply> asked = AskAsync(pair.Peer, []);
        await started.Task.WaitAsync(LinkPair.Bound);
        await pair.B.DisposeAsync();
        using LinkReply reply = await asked;
        Assert.Equal((LinkStatus.ConnectionLost, LinkFault.Reset), (reply.Status, await lost));
    }

    [Fact]
    public async Task An_oversized_frame_ends_the_connection()
    {
        await using Pair pair = await HostAsync(new LinkOptions());
        Task<LinkFault> lost = pair.LostAsync();
        await using RawPeer raw = await Rig.ConnectRawAsync(pair.A, pair.Other);
        await raw.FenceAsync();
        await raw.SendAsync(new LinkFrame((LinkFrameType)4, 1, int.MaxValue, false), new byte[100]);
        Assert.Equal(LinkFault.FrameTooLarge, await lost);
    }

    [Fact]
    public async Task A_peer_that_falls_silent_half_open_is_given_up()
    {
        await using Pair pair = await HostAsync(new LinkOptions { Limits = Quick });
        Task<LinkFault> lost = pair.LostAsync();
        await using RawPeer raw = await Rig.ConnectRawAsync(pair.A, pair.Other);
        Assert.Equal(LinkFault.PeerSilent, await lost);
    }

    [Fact]
    public async Task More_bytes_than_there_is_credit_for_end_the_connection()
    {
        await using Pair pair = await HostAsync(
            new LinkOptions { Limits = new LinkLimits { StreamWindow = 16 << 10 } },
            (_, cancellation) => new ValueTask(Task.Delay(Timeout.Infinite, cancellation)));
        Task<LinkFault> lost = pair.LostAsync();
        await using RawPeer raw = await Rig.ConnectRawAsync(pair.A, pair.Other);
        await raw.OpenAsync(1, -1);
        await raw.SendAsync(new LinkFrame(LinkFrameType.Data, 1, 20_000, false), new byte[20_000]);
        Assert.Equal(LinkFault.CreditExceeded, await lost);
    }

    [Fact]
    public async Task Nodes_of_another_mesh_are_refused_at_either_end()
    {
        TestAuthority ours = new(), theirs = new();
        await using LinkHost strict = LinkPair.NewHost(ours.Issue(LinkPair.Node(1)));
        await using LinkHost foreign = LinkPair.NewHost(theirs.Issue(LinkPair.Node(2)));
        await using LinkHost intruder = LinkPair.NewHost(theirs.Issue(LinkPair.Node(3), trusts: ours));
        await Rig.ListenAsync(strict);
        await Rig.ListenAsync(foreign);
        Assert.Equal(LinkFault.Untrusted, await FaultAsync(strict, foreign, LinkPair.Node(2)));
        Assert.Equal(LinkFault.TlsFailed, await FaultAsync(intruder, strict, LinkPair.Node(1)));
        Assert.False(strict.TryGetPeer(LinkPair.Node(3), out _));
    }

    [Fact]
    public async Task Another_node_than_the_one_called_is_refused_and_so_is_this_node_itself()
    {
        await using Pair pair = await ConnectAsync();
        Assert.Equal(LinkFault.WrongNode, await FaultAsync(pair.A, pair.B, LinkPair.Node(9)));
        Assert.Equal(LinkFault.SelfConnection, await FaultAsync(pair.A, pair.B, LinkPair.Node(2)));
        Assert.Equal(LinkFault.SelfConnection, await FaultAsync(pair.B, pair.B, LinkPair.Node(9)));
    }

    [Fact]
    public async Task A_certificate_that_speaks_as_another_node_in_its_greeting_is_refused()
    {
        var authority = new TestAuthority();
        await using LinkHost host = LinkPair.NewHost(authority.Issue(LinkPair.Node(1)));
        await Rig.ListenAsync(host);
        ILinkIdentity two = authority.Issue(LinkPair.Node(2));
        await using RawPeer raw = await Rig.ConnectRawAsync(host, new Posing(two, LinkPair.Node(3)));
        while (await raw.ReadAsync() is not null)
        {
        }

        Assert.False(host.TryGetPeer(LinkPair.Node(3), out _));
        Assert.False(host.TryGetPeer(LinkPair.Node(2), out _));
    }

    [Fact]
    public async Task A_storm_of_strangers_that_say_nothing_is_closed_and_peers_come_through()
    {
        await using Pair pair = await HostAsync(new LinkOptions { MaxHandshakes = 8, Limits = Quick });
        Stream[] storm = await Task.WhenAll(
            Enumerable.Range(0, 40).Select(_ => Rig.ConnectMuteAsync(pair.A, pair.Other))).WaitAsync(LinkPair.Bound);
        Assert.InRange(pair.Account.GetUse(ResourceKind.Sockets).InUse, 0, 8);
        foreach (Stream mute in storm)
        {
            await ReadToEndAsync(mute);
            await mute.DisposeAsync();
        }

        LinkPeer peer = await Rig.ConnectAsync(pair.B, pair.A, LinkPair.Node(1));
        using LinkReply reply = await AskAsync(peer, [1]);
        Assert.Equal(LinkStatus.Ok, reply.Status);
    }

    private static async Task ReadToEndAsync(Stream stream)
    {
        try
        {
            while (await stream.ReadAsync(new byte[1000]).AsTask().WaitAsync(LinkPair.Bound) > 0)
            {
            }
        }
        catch (Exception error) when (error is IOException or InvalidOperationException)
        {
        }
    }

    private async Task<LinkFault> FaultAsync(LinkHost from, LinkHost to, NodeId expected) =>
        (await Assert.ThrowsAsync<LinkException>(() => Rig.ConnectAsync(from, to, expected))).Fault;

    private static Task<LinkReply> AskAsync(LinkPeer peer, byte[] body) =>
        peer.RequestAsync(LinkRequestTests.Ask("echo", null, body), default).AsTask().WaitAsync(LinkPair.Bound);

    /// <summary>Node 2 connected to node 1, both of one mesh.</summary>
    private async Task<Pair> ConnectAsync(Func<LinkIncoming, CancellationToken, ValueTask>? handle = null)
    {
        var authority = new TestAuthority();
        var account = new TestAccount();
        ILinkIdentity two = authority.Issue(LinkPair.Node(2));
        LinkHost a = LinkPair.NewHost(two, account: account);
        LinkHost b = LinkPair.NewHost(authority.Issue(LinkPair.Node(1)), handle, account: account);
        await Rig.ListenAsync(b);
        var pair = new Pair(a, b, two, account);
        pair.Peer = await Rig.ConnectAsync(a, b, LinkPair.Node(1));
        return pair;
    }

    /// <summary>Node 1 alone, with what node 2 needs to come; a second host speaks as node 3.</summary>
    private async Task<Pair> HostAsync(
        LinkOptions options, Func<LinkIncoming, CancellationToken, ValueTask>? handle = null)
    {
        var authority = new TestAuthority();
        var account = new TestAccount();
        LinkHost a = LinkPair.NewHost(authority.Issue(LinkPair.Node(1)), handle, options, account);
        await Rig.ListenAsync(a);
        LinkHost b = LinkPair.NewHost(authority.Issue(LinkPair.Node(3)), account: account);
        return new Pair(a, b, authority.Issue(LinkPair.Node(2)), account);
    }

    private sealed class Posing(ILinkIdentity real, NodeId posed) : ILinkIdentity
    {
        public NodeId Node => posed;

        public System.Security.Cryptography.X509Certificates.X509Certificate2 Certificate => real.Certificate;

        public System.Security.Cryptography.X509Certificates.X509Certificate2Collection Issuers => real.Issuers;

        public bool TryVerifyPeer(
            System.Security.Cryptography.X509Certificates.X509Certificate2 certificate, bool asServer, out NodeId peer,
            out string? fault) => real.TryVerifyPeer(certificate, asServer, out peer, out fault);
    }

    private sealed class Pair : IAsyncDisposable
    {
        private readonly TaskCompletionSource<LinkPeer> _back =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Pair(LinkHost a, LinkHost b, ILinkIdentity other, TestAccount account)
        {
            (A, B, Other, Account) = (a, b, other, account);
            b.PeerConnected += peer => _back.TrySetResult(peer);
        }

        public LinkHost A { get; }

        public LinkHost B { get; }

        public ILinkIdentity Other { get; }

        public TestAccount Account { get; }

        public LinkPeer Peer { get; set; } = null!;

        /// <summary>Node 2 as node 1 sees it, which may be a moment later.</summary>
        public Task<LinkPeer> BackAsync() => _back.Task.WaitAsync(LinkPair.Bound);

        public Task<LinkFault> LostAsync()
        {
            var lost = new TaskCompletionSource<LinkFault>(TaskCreationOptions.RunContinuationsAsynchronously);
            A.PeerLost += (_, fault) => lost.TrySetResult(fault);
            return lost.Task.WaitAsync(LinkPair.Bound);
        }

        public async ValueTask DisposeAsync()
        {
            await A.DisposeAsync().AsTask().WaitAsync(LinkPair.Bound);
            await B.DisposeAsync().AsTask().WaitAsync(LinkPair.Bound);
            await Account.WhenFreeAsync();
        }
    }
}
