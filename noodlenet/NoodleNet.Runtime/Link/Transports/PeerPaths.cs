using System.Net;
using NoodleNet.Link.Transports;
using NoodleNet.Runtime.Link.Datagrams;

namespace NoodleNet.Runtime.Link.Transports;

/// <summary>What is known about the ways to one connected peer. Its lock guards all of it.</summary>
internal sealed class PeerPaths(LinkPeer peer, TransportChoice choice, ulong session)
{
    public Lock Gate { get; } = new();

    public LinkPeer Peer { get; } = peer;

    public TransportChoice Choice { get; } = choice;

    /// <summary>How the peer tells this acquaintance from one after a restart of this node.</summary>
    public ulong Session { get; } = session;

    public bool HasTcp { get; set; } = true;

    public bool HasQuic { get; set; }

    /// <summary>Where the peer takes QUIC; null until it said so.</summary>
    public IPEndPoint? QuicAddress { get; set; }

    /// <summary>Null while this node sends no datagrams.</summary>
    public DatagramSession? Datagrams { get; set; }
}
