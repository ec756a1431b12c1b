using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Runtime.Link.Transports;

namespace NoodleNet.Runtime.Link;

public sealed partial class LinkHost
{
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private async Task AcceptAsync(Socket listener)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                Socket socket = await listener.AcceptAsync(_stopping.Token).ConfigureAwait(false);
                Own(ServeAsync(socket));
            }
            catch (Exception error) when (error is ObjectDisposedException or OperationCanceledException
                || (error is SocketException && _isDraining))
            {
                return;
            }
            catch (SocketException error)
            {
                Log.LinkAcceptFailed(_context.Logger, error); // out of file handles, say: others may free some
                await Task.Delay(AcceptPause, _context.Clock.Provider).ConfigureAwait(false);
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        string remote = Describe(socket);
        try
        {
            socket.NoDelay = true;
            EndPoint end = socket.RemoteEndPoint!;
            await ServeAsync(new NetworkStream(socket, ownsSocket: true), LinkTransportKind.Tcp, end)
                .ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            Log.LinkRefused(_context.Logger, remote, nameof(LinkFault.Reset), error.Message); // it hung up already
        }
        finally
        {
            socket.Dispose();
        }
    }

    /// <summary>Serves a duplex of a stranger until it has ended, and disposes of it.</summary>
    private async Task ServeAsync(Stream duplex, LinkTransportKind kind, EndPoint remote)
    {
        if (!TryTakePlace(isStranger: true, out LinkFault fault))
        {
            await duplex.DisposeAsync().ConfigureAwait(false);
            Log.LinkRefused(_context.Logger, remote.ToString()!, fault.ToString(), "");
            return;
        }

        try
        {
            var sends = new GatheringStream(duplex);
            await using SslStream stream = await ShakeHandsAsync(sends).ConfigureAwait(false);
            await ServeAsync(stream, sends, kind, remote).ConfigureAwait(false);
        }
        catch (Exception error) // whatever a stranger sends ends its own connection only
        {
            Log.LinkRefused(_context.Logger, remote.ToString()!, nameof(LinkFault.TlsFailed), error.Message);
        }
        finally
        {
            GivePlaceBack();
        }
    }

    private async Task<SslStream> ShakeHandsAsync(Stream duplex)
    {
        var stream = new SslStream(duplex);
        try
        {
            using var limit =
                new CancellationTokenSource(_context.Options.Limits.HandshakeLimit, _context.Clock.Provider);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stopping.Token);
            await stream.AuthenticateAsServerAsync(_tls.ForServer(), either.Token).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            EndHandshake();
        }
    }

    private void EndHandshake()
    {
        lock (_gate)
        {
            _handshakes--;
        }
    }

    /// <summary>Serves a QUIC connection, whose handshake is over, once its stream is there.</summary>
    internal async Task ServeQuicAsync(
        Func<CancellationToken, Task<(LinkTransport Transport, NodeId Peer)>> accept, EndPoint remote)
    {
        if (!TryTakePlace(isStranger: true, out LinkFault full))
        {
            using var none = new CancellationTokenSource();
            await none.CancelAsync().ConfigureAwait(false);
            Task closed = accept(none.Token);
            await closed.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Log.LinkRefused(_context.Logger, remote.ToString()!, full.ToString(), "");
            return;
        }

        try
        {
            LinkTransport transport;
            NodeId peer;
            using var limit =
                new CancellationTokenSource(_context.Options.Limits.HandshakeLimit, _context.Clock.Provider);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stopping.Token);
            try
            {
                (transport, peer) = await accept(either.Token).ConfigureAwait(false);
            }
            finally
            {
                EndHandshake();
            }

            await RunAsync(new LinkConnection(_context, transport, peer, isDialer: false)).ConfigureAwait(false);
        }
        catch (Exception error) // whatever a stranger sends ends its own connection only
        {
            LinkFault fault = error is LinkException known ? known.Fault : LinkFault.TlsFailed;
            Log.LinkRefused(_context.Logger, remote.ToString()!, fault.ToString(), error.Message);
        }
        finally
        {
            GivePlaceBack();
        }
    }

    private async Task ServeAsync(
        SslStream stream, GatheringStream sends, LinkTransportKind kind, EndPoint remote)
    {
        if (_tls.FindSideProtocol(stream.NegotiatedApplicationProtocol) is { } side)
        {
            await ServeSideAsync(side, stream, remote).ConfigureAwait(false);
            return;
        }

        LinkFault fault =
            stream.NegotiatedApplicationProtocol != LinkTls.Protocol ? LinkFault.TlsFailed : LinkFault.None;
        string detail = "it speaks no protocol of ours";
        NodeId peer = default;
        if (fault == LinkFault.None)
        {
            fault = _tls.Verify(stream.RemoteCertificate, asServer: false, out peer, out detail);
        }

        if (fault != LinkFault.None)
        {
            Log.LinkRefused(_context.Logger, remote.ToString()!, fault.ToString(), detail);
            return;
        }

        var transport = new TlsTransport(stream, sends, kind, remote);
        await RunAsync(new LinkConnection(_context, transport, peer, isDialer: false)).ConfigureAwait(false);
    }

    private async Task ServeSideAsync(ISideProtocol side, SslStream stream, EndPoint end)
    {
        try
        {
            await side.ServeAsync(stream, end, _stopping.Token).ConfigureAwait(false);
        }
        catch (Exception error) // a side protocol's fault ends its own connection only
        {
            Log.LinkSideProtocolFailed(_context.Logger, side.Protocol.ToString(), error);
        }
    }

    private async Task<LinkPeer> DialAsync(NodeId node, IPEndPoint address)
    {
        try
        {
            return await ConnectAsync(node, token => _dialer.OpenTcpAsync(node, address, token))
                .ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _dials.Remove(node);
            }
        }
    }

    private async Task<LinkPeer> ConnectOverAsync(
        Stream duplex, NodeId node, LinkTransportKind kind, EndPoint remote)
    {
        bool isTaken = false;
        try
        {
            return await ConnectAsync(node, token =>
            {
                isTaken = true;
                return _dialer.OpenOverAsync(duplex, node, kind, remote, token);
            }).ConfigureAwait(false);
        }
        finally
        {
            if (!isTaken)
            {
                await duplex.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Makes a connection over what <paramref name="open"/> brings, which disposes of what fails.</summary>
    private async Task<LinkPeer> ConnectAsync(
        NodeId node, Func<CancellationToken, Task<LinkTransport>> open)
    {
        if (node == _context.Identity.Node)
        {
            throw new LinkException(LinkFault.SelfConnection, $"{node} is this node: it does not connect to itself.");
        }

        if (!TryTakePlace(isStranger: false, out LinkFault full))
        {
            throw new LinkException(full, $"Cannot connect to {node}: {full}.");
        }

        LinkTransport? transport = null;
        try
        {
            transport = await open(_stopping.Token).ConfigureAwait(false);
        }
        finally
        {
            if (transport is null)
            {
                GivePlaceBack();
            }
        }

        var connection = new LinkConnection(_context, transport, node, isDialer: true);
        Own(RunPlacedAsync(connection));
        await connection.Ready.ConfigureAwait(false);
        return connection.Peer ?? throw new LinkException(
            connection.Fault == LinkFault.Reset ? LinkFault.TlsFailed : connection.Fault,
            $"{node} at {transport.Remote} ended the connection in the handshake ({connection.Fault}). "
            + "Its log says why; most often it does not accept the certificate of this node.");
    }

    private static string Describe(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint?.ToString() ?? "unknown";
        }
        catch (SocketException)
        {
            return "unknown"; // it hung up already
        }
    }
}
