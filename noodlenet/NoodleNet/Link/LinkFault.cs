namespace NoodleNet.Link;

/// <summary>Why a connection ended or could not be made.</summary>
public enum LinkFault
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>A frame header or payload that no correct peer writes.</summary>
    MalformedFrame,

    /// <summary>A frame longer than its type may be.</summary>
    FrameTooLarge,

    /// <summary>A frame at a time when it may not come, such as data before the handshake or a second HEAD.</summary>
    UnexpectedFrame,

    /// <summary>The peers have no protocol version in common.</summary>
    VersionMismatch,

    /// <summary>A stream id of the wrong parity, out of order, or never opened.</summary>
    BadStream,

    /// <summary>The peer opened more streams at once than we allow.</summary>
    TooManyStreams,

    /// <summary>The peer sent more than it had credit for, or granted more credit than can be counted.</summary>
    CreditExceeded,

    /// <summary>
    /// Nothing was heard for the whole silence limit, pings included, or the peer took none of our bytes for as long.
    /// </summary>
    PeerSilent,

    /// <summary>The peer did not finish the handshake in time.</summary>
    HandshakeTimeout,

    /// <summary>The peer's certificate is missing or not accepted.</summary>
    Untrusted,

    /// <summary>The certificate names another node than the one that was called, or than the peer says it is.</summary>
    WrongNode,

    /// <summary>The node at that address is this node.</summary>
    SelfConnection,

    /// <summary>The peer ended the connection, or the network did.</summary>
    Reset,

    /// <summary>Nothing answers at that address.</summary>
    Unreachable,

    /// <summary>
    /// The TLS handshake failed: not TLS 1.3, no common protocol, or the peer refused our certificate.
    /// </summary>
    TlsFailed,

    /// <summary>As many connections are open as may be.</summary>
    TooManyConnections,

    /// <summary>The resource account has no socket or memory left for a connection.</summary>
    OutOfResources,

    /// <summary>Both ends drained: every stream finished, nothing was lost.</summary>
    Drained,

    /// <summary>Another connection to the same node took its place; what was in flight here finished here.</summary>
    Replaced,

    /// <summary>This node closed the connection.</summary>
    Closed,

    /// <summary>The address to listen on is taken or not on this machine.</summary>
    AddressInUse,
}
