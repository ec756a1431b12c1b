using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;
using NoodleNet.Runtime.Discovery;

namespace NoodleNet.Runtime.Tests.Discovery;

public sealed class BeaconHostTests
{
    private static readonly KeyRing Keys = new(new byte[32]);

    [Theory]
    [InlineData(BeaconScope.Loopback)]
    [InlineData(BeaconScope.AllInterfaces)]
    public async Task Two_nodes_of_one_machine_hear_each_other_and_know_their_own(BeaconScope scope)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var account = new CountingAccount();
        int port = FreePort();
        await using BeaconHost a = Make(scope, port, Keys, account), b = Make(scope, port, Keys, account);
        await using BeaconHost stranger = Make(scope, port, null, account);
        await a.StartAsync(Of("a"), limit.Token);
        await b.StartAsync(Of("b"), limit.Token);
        await stranger.StartAsync(null, limit.Token);

        Assert.True(a.SocketCount > 0);
        HeardBeacon heard = await HearAsync(a, "b", limit.Token);
        Assert.True(heard.Verified);
        Assert.Equal(7946, heard.Beacon.GossipPort);
        Assert.True((await HearAsync(b, "a", limit.Token)).Verified);
        Assert.False((await HearAsync(stranger, "a", limit.Token)).Verified);
        a.Announce(Of("a") with { HttpPort = 99 });
        HeardBeacon changed;
        do
        {
            changed = await HearAsync(b, "a", limit.Token);
        }
        while (changed.Beacon.HttpPort != 99);

        await Assert.ThrowsAsync<InvalidOperationException>(() => a.StartAsync(null, limit.Token));
        await a.DisposeAsync();
        await b.DisposeAsync();
        await stranger.DisposeAsync();
        await a.DisposeAsync();
        Assert.Equal(0, account.InUse);
    }

    [Fact]
    public async Task Without_multicast_there_is_one_line_and_no_failure()
    {
        var log = new LineLog();
        await using var host = new BeaconHost(
            new BeaconOptions(), log, TimeProvider.System, new CountingAccount { Limit = 0 });
        await host.StartAsync(Of("a"));
        Assert.Equal(0, host.SocketCount);
        Assert.Contains("takes part in multicast", Assert.Single(log.Lines), StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Make(BeaconScope.Loopback, 0, null, new CountingAccount()));
    }

    [Fact]
    public async Task Noise_in_the_group_is_dropped()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        int port = FreePort();
        await using BeaconHost host = Make(BeaconScope.Loopback, port, Keys, new CountingAccount());
        await host.StartAsync(null, limit.Token);
        using var noise = BeaconSocket.Open(IPAddress.Loopback, 1, port);
        noise.Send([1, 2, 3]);
        noise.Send(new byte[600]);
        noise.Send(Of("late").ToBytes(Keys));
        Assert.True((await HearAsync(host, "late", limit.Token)).Verified);
    }

    private static async Task<HeardBeacon> HearAsync(BeaconHost host, string name, CancellationToken cancellation)
    {
        await foreach (HeardBeacon heard in host.HeardAsync(cancellation))
        {
            if (heard.Beacon.Node.Host == name)
            {
                return heard;
            }
        }

        throw new InvalidOperationException("the host ended too early");
    }

    private static BeaconHost Make(BeaconScope scope, int port, KeyRing? keys, IResourceAccount account) => new(
        new BeaconOptions { Scope = scope, Port = port, Keys = keys }, NullLogger<BeaconHost>.Instance,
        TimeProvider.System, account);

    // A port of its own for each test, so that two runs on one machine do not hear each other.
    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static Beacon Of(string name) => new(Guid.Empty, NodeId.Create(name, Guid.Empty), 7946, 1, 2, default);

    private sealed class LineLog : ILogger<BeaconHost>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) => Lines.Add(formatter(state, exception));
    }
}
