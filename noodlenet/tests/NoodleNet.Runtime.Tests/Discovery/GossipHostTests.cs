using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;
using NoodleNet.Runtime.Discovery;

namespace NoodleNet.Runtime.Tests.Discovery;

public sealed class GossipHostTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);
    private static readonly Dictionary<string, string> NoTags = [];

    [Fact]
    public async Task Three_encrypted_nodes_see_each_other_and_tell_failure_from_goodbye()
    {
        using var limit = new CancellationTokenSource(Bound);
        var account = new CountingAccount();
        await using GossipHost a = Make("a", account), b = Make("b", account), c = Make("c", account);
        await using IAsyncEnumerator<RegistryEvent> seen = a.WatchAsync(limit.Token).GetAsyncEnumerator(limit.Token);
        await a.StartAsync(AnyPort, new Dictionary<string, string> { ["link"] = "7" }, limit.Token);
        await b.StartAsync(AnyPort, NoTags, limit.Token);
        await c.StartAsync(AnyPort, NoTags, limit.Token);

        Assert.Equal(1, await b.JoinAsync([a.LocalEndPoint], limit.Token));
        Assert.Equal(1, await c.JoinAsync([a.LocalEndPoint], limit.Token));
        await UntilAsync(seen, change => change.Change == RegistryChange.Joined && change.Entry!.Node == Id("b"));
        await UntilAsync(seen, change => change.Change == RegistryChange.Joined && change.Entry!.Node == Id("c"));
        Assert.Equal([Id("a"), Id("b"), Id("c")], a.Members.Select(member => member.Node));
        Assert.Equal("7", c.Members.Single(member => member.Node == Id("a")).Tags["link"]);

        await b.SetTagsAsync(new Dictionary<string, string> { ["k"] = "v" }, limit.Token);
        RegistryEvent updated = await UntilAsync(seen, change => change.Change == RegistryChange.Updated);
        Assert.Equal("v", updated.Entry!.Tags["k"]);

        await c.LeaveAsync(TimeSpan.FromSeconds(10));
        await UntilAsync(seen, change => change.Change == RegistryChange.Left && change.Entry!.Node == Id("c"));
        await b.DisposeAsync();
        a.ReportConnectionLost(Id("b"));
        await UntilAsync(seen, change => change.Change == RegistryChange.Failed && change.Entry!.Node == Id("b"));
        Assert.True(a.Now > Instant.Origin && !a.Completion.IsCompleted);

        await a.DisposeAsync();
        await c.DisposeAsync();
        await b.DisposeAsync();
        Assert.False(await seen.MoveNextAsync(), "a disposed host ends its watchers");
        Assert.Equal(0, account.InUse);
    }

    [Fact]
    public async Task A_stranger_without_the_key_does_not_get_in()
    {
        using var limit = new CancellationTokenSource(Bound);
        await using GossipHost a = Make("a");
        await using var b = new GossipHost(Options(keyed: false), Id("b"), NullLogger<GossipHost>.Instance,
            TimeProvider.System, new CountingAccount());
        await a.StartAsync(AnyPort, NoTags, limit.Token);
        await b.StartAsync(AnyPort, NoTags, limit.Token);

        Assert.Equal(0, await b.JoinAsync([a.LocalEndPoint], limit.Token));
        Assert.Equal(0, await b.JoinAsync([], limit.Token));
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.SendTo([0, 1, 2], a.LocalEndPoint);
        Assert.Single(a.Members);
        Assert.Single(b.Members);
    }

    [Fact]
    public async Task A_seed_that_is_not_there_is_no_answer()
    {
        using var limit = new CancellationTokenSource(Bound);
        await using GossipHost a = Make("a");
        await a.StartAsync(AnyPort, NoTags, limit.Token);
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(AnyPort); // bound and not listening: refused at once
        Assert.Equal(0, await a.JoinAsync([(IPEndPoint)closed.LocalEndPoint!], limit.Token));
        await a.LeaveAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_port_in_use_is_named_and_nothing_stays_taken()
    {
        using var limit = new CancellationTokenSource(Bound);
        var account = new CountingAccount();
        await using GossipHost a = Make("a"), b = Make("b", account);
        await a.StartAsync(AnyPort, NoTags, limit.Token);
        InvalidOperationException fault = await Assert.ThrowsAsync<InvalidOperationException>(
            () => b.StartAsync(a.LocalEndPoint, NoTags, limit.Token));
        Assert.Contains(a.LocalEndPoint.ToString(), fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, account.InUse);
        await Assert.ThrowsAsync<InvalidOperationException>(() => a.StartAsync(AnyPort, NoTags, limit.Token));
    }

    [Fact]
    public async Task Limits_and_mistakes_are_told_in_a_sentence()
    {
        var small = new CountingAccount { Limit = 1 };
        await using GossipHost a = Make("a", small);
        Assert.Throws<InvalidOperationException>(() => a.LocalEndPoint);
        await Assert.ThrowsAsync<InvalidOperationException>(() => a.StartAsync(AnyPort, NoTags));
        var tooMany = new Dictionary<string, string> { ["k"] = new string('x', 600) };
        ArgumentException fault = await Assert.ThrowsAsync<ArgumentException>(() => a.StartAsync(AnyPort, tooMany));
        Assert.Contains("512", fault.Message, StringComparison.Ordinal);

        var bad = new GossipOptions
        {
            MaxStreams = 0, WatcherCapacity = 0, MaxRegistryEntries = 0, Label = new string('l', 256),
            Profile = SwimOptions.Lan with { RetransmitMult = 1 },
        };
        var faults = Assert.Throws<OptionsValidationException>(() => new GossipHost(
            bad, Id("a"), NullLogger<GossipHost>.Instance, TimeProvider.System, small));
        Assert.Equal(5, faults.Failures.Count());
    }

    [Fact]
    public async Task Streams_beyond_the_limit_and_broken_ones_are_closed_and_pings_are_answered()
    {
        using var limit = new CancellationTokenSource(Bound);
        await using GossipHost a = Make("a");
        await a.StartAsync(AnyPort, NoTags, limit.Token);
        var envelope = new GossipEnvelope("", Keys);
        Assert.IsType<GossipMessage.Ack>(await AskAsync(new GossipMessage.Ping(5, Id("a").ToString())));
        Assert.Null(await AskAsync(new GossipMessage.Ping(5, "other")));
        Assert.Null(await AskAsync(new GossipMessage.User(new byte[] { 0x80 })));

        using var broken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await broken.ConnectAsync(a.LocalEndPoint, limit.Token);
        await broken.SendAsync("GET / HTTP/1.1"u8.ToArray(), limit.Token);
        Assert.IsType<GossipMessage.Error>(await ReadAsync(broken));

        async Task<GossipMessage?> AskAsync(GossipMessage question)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(a.LocalEndPoint, limit.Token);
            await socket.SendAsync(envelope.SealStream(question, true, true, new byte[12]), limit.Token);
            return await ReadAsync(socket);
        }

        async Task<GossipMessage?> ReadAsync(Socket socket)
        {
            var reader = new GossipStreamReader(envelope, accepted: false);
            var buffer = new byte[4096];
            while (await socket.ReceiveAsync(buffer, limit.Token) is > 0 and var count)
            {
                if (reader.Feed(buffer.AsSpan(0, count)) != StreamProgress.NeedsMore)
                {
                    break;
                }
            }

            return reader.Message;
        }
    }

    [Fact]
    public async Task A_node_bound_to_every_address_tells_others_one()
    {
        using var limit = new CancellationTokenSource(Bound);
        await using GossipHost a = Make("a");
        await a.StartAsync(new IPEndPoint(IPAddress.Any, 0), NoTags, limit.Token);
        Assert.NotEqual(IPAddress.Any, a.AdvertisedEndPoint.Address);
        Assert.Equal(a.LocalEndPoint.Port, a.AdvertisedEndPoint.Port);
    }

    [Fact]
    public async Task A_slow_watcher_reads_that_it_missed_something_and_then_goes_on()
    {
        using var limit = new CancellationTokenSource(Bound);
        var watchers = new RegistryWatchers(2);
        var changes = Enumerable.Range(0, 6).Select(_ => new RegistryEvent(RegistryChange.Joined, null)).ToArray();
        await using IAsyncEnumerator<RegistryEvent> slow = watchers.Watch(limit.Token).GetAsyncEnumerator(limit.Token);
        foreach (RegistryEvent change in changes[..4])
        {
            watchers.Publish(change);
        }

        var read = new List<RegistryChange>();
        for (int i = 0; i < 3 && await slow.MoveNextAsync(); i++)
        {
            read.Add(slow.Current.Change);
        }

        watchers.Publish(changes[5]);
        Assert.True(await slow.MoveNextAsync());
        Assert.Equal([RegistryChange.Joined, RegistryChange.Joined, RegistryChange.Missed], read);
        Assert.Same(changes[5], slow.Current);
        watchers.Close();
        Assert.False(await slow.MoveNextAsync());
        Assert.Empty(await watchers.Watch(limit.Token).ToListAsync(limit.Token));
    }

    private static KeyRing Keys { get; } = new(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray());

    private static GossipOptions Options(bool keyed = true) => new()
    {
        Profile = SwimOptions.Local,
        Keys = keyed ? Keys : null,
    };

    private static NodeId Id(string name) => NodeId.Create(name, Guid.Parse("00000000-0000-0000-0000-000000000001"));

    private static GossipHost Make(string name, IResourceAccount? account = null) => new(
        Options(), Id(name), NullLogger<GossipHost>.Instance, TimeProvider.System, account ?? new CountingAccount());

    private static async Task<RegistryEvent> UntilAsync(
        IAsyncEnumerator<RegistryEvent> events, Func<RegistryEvent, bool> wanted)
    {
        while (await events.MoveNextAsync())
        {
            if (wanted(events.Current))
            {
                return events.Current;
            }
        }

        throw new InvalidOperationException("the watcher ended too early");
    }
}
