using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using NoodleNet.Discovery.Wire;
using NoodleNet.Link.Datagrams;

namespace NoodleNet.Runtime.Discovery;

/// <summary>Receives datagrams and connections until the sockets are disposed.</summary>
internal sealed class GossipListener
{
    private const int MaxDatagramBytes = 65_536;
    private static readonly TimeSpan PauseAfterFault = TimeSpan.FromMilliseconds(100);
    private readonly GossipSockets _sockets;
    private readonly GossipEnvelope _envelope;
    private readonly Action<ReadOnlyMemory<byte>, IPEndPoint> _takePacket;
    private readonly Func<Socket, bool> _takeConnection;
    private readonly TakeDatagram? _takeDatagram;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly RefusalLog _refusals;
    private readonly OtherAddresses _others;
    private readonly byte[] _nonce = new byte[KeyRing.NonceBytes];

    public GossipListener(
        GossipSockets sockets, GossipEnvelope envelope, Action<ReadOnlyMemory<byte>, IPEndPoint> takePacket,
        Func<Socket, bool> takeConnection, TakeDatagram? takeDatagram, TimeProvider time, ILogger log,
        RefusalLog refusals, OtherAddresses others)
    {
        (_takeDatagram, _others) = (takeDatagram, others);
        (_sockets, _envelope, _takePacket, _takeConnection) = (sockets, envelope, takePacket, takeConnection);
        (_time, _log, _refusals) = (time, log, refusals);
        Completion = Task.WhenAll(sockets.Pairs.SelectMany(pair => (Task[])
        [
            Task.Run(() => ReceiveAllAsync(pair.Datagrams)), Task.Run(() => AcceptAllAsync(pair.Streams)),
        ]));
    }

    /// <summary>Ends when the sockets were disposed.</summary>
    public Task Completion { get; }

    /// <summary>
    /// Seals and sends; called by the machine's task only. What cannot be sent is lost, as on the way.
    /// </summary>
    public void Send(ReadOnlySpan<byte> packet, IPEndPoint to)
    {
        RandomNumberGenerator.Fill(_nonce);
        byte[] datagram = _envelope.SealDatagram(packet, _nonce);
        string? fault = TrySend(datagram, to, out bool isNoWay);
        if (isNoWay && _others.OtherOf(to) is { } other)
        {
            fault = TrySend(datagram, other, out _);
        }

        if (fault is not null && _refusals.MayTell(nameof(Log.DatagramNotSent)))
        {
            Log.DatagramNotSent(_log, to, fault);
        }
    }

    /// <summary>Sends bytes as they are, from any thread.</summary>
    public bool TrySendRaw(ReadOnlySpan<byte> datagram, SocketAddress to)
    {
        try
        {
            return _sockets.DatagramsOf(to.Family)?.SendTo(datagram, SocketFlags.None, to) == datagram.Length;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    private string? TrySend(byte[] datagram, IPEndPoint to, out bool isNoWay)
    {
        isNoWay = false;
        if (_sockets.DatagramsOf(to.AddressFamily) is not { } socket)
        {
            isNoWay = true;
            return "this node does not listen on an address of that family";
        }

        try
        {
            socket.SendTo(datagram, SocketFlags.None, to);
            return null;
        }
        catch (SocketException exception)
        {
            isNoWay = OtherAddresses.IsNoWay(exception);
            return exception.Message;
        }
        catch (ObjectDisposedException exception)
        {
            return exception.Message;
        }
    }

    private async Task ReceiveAllAsync(Socket socket)
    {
        var buffer = new byte[MaxDatagramBytes];
        IPEndPoint anywhere = new(
            socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        while (true)
        {
            try
            {
                SocketReceiveFromResult received = await socket.ReceiveFromAsync(
                    buffer, SocketFlags.None, anywhere).ConfigureAwait(false);
                Take(buffer.AsSpan(0, received.ReceivedBytes), (IPEndPoint)received.RemoteEndPoint);
            }
            catch (Exception exception) when (IsStopped(exception))
            {
                return;
            }
            catch (SocketException exception)
            {
                await PauseAsync(exception).ConfigureAwait(false);
            }
        }
    }

    private void Take(ReadOnlySpan<byte> datagram, IPEndPoint from)
    {
        if (_takeDatagram is not { } take || datagram.IsEmpty || datagram[0] != DatagramFrame.Marker)
        {
            Open(datagram.ToArray(), from);
            return;
        }

        take(datagram);
    }

    private void Open(byte[] datagram, IPEndPoint from)
    {
        WireFault fault = _envelope.OpenDatagram(datagram, out ReadOnlyMemory<byte> packet);
        if (fault == WireFault.None)
        {
            _takePacket(packet, _others.FirstOf(from));
        }
        else if (_refusals.MayTell(fault.ToString()))
        {
            Log.GossipDropped(_log, from, fault);
        }
    }

    private async Task AcceptAllAsync(Socket listener)
    {
        while (true)
        {
            try
            {
                Socket socket = await listener.AcceptAsync().ConfigureAwait(false);
                if (!_takeConnection(socket))
                {
                    if (_refusals.MayTell(nameof(Log.ConnectionRefused)))
                    {
                        Log.ConnectionRefused(_log, GossipStreams.NoRoom);
                    }

                    socket.Dispose();
                }
            }
            catch (Exception exception) when (IsStopped(exception))
            {
                return;
            }
            catch (SocketException exception)
            {
                await PauseAsync(exception).ConfigureAwait(false);
            }
        }
    }

    // A fault that stays must not turn this loop into a busy one.
    private Task PauseAsync(SocketException exception)
    {
        if (_refusals.MayTell(exception.SocketErrorCode.ToString()))
        {
            Log.ConnectionRefused(_log, exception.Message);
        }

        return exception.SocketErrorCode == SocketError.ConnectionReset
            ? Task.CompletedTask
            : Task.Delay(PauseAfterFault, _time);
    }

    // By our own word and not by the code of the fault: a code that also comes from outside would make us deaf.
    private bool IsStopped(Exception exception) => exception is ObjectDisposedException
        || (exception is SocketException && _sockets.IsDisposed);
}
