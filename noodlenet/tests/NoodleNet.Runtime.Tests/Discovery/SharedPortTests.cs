using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;
using NoodleNet.Runtime.Discovery;
using NoodleNet.Runtime.Link;
using NoodleNet.Runtime.Tests.Link;

namespace NoodleNet.Runtime.Tests.Discovery;

/// <summary>Gossip and TLS on one port: who gets a connection, and who pays for it until that is known.</summary>
public sealed class SharedPortTests : IDisposable
{
    private static readonly GossipEnvelope Open = new();
    private static readonly Dictionary<string, string> NoTags = [];
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);
    private static readonly NodeId Self = NodeId.Create("host", Guid.Empty);
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(60));
    private readonly CountingAccount _account = new();

    [Fact]
    public async Task A_TLS_handshake_is_handed_over_whole_and_then_costs_gossip_nothing()
    {
        var taken = new TaskCompletionSource<Socket>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using GossipHost host = Make(1, SwimOptions.Local, taken.TrySetResult);
        await host.StartAsync(AnyPort, NoTags, _limit.Token);
        using Socket dialled = await DialAsync(host);
        await dialled.SendAsync(new byte[] { 22, 3, 1 }, _limit.Token);
        using Socket accepted = await taken.Task.WaitAsync(_limit.Token);
        byte[] first = new byte[3];
        Assert.Equal(3, await accepted.ReceiveAsync(first, _limit.Token));
        Assert.Equal([22, 3, 1], first);

        await UntilAnsweredAsync(host); // the only place is free again
        await host.DisposeAsync();
        Assert.Equal(0, _account.InUse);
        Assert.Equal(1, await accepted.SendAsync(new byte[1], _limit.Token)); // not ours to close
    }

    [Fact]
    public async Task Who_says_nothing_loses_its_place_at_the_deadline()
    {
        SwimOptions hasty = SwimOptions.Local with { StreamTimeout = TimeSpan.FromMilliseconds(50) };
        await using GossipHost host = Make(1, hasty, _ => throw new InvalidOperationException());
        await host.StartAsync(AnyPort, NoTags, _limit.Token);
        using Socket silent = await DialAsync(host);
        Assert.Equal(0, await silent.ReceiveAsync(new byte[1], _limit.Token));
        await UntilAnsweredAsync(host);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_not_taken_over_is_closed(bool throws)
    {
        await using GossipHost host = Make(
            1, SwimOptions.Local, _ => throws ? throw new InvalidOperationException() : false);
        await host.StartAsync(AnyPort, NoTags, _limit.Token);
        using Socket dialled = await DialAsync(host);
        await dialled.SendAsync(new byte[] { 22 }, _limit.Token);
        Assert.Equal(0, await ReceiveAsync(dialled));
        await UntilAnsweredAsync(host);
    }

    [Fact]
    public async Task A_silent_connection_does_not_hold_up_the_end()
    {
        SwimOptions patient = SwimOptions.Local with { StreamTimeout = TimeSpan.FromMinutes(30) };
        await using GossipHost host = Make(4, patient, _ => false);
        await host.StartAsync(AnyPort, NoTags, _limit.Token);
        using Socket silent = await DialAsync(host), ended = await DialAsync(host);
        ended.Dispose();
        await UntilAnsweredAsync(host);
        await host.DisposeAsync().AsTask().WaitAsync(_limit.Token);
        Assert.Equal(0, _account.InUse);
    }

    [Fact]
    public async Task Without_a_taker_TLS_is_gossip_that_cannot_be_read()
    {
        await using GossipHost host = Make(4, SwimOptions.Local, null);
        await host.StartAsync(AnyPort, NoTags, _limit.Token);
        using Socket dialled = await DialAsync(host);
        await dialled.SendAsync(new byte[] { 22 }, _limit.Token);
        Assert.True(await dialled.ReceiveAsync(new byte[100], _limit.Token) > 0);
    }

    [Fact]
    public async Task A_link_and_gossip_share_one_port()
    {
        var authority = new TestAuthority();
        await using LinkHost server = LinkPair.NewHost(authority.Issue(LinkPair.Node(2)));
        await using LinkHost client = LinkPair.NewHost(authority.Issue(LinkPair.Node(1)));
        await using GossipHost host = Make(4, SwimOptions.Local, server.TryAdopt);
        await host.StartAsync(AnyPort, NoTags, _limit.Token);
        LinkPeer peer = await client.ConnectAsync(LinkPair.Node(2), host.LocalEndPoint, _limit.Token);
        Assert.True(peer.IsConnected);
        await UntilAnsweredAsync(host);

        await server.DisposeAsync(); // from now on it takes nobody
        using Socket late = await DialAsync(host);
        await late.SendAsync(new byte[] { 22 }, _limit.Token);
        Assert.Equal(0, await ReceiveAsync(late));
    }

    public void Dispose() => _limit.Dispose();

    private GossipHost Make(int maxStreams, SwimOptions profile, Func<Socket, bool>? take) => new(
        new GossipOptions { Profile = profile, MaxStreams = maxStreams, TakeTls = take }, Self,
        NullLogger<GossipHost>.Instance, TimeProvider.System, _account);

    private async Task<Socket> DialAsync(GossipHost host)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(host.LocalEndPoint, _limit.Token);
        return socket;
    }

    private async Task<int> ReceiveAsync(Socket socket)
    {
        try
        {
            return await socket.ReceiveAsync(new byte[100], _limit.Token);
        }
        catch (SocketException)
        {
            return 0; // closed with our byte unread
        }
    }

    /// <summary>A place is given back just after its socket is closed: asks until there is one.</summary>
    private async Task UntilAnsweredAsync(GossipHost host)
    {
        byte[] ping = Open.SealStream(new GossipMessage.Ping(7, Self.ToString()), dialled: true, compress: false, []);
        while (true)
        {
            using Socket socket = await DialAsync(host);
            try
            {
                await socket.SendAsync(ping, _limit.Token);
            }
            catch (SocketException)
            {
                continue;
            }

            if (await ReceiveAsync(socket) > 0)
            {
                return;
            }
        }
    }
}
