using NoodleNet.Link;
using NoodleNet.Link.Transports;

namespace NoodleNet.Runtime.Link.Transports;

/// <summary>How a peer is reached now, and why, for people.</summary>
/// <param name="Kind">What new calls go over.</param>
/// <param name="Reason">Why that one.</param>
/// <param name="LastFailure">How QUIC failed the last time; None when it never did.</param>
/// <param name="Tcp">Smoothed round trip over TCP or a relay; null when no such connection stands.</param>
/// <param name="Quic">Smoothed round trip over QUIC; null when no such connection stands.</param>
/// <param name="TakesDatagrams">True when datagrams can be sent to it now.</param>
public readonly record struct LinkTransportStatus(
    LinkTransportKind Kind,
    TransportReason Reason,
    LinkFault LastFailure,
    TimeSpan? Tcp,
    TimeSpan? Quic,
    bool TakesDatagrams);
