using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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

    [Fact]
    public async Task An_interface_that_comes_up_later_is_used_and_one_that_goes_away_is_left()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var account = new CountingAccount();
        var log = new LineLog();
        IReadOnlyList<BeaconPlace> places = [];
        int port = FreePort();
        await using var host = new BeaconHost(
            new BeaconOptions { Port = port, ScanPeriod = TimeSpan.FromMilliseconds(100) }, log, TimeProvider.System,
            account, _ => Volatile.Read(ref places));
        await using BeaconHost other = Make(BeaconScope.Loopback, port, null, new CountingAccount());
        await other.StartAsync(null, limit.Token);
        await host.StartAsync(Of("late"), limit.Token);
        Assert.Equal(0, host.SocketCount);

        Volatile.Write(
            ref places, [new BeaconPlace(IPAddress.Loopback, 1), new BeaconPlace(IPAddress.Parse("192.0.2.1"), 7)]);
        HeardBeacon heard = await HearAsync(other, "late", limit.Token);
        Assert.True(heard.Beacon.Flags.HasFlag(BeaconFlags.Asks), "it asks who is there");
        Assert.Equal((1, 1), (host.SocketCount, account.InUse)); // the other address is none of this machine's

        Volatile.Write(ref places, []);
        using var period = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (host.SocketCount > 0)
        {
            await period.WaitForNextTickAsync(limit.Token);
        }

        await host.DisposeAsync();
        Assert.Equal(0, account.InUse);
        string[] told = [.. log.Lines.Where(line => line.Contains("multicast", StringComparison.Ordinal))];
        Assert.Equal(2, told.Length); // once for each time that nothing was left, not at every look
    }

    [Fact]
    public async Task Who_is_not_admitted_shows_as_a_stranger_with_the_fingerprint_of_its_key()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        int port = FreePort();
        await using BeaconHost member = Make(BeaconScope.Loopback, port, Keys, new CountingAccount());
        await using var asking = new BeaconHost(
            new BeaconOptions { Port = port, Signer = KeySigner.Of(key) }, NullLogger<BeaconHost>.Instance,
            TimeProvider.System, new CountingAccount());
        await member.StartAsync(Of("member"), limit.Token);
        await asking.StartAsync(Of("asking") with { Flags = BeaconFlags.WantsAdmission }, limit.Token);
        Assert.Equal(BeaconProof.Signed, (await HearAsync(member, "asking", limit.Token)).Proof);

        Stranger stranger = Assert.Single(member.Strangers);
        Assert.Equal(("asking", true, true), (stranger.Node.Host, stranger.WantsAdmission, stranger.IsSigned));
        Assert.Equal(KeyFingerprint.OfKey(key.ExportSubjectPublicKeyInfo()), stranger.Fingerprint);
        Assert.True(IPAddress.IsLoopback(stranger.Address));

        using var forger = BeaconSocket.Open(IPAddress.Loopback, 1, port);
        byte[] forged = Of("forged").ToBytes(null, KeySigner.Of(key));
        forged[^20] ^= 1;
        forger.Send(forged);
        forger.Send(Of("after").ToBytes(Keys));
        await HearAsync(member, "after", limit.Token);
        Assert.DoesNotContain(member.Strangers, each => each.Node.Host == "forged");
    }

    [Fact]
    public void A_beacon_is_signed_with_a_key_on_P256_and_no_other()
    {
        using var large = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Assert.Throws<ArgumentException>(() => KeySigner.Of(large));
        using X509Certificate2 wrong = Certify(large);
        Assert.Null(KeySigner.Of(wrong));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = Certify(key);
        byte[] bytes = Of("a").ToBytes(null, KeySigner.Of(certificate));
        Assert.Equal(BeaconProof.Signed, Beacon.CheckSignature(bytes));
        Beacon.Read(bytes, null, out Beacon? beacon, out _);
        Assert.Equal(
            KeyFingerprint.OfKey(certificate.PublicKey.ExportSubjectPublicKeyInfo()), beacon!.KeyFingerprint);
    }

    [Theory]
    [InlineData(512, 211)] // signed: public key and signature behind the node id
    [InlineData(200, 79)]
    [InlineData(78, 0)]
    public void An_answer_is_cut_to_its_bound_or_left_out(int limit, int length)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Equal(length, BeaconHost.Fit(Of("a"), limit, Keys, KeySigner.Of(key))?.Length ?? 0);
    }

    [Fact]
    public async Task A_flood_is_told_of_once_and_not_read()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        int port = FreePort();
        var log = new LineLog();
        await using var host = new BeaconHost(
            new BeaconOptions { Port = port }, log, TimeProvider.System, new CountingAccount());
        await host.StartAsync(null, limit.Token);
        using var noise = BeaconSocket.Open(IPAddress.Loopback, 1, port);
        using var period = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        byte[] beacon = Of("flood").ToBytes(null);
        while (!log.Any(line => line.Contains("faster", StringComparison.Ordinal)))
        {
            for (int i = 0; i < 200; i++)
            {
                noise.Send(beacon);
            }

            await period.WaitForNextTickAsync(limit.Token);
        }

        await host.DisposeAsync();
        Assert.Single(log.Lines, line => line.Contains("faster", StringComparison.Ordinal));
    }

    private static X509Certificate2 Certify(ECDsa key) => new CertificateRequest("CN=a", key, HashAlgorithmName.SHA256)
        .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));

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

        public bool Any(Predicate<string> wanted)
        {
            lock (Lines)
            {
                return Lines.Exists(wanted);
            }
        }

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
