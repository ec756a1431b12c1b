using NoodleNet.Link;

namespace NoodleNet.Runtime.Link;

public sealed partial class LinkHost
{
    private const int MostOfOnePeer = 4;

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
        bool isLate;
        lock (_gate)
        {
            _connections.Add(connection);
            isLate = _isDraining; // else whoever drains has it in his list
        }

        Task run = connection.RunAsync();
        if (isLate)
        {
            connection.Fail(LinkFault.Closed); // it came while the host began to end
        }

        await connection.Ready.ConfigureAwait(false);
        if (connection.Peer is { } peer)
        {
            _paths.OnOpened(connection);
            if (connection.IsFirst)
            {
                Log.LinkConnected(_context.Logger, peer.Node.ShortName, connection.Remote.ToString()!);
                Raise(PeerConnected, subscriber => subscriber(peer));
            }
        }

        await run.ConfigureAwait(false);
        Remove(connection);
        connection.SetEnded();
    }

    /// <summary>Decides which of two connections to one node stays. Runs under the lock of the connection.</summary>
    /// <returns>False when as many connections of this node and kind stand as may be.</returns>
    private bool TryAdmit(LinkConnection connection)
    {
        LinkConnection? loser = null;
        LinkConnection? winner = null;
        lock (_gate)
        {
            if (_connections.Count(other => other.Peer is not null && other.Node == connection.Node
                && other.Kind == connection.Kind) >= MostOfOnePeer)
            {
                return false;
            }

            if (!_peers.TryGetValue(connection.Node, out LinkPeer? peer))
            {
                peer = new LinkPeer(connection);
                connection.IsFirst = true;
                _peers.Add(connection.Node, peer);
            }
            else if (FindRival(peer, connection) is not { } rival)
            {
                peer.Connection = peer.Connection.IsOpen ? peer.Connection : connection;
            }
            else
            {
                bool isBetter = !rival.IsOpen || Wins(connection, rival);
                (winner, loser) = isBetter ? (connection, rival) : (rival, connection);
                if (isBetter && (ReferenceEquals(peer.Connection, rival) || !peer.Connection.IsOpen))
                {
                    peer.Connection = connection;
                }
            }

            connection.Peer = peer;
        }

        if (loser is not null && winner is not null)
        {
            loser.IsReplaced = true;
            long pongs = ReferenceEquals(winner, connection) ? 0 : winner.PongCount;
            ThreadPool.UnsafeQueueUserWorkItem(
                static it => it.winner.DrainWhenProven(it.loser, it.pongs), (winner, loser, pongs), preferLocal: false);
        }

        return true;
    }

    /// <summary>The connection that cannot stand beside this one: QUIC stands beside TCP, a relay beside neither.
    /// </summary>
    private LinkConnection? FindRival(LinkPeer peer, LinkConnection connection) =>
        Competes(peer.Connection.Kind, connection.Kind)
            ? peer.Connection
            : _connections.FirstOrDefault(other => ReferenceEquals(other.Peer, peer) && other.IsOpen
                && !other.IsReplaced && Competes(other.Kind, connection.Kind));

    private static bool Competes(LinkTransportKind one, LinkTransportKind other) =>
        (one == LinkTransportKind.Quic) == (other == LinkTransportKind.Quic)
        || one == LinkTransportKind.Relay || other == LinkTransportKind.Relay;

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
                && _connections.Where(other => ReferenceEquals(other.Peer, peer) && other.IsOpen)
                    .MinBy(static other => (other.IsReplaced, other.Kind)) is { } next)
            {
                peer.Connection = next;
                next.IsReplaced = false;
            }
        }
    }

    /// <summary>Both ends decide alike: a direct way before a relay, then who dialed, then the newer.</summary>
    private bool Wins(LinkConnection newer, LinkConnection older)
    {
        if ((newer.Kind == LinkTransportKind.Relay) != (older.Kind == LinkTransportKind.Relay))
        {
            return older.Kind == LinkTransportKind.Relay;
        }

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

        _paths.OnClosed(connection, lost is not null);
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
}
