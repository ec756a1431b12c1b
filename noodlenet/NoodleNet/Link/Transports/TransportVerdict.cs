namespace NoodleNet.Link.Transports;

/// <summary>Why a transport is in use.</summary>
public enum TransportReason
{
    /// <summary>One of the two ends has no QUIC.</summary>
    NotOffered,

    /// <summary>Both have QUIC, and no QUIC connection stands yet.</summary>
    NotOpen,

    /// <summary>Both stand, and neither was clearly better so far: TCP.</summary>
    Measuring,

    /// <summary>It was the faster one several times in a row.</summary>
    Faster,

    /// <summary>QUIC could not be opened or broke; it is tried again after a while.</summary>
    Blocked,

    /// <summary>The other one does not answer.</summary>
    OtherStalled,

    /// <summary>The other one is gone.</summary>
    OnlyOne,
}

/// <summary>What calls to a peer go over.</summary>
/// <param name="LastFailure">How QUIC failed the last time; None when it never did.</param>
public readonly record struct TransportVerdict(LinkTransportKind Kind, TransportReason Reason, LinkFault LastFailure);
