using System.Net;
using System.Net.Sockets;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;
using NoodleNet.Runtime.Discovery;

namespace NoodleNet.Runtime.Tests.Discovery;

/// <summary>One real host, and a peer played by the test over plain sockets.</summary>
public sealed class GossipHostFaultTests : IDisposable
{
    private static readonly GossipEnvelope Open = new();
    private static readonly Dictionary<string, string> NoTags = [];
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(60));
    private readonly LineLog _log = new();

    [Fact]
    public async Task What_the_mesh_sees_wrong_is_told_in_the_log()
    {
        await using GossipHost host = Make(new CountingAccount(), 128, SwimOptions.Local);
        await host.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), NoTags, _limit.Token);
        using var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        peer.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        peer.Listen();
        Task answering = AnswerPingAsync(peer);
        var at = (IPEndPoint)peer.LocalEndPoint!;
        string name = NodeId.Create("peer", Guid.Empty).ToString();

        Tell(host, new GossipMessage.Alive(1, name, at, default, ProtocolVersions.Noodle));
        Tell(host, new GossipMessage.Alive(2, name, new IPEndPoint(at.Address, 9), default, ProtocolVersions.Noodle));
        Tell(host, new GossipMessage.Suspect(1, host.Members[0].Node.ToString(), name));
        Tell(host, new GossipMessage.Alive(1, "odd", at, default, null));
        await _log.UntilAsync("Two nodes use the name", _limit.Token);
        await _log.UntilAsync("refuted with incarnation 2", _limit.Token);
        await _log.UntilAsync("BadVersions", _limit.Token);

        var state = new GossipMessage.PushPull(false, [new("odd", at, default, 1, MemberState.Alive, null)], default);
        await AskAsync(host.LocalEndPoint, state);
        await _log.UntilAsync("IncompatibleVersions", _limit.Token);

        Assert.True(NodeId.TryParse(name, out NodeId id));
        host.ReportConnectionLost(id);
        await answering;
        await _log.UntilAsync("Only TCP reaches", _limit.Token);
        await host.LeaveAsync(TimeSpan.FromMilliseconds(1)); // the peer hears nothing: the limit ends the wait
    }

    [Fact]
    public async Task Addresses_that_cannot_be_reached_and_streams_cut_short_stop_nothing()
    {
        await using GossipHost host = Make(new CountingAccount(), 128, SwimOptions.Local);
        await host.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), NoTags, _limit.Token);
        (string, IPAddress)[] odd = [("six", IPAddress.IPv6Loopback), ("out", IPAddress.Parse("192.0.2.1"))];
        foreach ((string name, IPAddress address) in odd)
        {
            NodeId id = NodeId.Create(name, Guid.Empty);
            var alive = new GossipMessage.Alive(
                1, id.ToString(), new IPEndPoint(address, 5), default, ProtocolVersions.Noodle);
            Tell(host, alive);
            await _log.UntilAsync($"Member {id}", _limit.Token);
            host.ReportConnectionLost(id);
            await _log.UntilAsync($"Datagram to {alive.EndPoint} not sent", _limit.Token);
        }

        using var cut = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await cut.ConnectAsync(host.LocalEndPoint, _limit.Token);
        cut.Shutdown(SocketShutdown.Send);
        Assert.True(await cut.ReceiveAsync(new byte[100], _limit.Token) > 0); // a sentence about it
        Assert.False(host.Completion.IsCompleted);
    }

    [Theory]
    [InlineData(1, long.MaxValue)]
    [InlineData(128, 3)]
    public async Task A_stream_too_many_is_refused_in_and_out(int maxStreams, long maxSockets)
    {
        var account = new CountingAccount { Limit = maxSockets };
        SwimOptions patient = SwimOptions.Local with { StreamTimeout = TimeSpan.FromMinutes(1) };
        await using GossipHost host = Make(account, maxStreams, patient);
        await host.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), NoTags, _limit.Token);
        using var idle = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var second = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await idle.ConnectAsync(host.LocalEndPoint, _limit.Token);
        await second.ConnectAsync(host.LocalEndPoint, _limit.Token);
        Assert.Equal(0, await second.ReceiveAsync(new byte[1], _limit.Token));

        Assert.Equal(0, await host.JoinAsync([host.LocalEndPoint], _limit.Token));
        await _log.UntilAsync("too many streams", _limit.Token);
        await host.DisposeAsync(); // does not wait for the idle stream's minute
        Assert.Equal(0, account.InUse);
    }

    [Fact]
    public async Task A_join_that_is_running_ends_with_its_host()
    {
        SwimOptions patient = SwimOptions.Local with { StreamTimeout = TimeSpan.FromMinutes(1) };
        await using GossipHost host = Make(new CountingAccount(), 128, patient);
        await host.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), NoTags, _limit.Token);
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        silent.Listen();
        Task<int> join = host.JoinAsync([(IPEndPoint)silent.LocalEndPoint!], _limit.Token);
        using Socket asked = await silent.AcceptAsync(_limit.Token);
        await host.DisposeAsync();
        Assert.Equal(0, await join);
        Assert.Equal(0, await host.JoinAsync([host.AdvertisedEndPoint], _limit.Token));
    }

    [Fact]
    public async Task Some_streams_are_kept_for_our_own_however_many_others_open()
    {
        SwimOptions patient = SwimOptions.Local with { StreamTimeout = TimeSpan.FromMinutes(1) };
        await using GossipHost host = Make(new CountingAccount(), 4, patient);
        await using GossipHost seed = Make(new CountingAccount(), 4, patient, "seed");
        await host.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), NoTags, _limit.Token);
        await seed.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), NoTags, _limit.Token);
        Socket[] silent = [.. Enumerable.Range(0, 4).Select(_ => NewSocket())];
        foreach (Socket socket in silent)
        {
            await socket.ConnectAsync(host.LocalEndPoint, _limit.Token);
        }

        Assert.Equal(0, await silent[3].ReceiveAsync(new byte[1], _limit.Token));
        Assert.Equal(1, await host.JoinAsync([seed.LocalEndPoint], _limit.Token));
        Array.ForEach(silent, socket => socket.Dispose());
    }

    [Fact]
    public async Task Strangers_without_the_key_cannot_fill_the_memory()
    {
        SwimOptions patient = SwimOptions.Local with { StreamTimeout = TimeSpan.FromMinutes(1) };
        var options = new GossipOptions { Profile = patient, Keys = new KeyRing(new byte[32]) };
        await using var host = new GossipHost(
            options, NodeId.Create("host", Guid.Empty), _log, TimeProvider.System, new CountingAccount());
        await host.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), NoTags, _limit.Token);
        byte[] large = new byte[18 * 1024 * 1024];
        (large[0], large[1]) = ((byte)MessageType.Encrypt, 1); // a frame of 16 MiB and more
        large[2] = 0x3F;
        Socket[] sockets = [.. Enumerable.Range(0, 4).Select(_ => NewSocket())];
        var told = new List<Task<int>>();
        foreach (Socket socket in sockets)
        {
            await socket.ConnectAsync(host.LocalEndPoint, _limit.Token);
            told.Add(ReadAnyAsync(socket));
        }

        Task sending = Task.WhenAll(sockets.Select(socket => SendAsync(socket, large)));
        await (await Task.WhenAny(told)); // 72 MiB are more than all streams together may hold
        Array.ForEach(sockets, socket => socket.Dispose());
        await sending;
        Assert.False(host.Completion.IsCompleted);

        async Task<int> ReadAnyAsync(Socket socket)
        {
            try
            {
                return await socket.ReceiveAsync(new byte[100], _limit.Token);
            }
            catch (SocketException)
            {
                return 0; // closed with unread bytes
            }
        }

        async Task SendAsync(Socket socket, byte[] bytes)
        {
            try
            {
                ReadOnlyMemory<byte> rest = bytes;
                while (!rest.IsEmpty)
                {
                    rest = rest[await socket.SendAsync(rest, SocketFlags.None, _limit.Token)..];
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return; // refused, as it should be
            }
        }
    }

    [Fact]
    public async Task A_goodbye_after_the_end_waits_for_nothing_and_a_peers_words_stay_on_one_line()
    {
        await using GossipHost host = Make(new CountingAccount(), 128, SwimOptions.Local);
        await host.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), NoTags, _limit.Token);
        using Socket seed = NewSocket();
        seed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        seed.Listen();
        Task<int> join = host.JoinAsync([(IPEndPoint)seed.LocalEndPoint!], _limit.Token);
        using (Socket asked = await seed.AcceptAsync(_limit.Token))
        {
            var words = new GossipMessage.Error("no\n\u001b[2Jcritical: fake");
            await asked.SendAsync(Open.SealStream(words, false, false, []), _limit.Token);
            Assert.Equal(0, await join);
        }

        await _log.UntilAsync("no  [2Jcritical: fake", _limit.Token);
        await host.DisposeAsync();
        await host.LeaveAsync(Timeout.InfiniteTimeSpan).WaitAsync(_limit.Token);
    }

    public void Dispose() => _limit.Dispose();

    private static Socket NewSocket() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private GossipHost Make(
        CountingAccount account, int maxStreams, SwimOptions profile, string name = "host") => new(
        new GossipOptions { Profile = profile, MaxStreams = maxStreams }, NodeId.Create(name, Guid.Empty), _log,
        TimeProvider.System, account);

    private static void Tell(GossipHost host, GossipMessage message)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.SendTo(Open.SealStream(message, dialled: false, compress: false, []), host.LocalEndPoint);
    }

    private async Task AskAsync(IPEndPoint to, GossipMessage question)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(to, _limit.Token);
        await socket.SendAsync(Open.SealStream(question, dialled: true, compress: false, []), _limit.Token);
        Assert.True(await socket.ReceiveAsync(new byte[1024], _limit.Token) > 0);
    }

    private async Task AnswerPingAsync(Socket listener)
    {
        while (true)
        {
            using Socket socket = await listener.AcceptAsync(_limit.Token);
            var reader = new GossipStreamReader(Open, accepted: true);
            var buffer = new byte[4096];
            while (reader.Feed(buffer.AsSpan(0, await socket.ReceiveAsync(buffer, _limit.Token)))
                == StreamProgress.NeedsMore)
            {
            }

            if (reader.Message is GossipMessage.Ping ping)
            {
                var answer = new GossipMessage.Ack(ping.SeqNo);
                await socket.SendAsync(Open.SealStream(answer, false, false, []), _limit.Token);
                return;
            }
        }
    }
}
