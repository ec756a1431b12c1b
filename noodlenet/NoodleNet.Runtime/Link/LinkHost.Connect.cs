using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Noodle.Primitives;
using NoodleNet.Link;

namespace NoodleNet.Runtime.Link;

public sealed partial class LinkHost
{
    private const int MostOfOnePeer = 4;

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
        if (!TryTakePlace(isStranger: true, out LinkFault fault))
        {
            socket.Dispose();
            Log.LinkRefused(_context.Logger, remote, fault.ToString(), "");
            return;
        }

        try
        {
            await using SslStream stream = await ShakeHandsAsync(socket).ConfigureAwait(false);
            await ServeAsync(stream, socket.RemoteEndPoint, remote).ConfigureAwait(false);
        }
        catch (Exception error) // whatever a stranger sends ends its own connection only
        {
            Log.LinkRefused(_context.Logger, remote, nameof(LinkFault.TlsFailed), error.Message);
        }
        finally
        {
            socket.Dispose();
            GivePlaceBack();
        }
    }

    private async Task<SslStream> ShakeHandsAsync(Socket socket)
    {
        SslStream? stream = null;
        try
        {
            socket.NoDelay = true;
            stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            using var limit =
                new CancellationTokenSource(_context.Options.Limits.HandshakeLimit, _context.Clock.Provider);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stopping.Token);
            await stream.AuthenticateAsServerAsync(_tls.ForServer(), either.Token).ConfigureAwait(false);
            return stream;
        }
        catch when (stream is not null)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            lock (_gate)
            {
                _handshakes--;
            }
        }
    }

    private async Task ServeAsync(SslStream stream, EndPoint? end, string remote)
    {
        if (_tls.FindSideProtocol(stream.NegotiatedApplicationProtocol) is { } side)
        {
            await ServeSideAsync(side, stream, end).ConfigureAwait(false);
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
            Log.LinkRefused(_context.Logger, remote, fault.ToString(), detail);
            return;
        }

        await RunAsync(new LinkConnection(_context, stream, peer, end!, isDialer: false)).ConfigureAwait(false);
    }

    private async Task ServeSideAsync(ISideProtocol side, SslStream stream, EndPoint? end)
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
            if (node == _context.Identity.Node)
            {
                throw new LinkException(LinkFault.SelfConnection,
                    $"{node} is this node: it does not connect to itself.");
            }

            if (!TryTakePlace(isStranger: false, out LinkFault full))
            {
                throw new LinkException(full, $"Cannot connect to {node}: {full}.");
            }

            return await DialPlacedAsync(node, address).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _dials.Remove(node);
            }
        }
    }

    private async Task<LinkPeer> DialPlacedAsync(NodeId node, IPEndPoint address)
    {
        SslStream? stream = null;
        try
        {
            stream = await OpenChannelAsync(node, address).ConfigureAwait(false);
        }
        finally
        {
            if (stream is null)
            {
                GivePlaceBack();
            }
        }

        var connection = new LinkConnection(_context, stream, node, address, isDialer: true);
        Own(RunPlacedAsync(connection));
        await connection.Ready.ConfigureAwait(false);
        return connection.Peer ?? throw new LinkException(
            connection.Fault == LinkFault.Reset ? LinkFault.TlsFailed : connection.Fault,
            $"{node} at {address} ended the connection in the handshake ({connection.Fault}). "
            + "Its log says why; most often it does not accept the certificate of this node.");
    }

    private async Task<SslStream> OpenChannelAsync(NodeId node, IPEndPoint address)
    {
        using var limit = new CancellationTokenSource(_context.Options.ConnectLimit, _context.Clock.Provider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stopping.Token);
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        SslStream? stream = null;
        LinkFault fault = LinkFault.Unreachable;
        string detail = "";
        try
        {
            await socket.ConnectAsync(address, either.Token).ConfigureAwait(false);
            fault = LinkFault.TlsFailed;
            stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            SslClientAuthenticationOptions options = _tls.ForClient(
                node, (verdict, why) => (fault, detail) = verdict == LinkFault.None ? (fault, detail) : (verdict, why));
            await stream.AuthenticateAsClientAsync(options, either.Token).ConfigureAwait(false);
            if (stream.NegotiatedApplicationProtocol != LinkTls.Protocol)
            {
                throw new AuthenticationException("It does not speak noodle/1");
            }

            return stream;
        }
        catch (Exception error) // whatever the other end sends
        {
            if (stream is not null)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }

            socket.Dispose();
            fault = limit.IsCancellationRequested && fault == LinkFault.TlsFailed ? LinkFault.HandshakeTimeout
                : _stopping.IsCancellationRequested ? LinkFault.Closed : fault;
            string reason = detail.Length > 0 ? detail : error.Message;
            throw new LinkException(fault, $"Cannot connect to {node} at {address}: {fault}, {reason}.", error);
        }
    }

    private async Task RunPlacedAsync(LinkConnection connection)
    {
        try
        {
            await RunAsync(connection).ConfigureAwait(false);
        }
        finally
        {
            GivePlaceBack();
        }
    }

    private async Task RunAsync(LinkConnection connection)
    {
        (connection.Admit, connection.Closed) = (TryAdmit, FindSuccessor);
        lock (_gate)
        {
            _connections.Add(connection);
        }

        Task run = connection.RunAsync();
        if (_isDraining)
        {
            connection.Fail(LinkFault.Closed); // it came while the host began to end
        }

        await connection.Ready.ConfigureAwait(false);
        if (connection.Peer is { } peer && connection.IsFirst)
        {
            Log.LinkConnected(_context.Logger, peer.Node.ShortName, connection.Remote.ToString()!);
            Raise(PeerConnected, subscriber => subscriber(peer));
        }

        await run.ConfigureAwait(false);
        Remove(connection);
        connection.SetEnded();
    }

    /// <summary>Decides which of two connections to one node stays. Runs under the lock of the connection.</summary>
    /// <returns>False when as many connections of this node stand as may be.</returns>
    private bool TryAdmit(LinkConnection connection)
    {
        LinkConnection? loser = null;
        lock (_gate)
        {
            if (_connections.Count(other => other.Peer is not null && other.Node == connection.Node) >= MostOfOnePeer)
            {
                return false;
            }

            if (!_peers.TryGetValue(connection.Node, out LinkPeer? peer))
            {
                peer = new LinkPeer(connection);
                connection.IsFirst = true;
                _peers.Add(connection.Node, peer);
            }
            else if (!peer.Connection.IsOpen || Wins(connection, peer.Connection))
            {
                loser = peer.Connection;
                peer.Connection = connection;
            }
            else
            {
                loser = connection;
            }

            connection.Peer = peer;
        }

        if (loser is not null)
        {
            loser.IsReplaced = true;
            LinkConnection winner = connection.Peer!.Connection;
            long pongs = ReferenceEquals(winner, connection) ? 0 : winner.PongCount;
            ThreadPool.UnsafeQueueUserWorkItem(
                static it => it.winner.DrainWhenProven(it.loser, it.pongs), (winner, loser, pongs), preferLocal: false);
        }

        return true;
    }

    /// <summary>Moves the peer of a connection that has closed to another one that still stands.</summary>
    /// <remarks>
    /// Without it a peer that came back after its machine lost power would be turned away for the sake of its old
    /// connection, which nobody has told that it is dead. Runs under the lock of the connection.
    /// </remarks>
    private void FindSuccessor(LinkConnection connection)
    {
        lock (_gate)
        {
            if (connection.Peer is { } peer && ReferenceEquals(peer.Connection, connection)
                && _connections.FirstOrDefault(other => ReferenceEquals(other.Peer, peer) && other.IsOpen) is { } next)
            {
                peer.Connection = next;
                next.IsReplaced = false;
            }
        }
    }

    private bool Wins(LinkConnection newer, LinkConnection older)
    {
        bool isOursSmaller = _context.Identity.Node < newer.Node;
        return newer.IsDialer == older.IsDialer || newer.IsDialer == isOursSmaller;
    }

    private void Remove(LinkConnection connection)
    {
        LinkPeer? lost = null;
        lock (_gate)
        {
            _connections.Remove(connection);
            if (_peers.TryGetValue(connection.Node, out LinkPeer? peer) && ReferenceEquals(peer.Connection, connection))
            {
                _peers.Remove(connection.Node);
                lost = peer;
            }
        }

        if (lost is not null)
        {
            Log.LinkLost(_context.Logger, lost.Node.ShortName, connection.Fault.ToString());
            Raise(PeerLost, subscriber => subscriber(lost, connection.Fault));
        }
        else if (connection.Peer is null)
        {
            Log.LinkRefused(_context.Logger, connection.Remote.ToString()!, connection.Fault.ToString(),
                "in the handshake");
        }
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
