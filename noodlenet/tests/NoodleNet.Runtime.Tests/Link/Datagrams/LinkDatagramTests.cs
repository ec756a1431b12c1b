using System.Net;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Link;
using NoodleNet.Link.Datagrams;
using NoodleNet.Link.Transports;
using NoodleNet.Runtime.Discovery;
using NoodleNet.Runtime.Link;

namespace NoodleNet.Runtime.Tests.Link.Datagrams;

public sealed class LinkDatagramTests
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    [Fact]
    public async Task A_datagram_arrives_and_one_that_must_arrive_does_so_once_although_the_first_copies_are_lost()
    {
        await using Site site = await Site.StartAsync();
        Assert.True(site.A.TrySendDatagram(LinkPair.Node(2), "one"u8));
        Assert.Equal("n1 one", await site.HeardByB());
        site.Drops = 2;
        Assert.Equal(DatagramRefusal.None, site.A.SendDatagram(LinkPair.Node(2), "two"u8, isAtLeastOnce: true));
        Assert.Equal("n1 two", await site.HeardByB());
        Assert.True(site.A.TrySendDatagram(LinkPair.Node(2), "three"u8));
        Assert.Equal("n1 three", await site.HeardByB());
        Assert.True(site.A.DescribeTransport(LinkPair.Node(2))!.Value.TakesDatagrams);
    }

    [Fact]
    public async Task What_an_attacker_on_the_way_does_is_dropped()
    {
        await using Site site = await Site.StartAsync();
        site.A.TrySendDatagram(LinkPair.Node(2), "one"u8);
        await site.HeardByB();
        byte[] datagram = site.LastOfA!;
        Assert.Equal(DatagramFault.Replayed, site.B.TakeDatagram(datagram));
        site.A.TrySendDatagram(LinkPair.Node(2), "two"u8);
        await site.HeardByB();
        byte[] flipped = [.. site.LastOfA!];
        flipped[13] += 100; // a counter that is still to come
        Assert.Equal(DatagramFault.Forged, site.B.TakeDatagram(flipped));
        Assert.Equal(DatagramFault.Forged, site.B.TakeDatagram(flipped.AsSpan(0, flipped.Length - 1)));
        Assert.Equal(DatagramFault.Malformed, site.B.TakeDatagram(flipped.AsSpan(0, 20)));
        flipped[3] ^= 1;
        Assert.Equal(DatagramFault.UnknownChannel, site.B.TakeDatagram(flipped));
        Assert.Equal(DatagramFault.UnknownChannel, site.A.TakeDatagram(datagram)); // sent back to where it came from
        Assert.True(site.A.TrySendDatagram(LinkPair.Node(2), "three"u8));
        Assert.Equal("n1 three", await site.HeardByB());
    }

    [Fact]
    public async Task What_cannot_be_sent_says_why()
    {
        await using Site site = await Site.StartAsync();
        Assert.Equal(DatagramRefusal.TooLong, site.A.SendDatagram(LinkPair.Node(2), new byte[1201], false));
        Assert.Equal(DatagramRefusal.NoKey, site.A.SendDatagram(LinkPair.Node(9), default, false));
        Assert.False(site.A.TrySendDatagram(LinkPair.Node(9), default));
        await site.B.DisposeAsync();
        while (site.A.TryGetPeer(LinkPair.Node(2), out _) || site.A.TrySendDatagram(LinkPair.Node(2), "x"u8))
        {
            await Task.Yield();
        }

        Assert.Equal(DatagramRefusal.NoKey, site.A.SendDatagram(LinkPair.Node(2), "x"u8, true));
        Assert.Equal(0, site.A.Paths.Datagrams.ChannelCount);
    }

    [Fact]
    public async Task Keys_are_replaced_by_use_and_at_most_two_stand()
    {
        await using Site site = await Site.StartAsync(new DatagramOptions { KeyUses = 16 });
        var channels = new HashSet<uint>();
        int sent = 0;
        while (channels.Count < 4)
        {
            if (site.A.TrySendDatagram(LinkPair.Node(2), BitConverter.GetBytes(sent)))
            {
                sent++;
                await site.HeardByB();
                DatagramFrame.TryReadChannel(site.LastOfA, out uint channel);
                channels.Add(channel);
            }

            await Task.Yield();
        }

        Assert.InRange(site.B.Paths.Datagrams.ChannelCount, 1, 2);
        byte[] old = [.. site.FirstOfA!];
        Assert.Equal(DatagramFault.UnknownChannel, site.B.TakeDatagram(old));
    }

    [Fact]
    public async Task A_peer_that_restarted_is_given_a_key_again()
    {
        await using Site site = await Site.StartAsync();
        Assert.True(site.A.TryGetPeer(LinkPair.Node(2), out LinkPeer? peer));
        Assert.True(site.B.TryGetPeer(LinkPair.Node(1), out LinkPeer? back));
        for (ulong session = 1; session <= 2; session++)
        {
            // As node 2 says it after a restart that node 1 has not noticed otherwise.
            var hello = new PathHello(0, 1, session, 0, default);
            var request = new LinkRequest { Head = new LinkHead(PathHello.Method), Header = hello.Write() };
            using LinkReply reply = await back.RequestAsync(request, default).AsTask().WaitAsync(LinkPair.Bound);
            Assert.Equal(LinkStatus.Ok, reply.Status);
        }

        while (!site.A.TrySendDatagram(LinkPair.Node(2), "again"u8))
        {
            await Task.Yield();
        }

        Assert.Equal("n1 again", await site.HeardByB());
        Assert.True(peer.IsConnected);
    }

    [Fact]
    public async Task A_receiver_that_breaks_keeps_nothing_from_the_next_one()
    {
        await using Site site = await Site.StartAsync();
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        site.B.DatagramReceived += (_, _) => throw new InvalidOperationException("breaks");
        site.B.DatagramReceived += (_, _) => heard.TrySetResult();
        site.A.TrySendDatagram(LinkPair.Node(2), "one"u8);
        await heard.Task.WaitAsync(LinkPair.Bound);
    }

    [Fact]
    public async Task Datagrams_and_gossip_share_one_port()
    {
        var authority = new TestAuthority();
        await using LinkHost a = LinkPair.NewHost(authority.Issue(LinkPair.Node(1)));
        await using LinkHost b = LinkPair.NewHost(authority.Issue(LinkPair.Node(2)));
        await using GossipHost gossipA = NewGossip(a, LinkPair.Node(1)), gossipB = NewGossip(b, LinkPair.Node(2));
        var heard = Channel.CreateUnbounded<string>();
        b.DatagramReceived += (from, payload) => heard.Writer.TryWrite($"{from.Host} {payload.Length}");
        await gossipA.StartAsync(AnyPort, new Dictionary<string, string>());
        await gossipB.StartAsync(AnyPort, new Dictionary<string, string>());
        a.UseDatagrams(gossipA.LocalEndPoint.Port, gossipA.TrySendDatagram);
        b.UseDatagrams(gossipB.LocalEndPoint.Port, gossipB.TrySendDatagram);
        Assert.Equal(1, await gossipA.JoinAsync([gossipB.LocalEndPoint]).WaitAsync(LinkPair.Bound));
        await a.ConnectAsync(LinkPair.Node(2), gossipB.LocalEndPoint, default).AsTask().WaitAsync(LinkPair.Bound);
        DatagramRefusal refusal;
        while ((refusal = a.SendDatagram(LinkPair.Node(2), new byte[1200], true)) == DatagramRefusal.NoKey)
        {
            await Task.Yield();
        }

        Assert.Equal(DatagramRefusal.None, refusal);
        Assert.Equal("n1 1200", await heard.Reader.ReadAsync().AsTask().WaitAsync(LinkPair.Bound));
        Assert.Equal(2, gossipB.Members.Count(member => member.State == NodeState.Alive));
        await gossipA.DisposeAsync();
        Assert.False(gossipA.TrySendDatagram([1], gossipB.LocalEndPoint.Serialize()));
    }

    private static GossipHost NewGossip(LinkHost link, NodeId self) => new(
        new GossipOptions
        {
            Profile = SwimOptions.Local,
            TakeTls = link.TryAdopt,
            TakeDatagram = datagram => link.TakeDatagram(datagram),
        },
        self, NullLogger<GossipHost>.Instance, TimeProvider.System, new TestAccount());

    /// <summary>Two connected nodes whose datagrams go through this process.</summary>
    private sealed class Site : IAsyncDisposable
    {
        private readonly Channel<(LinkHost To, byte[] Datagram)> _way = Channel.CreateUnbounded<(LinkHost, byte[])>();
        private readonly Channel<string> _heard = Channel.CreateUnbounded<string>();
        private readonly Task _moving;
        private int _drops;

        private Site(LinkHost a, LinkHost b)
        {
            (A, B) = (a, b);
            b.DatagramReceived += (from, payload) =>
                _heard.Writer.TryWrite($"{from.Host} {System.Text.Encoding.ASCII.GetString(payload)}");
            a.UseDatagrams(1, (datagram, _) =>
            {
                LastOfA = datagram.ToArray();
                FirstOfA ??= LastOfA;
                return _way.Writer.TryWrite((b, LastOfA));
            });
            b.UseDatagrams(1, (datagram, _) => _way.Writer.TryWrite((a, datagram.ToArray())));
            _moving = MoveAsync();
        }

        public LinkHost A { get; }

        public LinkHost B { get; }

        public byte[]? FirstOfA { get; private set; }

        public byte[]? LastOfA { get; private set; }

        /// <summary>The next datagrams to be lost on the way to B.</summary>
        public int Drops
        {
            set => Volatile.Write(ref _drops, value);
        }

        public static async Task<Site> StartAsync(DatagramOptions? options = null)
        {
            var authority = new TestAuthority();
            var link = new LinkOptions { Datagrams = options ?? new DatagramOptions() };
            var site = new Site(
                LinkPair.NewHost(authority.Issue(LinkPair.Node(1)), options: link),
                LinkPair.NewHost(authority.Issue(LinkPair.Node(2)), options: link));
            await site.B.StartAsync(AnyPort, default);
            await site.A.ConnectAsync(LinkPair.Node(2), site.B.LocalEndPoint, default);
            while (site.A.DescribeTransport(LinkPair.Node(2)) is not { TakesDatagrams: true }
                || site.B.DescribeTransport(LinkPair.Node(1)) is not { TakesDatagrams: true })
            {
                await Task.Yield();
            }

            return site;
        }

        public Task<string> HeardByB() => _heard.Reader.ReadAsync().AsTask().WaitAsync(LinkPair.Bound);

        public async ValueTask DisposeAsync()
        {
            await A.DisposeAsync();
            await B.DisposeAsync();
            _way.Writer.Complete();
            await _moving;
        }

        private async Task MoveAsync()
        {
            await foreach ((LinkHost to, byte[] datagram) in _way.Reader.ReadAllAsync())
            {
                if (to == B && Volatile.Read(ref _drops) > 0)
                {
                    Interlocked.Decrement(ref _drops);
                    continue;
                }

                to.TakeDatagram(datagram);
            }
        }
    }
}
