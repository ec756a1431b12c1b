using System.Net;
using System.Net.NetworkInformation;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;
using NoodleNet.Runtime.Hosting;

namespace NoodleNet.Runtime.Discovery;

/// <summary>Announces this node by multicast and hears who else is there: the shell around
/// <see cref="BeaconMachine"/>.</summary>
/// <remarks>
/// Meaning: interfaces are looked at again when the system tells of a change, and every
/// <see cref="BeaconOptions.ScanPeriod"/>; where one came up, this node asks again who is there.
/// Bound: <see cref="MaxHeard"/> unread beacons, then the oldest is lost; it comes again in seconds. What comes in too
/// fast is dropped by <see cref="BeaconGate"/>.
/// </remarks>
public sealed class BeaconHost : IAsyncDisposable
{
    /// <summary>Beacons that wait for the reader.</summary>
    public const int MaxHeard = 256;

    private static readonly TimeSpan s_settle = TimeSpan.FromMilliseconds(100); // changes come in bursts
    private static readonly TimeSpan s_floodPause = TimeSpan.FromMinutes(1);
    private readonly BeaconOptions _options;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly BeaconSockets _sockets;
    private readonly Channel<HeardBeacon> _heard = Channel.CreateBounded<HeardBeacon>(
        new BoundedChannelOptions(MaxHeard) { FullMode = BoundedChannelFullMode.DropOldest });

    private readonly Lock _gate = new();
    private readonly BeaconGate _admission = new();
    private readonly StrangerTable _strangers = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _changed = new(0, 1);
    private MachineHost<BeaconInput, BeaconEffect>? _machine;
    private Task _scanning = Task.CompletedTask;
    private Instant? _floodToldAt;
    private int _disposed;

    public BeaconHost(
        BeaconOptions options, ILogger<BeaconHost> log, TimeProvider time, IResourceAccount account)
        : this(options, log, time, account, BeaconSocket.Places)
    {
    }

    internal BeaconHost(
        BeaconOptions options, ILogger<BeaconHost> log, TimeProvider time, IResourceAccount account,
        Func<BeaconScope, IReadOnlyList<BeaconPlace>> places)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(account);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Port, ushort.MaxValue);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ScanPeriod, TimeSpan.FromMilliseconds(100));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.ScanPeriod, TimeSpan.FromHours(1));
        (_options, _log, _time) = (options, log, time);
        _sockets = new BeaconSockets(options, Take, time, account, log) { Places = places };
    }

    /// <summary>Interfaces, counted once for IPv4 and once for IPv6, on which beacons go out now.</summary>
    public int SocketCount => _sockets.Count;

    /// <summary>Nodes heard lately that are not proven to be of this mesh, by node id.</summary>
    /// <remarks>Bound: <see cref="StrangerTable.MaxStrangers"/>, each for <see cref="StrangerTable.Memory"/>.
    /// </remarks>
    public IReadOnlyList<Stranger> Strangers
    {
        get
        {
            lock (_gate)
            {
                return _strangers.List(Now);
            }
        }
    }

    /// <summary>The clock of <see cref="Stranger.LastHeard"/>.</summary>
    public Instant Now => _machine?.Now ?? Instant.Origin;

    /// <summary>Opens the sockets; a machine without multicast is one line in the log and no failure.</summary>
    /// <param name="self">What to announce; null listens only.</param>
    public Task StartAsync(Beacon? self, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        if (_machine is not null)
        {
            throw new InvalidOperationException("This beacon host has been started before.");
        }

        ulong seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        _machine = new MachineHost<BeaconInput, BeaconEffect>(new BeaconMachine(new Prng(seed)), Perform, _time, 256);
        NetworkChange.NetworkAddressChanged += OnNetworkChanged;
        _sockets.Scan();
        if (self is not null)
        {
            _machine.TryPost(new BeaconInput.Announce(self));
        }

        _scanning = Task.Run(ScanAllAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>Announces this from now on.</summary>
    public void Announce(Beacon self) => _machine?.TryPost(new BeaconInput.Announce(self));

    /// <summary>Nodes as they are heard, each again at most once a second and family; for one reader.</summary>
    public async IAsyncEnumerable<HeardBeacon> HeardAsync(
        [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await foreach (HeardBeacon heard in _heard.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
        {
            yield return heard;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        NetworkChange.NetworkAddressChanged -= OnNetworkChanged;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _scanning.ConfigureAwait(false);
        if (_machine is not null)
        {
            await _machine.DisposeAsync().ConfigureAwait(false);
        }

        await _sockets.DisposeAsync().ConfigureAwait(false);
        _heard.Writer.TryComplete();
        _stop.Dispose();
        // _changed is left to the collector: the system may raise its event once more, and it holds no handle
    }

    private void OnNetworkChanged(object? sender, EventArgs e)
    {
        try
        {
            _changed.Release();
        }
        catch (SemaphoreFullException)
        {
            // a look is due already
        }
    }

    private async Task ScanAllAsync()
    {
        try
        {
            while (true)
            {
                await _changed.WaitAsync(_options.ScanPeriod, _stop.Token).ConfigureAwait(false);
                await Task.Delay(s_settle, _time, _stop.Token).ConfigureAwait(false);
                if (_sockets.Scan())
                {
                    _machine!.TryPost(new BeaconInput.AskAgain());
                }
            }
        }
        catch (OperationCanceledException)
        {
            // told to end
        }
    }

    private void Perform(BeaconEffect effect)
    {
        switch (effect)
        {
            case BeaconEffect.Send send: Send(send.Beacon, send.LimitBytes); break;
            case BeaconEffect.Tell tell:
                lock (_gate)
                {
                    _strangers.Note(tell.Heard, Now);
                }

                _heard.Writer.TryWrite(tell.Heard);
                break;
        }
    }

    private void Send(Beacon beacon, int limitBytes)
    {
        if (Fit(beacon, limitBytes, _options.Keys, _options.Signer) is { } bytes)
        {
            _sockets.Send(bytes);
        }
    }

    /// <summary>The fullest form that is no longer than the limit; null when none is.</summary>
    internal static byte[]? Fit(Beacon beacon, int limitBytes, KeyRing? keys, BeaconSigner? signer)
    {
        byte[] whole = beacon.ToBytes(keys, signer);
        byte[] bytes = whole.Length <= limitBytes ? whole : beacon.ToShortBytes(keys);
        return bytes.Length <= limitBytes ? bytes : null;
    }

    private void Take(ReadOnlyMemory<byte> bytes, IPEndPoint from)
    {
        if (_options.Scope == BeaconScope.Loopback && !IPAddress.IsLoopback(from.Address))
        {
            return;
        }

        if (!MayRead(from.Address))
        {
            return;
        }

        WireFault fault = Beacon.Read(bytes.Span, _options.Keys, out Beacon? beacon, out bool verified);
        BeaconProof proof = fault == WireFault.None && MayCheckSignature(verified)
            ? Beacon.CheckSignature(bytes.Span) : BeaconProof.None;
        if (fault == WireFault.None && proof != BeaconProof.Forged)
        {
            var heard = new HeardBeacon(beacon!, from, verified) { Proof = proof, SizeBytes = bytes.Length };
            _machine!.TryPost(new BeaconInput.Receive(heard));
        }
        else
        {
            Log.BeaconDropped(_log, from, fault == WireFault.None ? WireFault.BadChecksum : fault);
        }
    }

    // A sealed beacon is as good as its signature to a member: whoever has the gossip key could sign as itself.
    private bool MayCheckSignature(bool verified)
    {
        lock (_gate)
        {
            return !verified && _admission.MayCheckSignature(Now);
        }
    }

    private bool MayRead(IPAddress from)
    {
        lock (_gate)
        {
            Instant now = Now;
            if (_admission.MayRead(from, now))
            {
                return true;
            }

            if (_floodToldAt is not { } told || now - told >= s_floodPause)
            {
                _floodToldAt = now;
                Log.BeaconFlood(_log, from, _admission.Refused);
            }

            return false;
        }
    }
}
