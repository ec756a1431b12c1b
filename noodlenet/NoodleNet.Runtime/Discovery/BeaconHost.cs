using System.Net;
using System.Net.Sockets;
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
/// <remarks>Bound: <see cref="MaxHeard"/> unread beacons, then the oldest is lost; it comes again in seconds.</remarks>
public sealed class BeaconHost : IAsyncDisposable
{
    /// <summary>Beacons that wait for the reader.</summary>
    public const int MaxHeard = 256;

    private static readonly TimeSpan PauseAfterFault = TimeSpan.FromMilliseconds(100);
    private readonly BeaconOptions _options;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly IResourceAccount _account;
    private readonly Channel<HeardBeacon> _heard = Channel.CreateBounded<HeardBeacon>(
        new BoundedChannelOptions(MaxHeard) { FullMode = BoundedChannelFullMode.DropOldest });

    private readonly List<BeaconSocket> _sockets = [];
    private readonly List<Task> _receivers = [];
    private MachineHost<BeaconInput, BeaconEffect>? _machine;
    private int _disposed;

    public BeaconHost(
        BeaconOptions options, ILogger<BeaconHost> log, TimeProvider time, IResourceAccount account)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(account);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Port, ushort.MaxValue);
        (_options, _log, _time, _account) = (options, log, time, account);
    }

    /// <summary>Interfaces, counted once for IPv4 and once for IPv6, on which beacons go out.</summary>
    public int SocketCount => _sockets.Count;

    /// <summary>Opens the sockets; a machine without multicast is one line in the log and no failure.</summary>
    /// <param name="self">What to announce; null listens only.</param>
    public Task StartAsync(Beacon? self, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        if (_machine is not null)
        {
            throw new InvalidOperationException("This beacon host has been started before.");
        }

        OpenSockets();
        ulong seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        _machine = new MachineHost<BeaconInput, BeaconEffect>(new BeaconMachine(new Prng(seed)), Perform, _time, 256);
        if (self is not null)
        {
            _machine.TryPost(new BeaconInput.Announce(self));
        }

        _receivers.AddRange(_sockets.Select(socket => Task.Run(() => ReceiveAllAsync(socket.Socket))));
        return Task.CompletedTask;
    }

    /// <summary>Announces this from now on.</summary>
    public void Announce(Beacon self) => _machine?.TryPost(new BeaconInput.Announce(self));

    /// <summary>Nodes as they are heard, each again at most once a second; for one reader.</summary>
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

        if (_machine is not null)
        {
            await _machine.DisposeAsync().ConfigureAwait(false);
        }

        _sockets.ForEach(socket => socket.Dispose());
        await Task.WhenAll(_receivers).ConfigureAwait(false);
        _account.Release(ResourceKind.Sockets, _sockets.Count);
        _heard.Writer.TryComplete();
    }

    private void OpenSockets()
    {
        IReadOnlyList<(IPAddress Address, int Index)> places = BeaconSocket.Places(_options.Scope);
        string reason = "no interface is up";
        foreach ((IPAddress address, int index) in places)
        {
            if (!_account.TryReserve(ResourceKind.Sockets, 1))
            {
                reason = $"the socket limit of {_account.Owner} is reached";
                break;
            }

            try
            {
                _sockets.Add(BeaconSocket.Open(address, index, _options.Port));
            }
            catch (SocketException exception)
            {
                _account.Release(ResourceKind.Sockets, 1);
                reason = $"{address}: {exception.Message}";
            }
        }

        if (_sockets.Count == 0)
        {
            Log.NoMulticast(_log, reason);
        }
        else
        {
            Log.BeaconStarted(_log, _sockets.Count, places.Count);
        }
    }

    private void Perform(BeaconEffect effect)
    {
        switch (effect)
        {
            case BeaconEffect.Send send: Send(send.Beacon.ToBytes(_options.Keys)); break;
            case BeaconEffect.Tell tell: _heard.Writer.TryWrite(tell.Heard); break;
        }
    }

    private void Send(byte[] bytes)
    {
        foreach (BeaconSocket socket in _sockets)
        {
            try
            {
                socket.Send(bytes);
            }
            catch (SocketException exception)
            {
                Log.DatagramNotSent(_log, (IPEndPoint)socket.Socket.LocalEndPoint!, exception.Message);
            }
        }
    }

    private async Task ReceiveAllAsync(Socket socket)
    {
        var buffer = new byte[Beacon.MaxBytes + 1];
        IPEndPoint anywhere = new(
            socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        while (Volatile.Read(ref _disposed) == 0)
        {
            try
            {
                SocketReceiveFromResult received = await socket.ReceiveFromAsync(
                    buffer, SocketFlags.None, anywhere).ConfigureAwait(false);
                Take(buffer.AsSpan(0, received.ReceivedBytes), (IPEndPoint)received.RemoteEndPoint);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException exception) when (exception.SocketErrorCode != SocketError.OperationAborted)
            {
                await Task.Delay(PauseAfterFault, _time).ConfigureAwait(false);
            }
            catch (SocketException)
            {
                return;
            }
        }
    }

    private void Take(ReadOnlySpan<byte> bytes, IPEndPoint from)
    {
        if (_options.Scope == BeaconScope.Loopback && !IPAddress.IsLoopback(from.Address))
        {
            return;
        }

        WireFault fault = Beacon.Read(bytes, _options.Keys, out Beacon? beacon, out bool verified);
        if (fault == WireFault.None)
        {
            _machine!.TryPost(new BeaconInput.Receive(new HeardBeacon(beacon!, from, verified)));
        }
        else
        {
            Log.BeaconDropped(_log, from, fault);
        }
    }
}
