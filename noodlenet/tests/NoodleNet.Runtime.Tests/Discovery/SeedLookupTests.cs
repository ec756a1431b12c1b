using System.Net;
using Microsoft.Extensions.Logging;
using NoodleNet.Discovery;
using NoodleNet.Runtime.Discovery;

namespace NoodleNet.Runtime.Tests.Discovery;

public sealed class SeedLookupTests
{
    private static readonly SeedName Pods = new(SeedKind.Host, "noodle.default.svc.cluster.local", 7946);
    private static readonly SeedName Service = new(SeedKind.Service, "_noodle._tcp.example", 0);
    private readonly MovedClock _clock = new();
    private readonly LineLog _log = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_address_of_a_headless_service_is_found_and_found_again_when_pods_change()
    {
        await using var dns = new TestDns();
        dns.SetHost(Pods.Host, 5, "10.1.0.1", "10.1.0.2", "10.1.0.3", "fd00::1");
        SeedLookup seeds = Lookup(dns, Pods);
        Assert.Empty(seeds.Addresses);
        await seeds.RefreshAsync(Cancel);
        Assert.Equal(["10.1.0.1:7946", "10.1.0.2:7946", "10.1.0.3:7946", "[fd00::1]:7946"], Shown(seeds));

        int asked = dns.Asked;
        dns.SetHost(Pods.Host, 5, "10.1.0.9");
        await seeds.RefreshAsync(Cancel);
        Assert.Equal(asked, dns.Asked); // its life is not over
        _clock.Move(5);
        await seeds.RefreshAsync(Cancel);
        Assert.Equal(["10.1.0.9:7946"], Shown(seeds));
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task A_service_gives_hosts_and_ports_with_addresses_beside_it_or_asked_for_by_name()
    {
        await using var dns = new TestDns();
        dns.SetService(Service.Host, 30, [(20, 7003, "c.example"), (10, 7001, "a.example"), (10, 7002, "b.example")],
            ("a.example", "10.2.0.1"));
        dns.SetHost("b.example", 2, "10.2.0.2");
        dns.SetHost("c.example", 30, "10.2.0.3", "10.2.0.4");
        SeedLookup seeds = Lookup(dns, Service);
        await seeds.RefreshAsync(Cancel);
        Assert.Equal(["10.2.0.1:7001", "10.2.0.2:7002", "10.2.0.3:7003", "10.2.0.4:7003"], Shown(seeds));
        dns.SetService(Service.Host, 30, [(0, 0, ".")]); // decidedly not there
        _clock.Move(2); // the shortest life of all that went into the answer
        await seeds.RefreshAsync(Cancel);
        Assert.Equal(4, seeds.Addresses.Count);
        Assert.Contains("srv:_noodle._tcp.example cannot be looked up", Assert.Single(_log.Lines),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_is_not_there_is_told_of_once_and_again_when_it_is()
    {
        await using var dns = new TestDns();
        SeedLookup seeds = Lookup(dns, Pods, Service);
        for (int i = 0; i < 5; i++)
        {
            await seeds.RefreshAsync(Cancel);
            _clock.Move(30);
        }

        Assert.Equal(2, _log.Lines.Count);
        Assert.All(_log.Lines, line => Assert.Contains("it has no address", line, StringComparison.Ordinal));
        dns.SetHost(Pods.Host, 5, "10.1.0.1");
        await seeds.RefreshAsync(Cancel);
        Assert.Contains("found again, with 1 address", _log.Lines[^1], StringComparison.Ordinal);
        Assert.Equal(["10.1.0.1:7946"], Shown(seeds));
        dns.Remove(Pods.Host);
        _clock.Move(5);
        await seeds.RefreshAsync(Cancel);
        Assert.Equal(["10.1.0.1:7946"], Shown(seeds)); // better than none
        Assert.Equal(4, _log.Lines.Count);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_holds_nothing_up_for_long_and_hides_no_literal()
    {
        await using var dns = new TestDns { IsSilent = true };
        SeedLookup seeds = Lookup(dns, Pods, new SeedName(SeedKind.Address, "192.0.2.1", 5));
        Assert.Equal(["192.0.2.1:5"], Shown(seeds));
        await seeds.RefreshAsync(Cancel).WaitAsync(2 * SeedLookup.Limit, Cancel);
        Assert.Contains("cannot be looked up", Assert.Single(_log.Lines), StringComparison.Ordinal);
        using var stop = new CancellationTokenSource();
        _clock.Move(30);
        Task asking = seeds.RefreshAsync(stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    [Fact]
    public async Task Without_servers_of_its_own_the_system_is_asked()
    {
        var seeds = new SeedLookup(
            [new SeedName(SeedKind.Host, "localhost", 9), new SeedName(SeedKind.Host, "no-such-name.invalid", 9)], [],
            _clock, _log);
        await seeds.RefreshAsync(Cancel);
        Assert.Contains(seeds.Addresses, address => IPAddress.IsLoopback(address.Address));
        Assert.Contains("no-such-name.invalid:9", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    private SeedLookup Lookup(TestDns dns, params SeedName[] names) => new(names, [dns.Address], _clock, _log);

    private static string[] Shown(SeedLookup seeds) => [.. seeds.Addresses.Select(address => address.ToString())];

    /// <summary>The system's timers, and a clock that stands until it is moved.</summary>
    private sealed class MovedClock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Move(int seconds) => _ticks += seconds * TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;
    }

    private sealed class LineLog : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            lock (Lines)
            {
                Lines.Add(formatter(state, exception));
            }
        }
    }
}
