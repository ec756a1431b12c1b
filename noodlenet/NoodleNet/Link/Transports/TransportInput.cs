namespace NoodleNet.Link.Transports;

/// <summary>What a <see cref="TransportChoice"/> is told.</summary>
public enum TransportInputKind
{
    /// <summary>Both ends have QUIC.</summary>
    Offered,

    /// <summary>The dial that was asked for failed.</summary>
    DialFailed,

    /// <summary>A QUIC connection stands, whoever dialed it.</summary>
    QuicOpened,

    /// <summary>The QUIC connection ended.</summary>
    QuicLost,

    /// <summary>A TCP connection, or a relay, stands.</summary>
    TcpOpened,

    /// <summary>The TCP connection ended while another one stands.</summary>
    TcpLost,

    /// <summary>Round trips of both, about once a second.</summary>
    Measured,
}

/// <summary>One input of a <see cref="TransportChoice"/>.</summary>
/// <param name="Tcp">Smoothed round trip; zero while it is not known.</param>
/// <param name="Quic">Smoothed round trip; zero while it is not known.</param>
/// <param name="TcpStalled">How long the oldest ping has waited for its answer; zero when none waits.</param>
/// <param name="QuicStalled">The same for QUIC.</param>
public readonly record struct TransportInput(
    TransportInputKind Kind,
    LinkFault Fault = LinkFault.None,
    TimeSpan Tcp = default,
    TimeSpan Quic = default,
    TimeSpan TcpStalled = default,
    TimeSpan QuicStalled = default);

/// <summary>What a <see cref="TransportChoice"/> wants done.</summary>
public enum TransportEffect
{
    /// <summary>Dial QUIC; the outcome comes back as an input.</summary>
    DialQuic,

    /// <summary>New calls go over QUIC.</summary>
    UseQuic,

    /// <summary>New calls go over TCP.</summary>
    UseTcp,

    /// <summary>End the QUIC connection: its calls are lost, as the path is.</summary>
    CloseQuic,
}
