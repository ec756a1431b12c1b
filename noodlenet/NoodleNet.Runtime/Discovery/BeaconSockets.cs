using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Noodle.Primitives;
using NoodleNet.Discovery;

namespace NoodleNet.Runtime.Discovery;

/// <summary>The multicast sockets of the interfaces that are up now: one for each address family of each.</summary>
/// <remarks>
/// Use: one task calls <see cref="Scan"/>, again whenever interfaces may have changed; any may send.
/// Bound: <see cref="MaxSockets"/>.
/// </remarks>
internal sealed class BeaconSockets(
    BeaconOptions options, Action<ReadOnlyMemory<byte>, IPEndPoint> take, TimeProvider time, IResourceAccount account,
    ILogger log) : IAsyncDisposable
{
    public const int MaxSockets = 128;

    private static readonly TimeSpan PauseAfterFault = TimeSpan.FromMilliseconds(100);
    private readonly Lock _gate = new();
    private readonly Dictionary<BeaconPlace, Open> _open = [];
    private readonly List<Task> _closing = []; // receivers of closed sockets; the scanner's alone
    private bool _disposed;
    private bool _blind;

    /// <summary>Where there is something to open; another for tests.</summary>
    public Func<BeaconScope, IReadOnlyList<BeaconPlace>> Places { get; init; } = BeaconSocket.Places;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>Opens what came up and closes what went away; true when something was opened.</summary>
    public bool Scan()
    {
        IReadOnlyList<BeaconPlace> places = Places(options.Scope);
        lock (_gate)
        {
            if (_disposed)
            {
                return false;
            }

            int closed = CloseAllBut(places), opened = 0;
            string reason = "no interface is up";
            foreach (BeaconPlace place in places)
            {
                if (!_open.ContainsKey(place) && TryOpen(place, ref reason))
                {
                    opened++;
                }
            }

            Tell(opened, closed, places.Count, reason);
            return opened > 0;
        }
    }

    public void Send(byte[] bytes)
    {
        lock (_gate)
        {
            foreach (Open open in _open.Values)
            {
                try
                {
                    open.Socket.Send(bytes);
                }
                catch (SocketException exception)
                {
                    Log.DatagramNotSent(log, (IPEndPoint)open.Socket.Socket.LocalEndPoint!, exception.Message);
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task[] receivers;
        lock (_gate)
        {
            _disposed = true;
            CloseAllBut([]);
            receivers = [.. _closing];
        }

        await Task.WhenAll(receivers).ConfigureAwait(false);
    }

    private int CloseAllBut(IReadOnlyList<BeaconPlace> places)
    {
        _closing.RemoveAll(receiver => receiver.IsCompleted);
        BeaconPlace[] gone = [.. _open.Keys.Where(place => !places.Contains(place))];
        foreach (BeaconPlace place in gone)
        {
            _open.Remove(place, out Open? open);
            open!.Socket.Dispose();
            _closing.Add(open.Receiver);
            account.Release(ResourceKind.Sockets, 1);
        }

        return gone.Length;
    }

    private bool TryOpen(BeaconPlace place, ref string reason)
    {
        if (_open.Count >= MaxSockets || !account.TryReserve(ResourceKind.Sockets, 1))
        {
            reason = $"the socket limit of {account.Owner} is reached";
            return false;
        }

        try
        {
            BeaconSocket socket = BeaconSocket.Open(place.Address, place.Index, options.Port);
            _open[place] = new Open(socket, Task.Run(() => ReceiveAllAsync(socket.Socket)));
            return true;
        }
        catch (SocketException exception)
        {
            account.Release(ResourceKind.Sockets, 1);
            reason = $"{place.Address}: {exception.Message}";
            return false;
        }
    }

    private void Tell(int opened, int closed, int places, string reason)
    {
        if (_open.Count == 0 && !_blind)
        {
            Log.NoMulticast(log, reason);
        }
        else if (opened + closed > 0)
        {
            Log.BeaconStarted(log, _open.Count, places);
        }

        _blind = _open.Count == 0;
    }

    private async Task ReceiveAllAsync(Socket socket)
    {
        var buffer = new byte[Beacon.MaxBytes + 1];
        IPEndPoint anywhere = new(
            socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        while (true)
        {
            try
            {
                SocketReceiveFromResult received = await socket.ReceiveFromAsync(
                    buffer, SocketFlags.None, anywhere).ConfigureAwait(false);
                take(buffer.AsMemory(0, received.ReceivedBytes), (IPEndPoint)received.RemoteEndPoint);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException exception) when (exception.SocketErrorCode != SocketError.OperationAborted)
            {
                await Task.Delay(PauseAfterFault, time).ConfigureAwait(false);
            }
            catch (SocketException)
            {
                return;
            }
        }
    }

    private sealed record Open(BeaconSocket Socket, Task Receiver);
}

/// <summary>One address family of one interface.</summary>
/// <param name="Address">The interface's first address of that family.</param>
/// <param name="Index">The system's number of the interface.</param>
internal readonly record struct BeaconPlace(IPAddress Address, int Index);
