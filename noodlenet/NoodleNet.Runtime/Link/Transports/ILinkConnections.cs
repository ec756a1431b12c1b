using System.Net;
using Noodle.Primitives;
using NoodleNet.Link;

namespace NoodleNet.Runtime.Link.Transports;

/// <summary>What <see cref="LinkPaths"/> needs of its host. Nothing here waits.</summary>
internal interface ILinkConnections
{
    IReadOnlyList<LinkPeer> ListPeers();

    /// <summary>An open connection to the peer that nothing replaces: QUIC, or any other kind.</summary>
    LinkConnection? FindStanding(LinkPeer peer, bool isQuic);

    /// <summary>New calls go over this connection, if it is open.</summary>
    void Prefer(LinkPeer peer, LinkConnection connection);

    /// <summary>Makes a QUIC connection beside those that stand; None when it stands.</summary>
    Task<LinkFault> TryDialQuicAsync(NodeId node, IPEndPoint address);

    /// <summary>Keeps a task, which never fails, until it ends.</summary>
    void Own(Task task);
}
