namespace NoodleNet.Link;

/// <summary>What a <see cref="LinkMachine"/> wants done.</summary>
public enum LinkEffectKind
{
    /// <summary>
    /// Write <see cref="LinkEffect.Frame"/> and its payload: 8 bytes of Value, or what its type says.
    /// </summary>
    Transmit,

    /// <summary>Both HELLOs are there: calls may be made.</summary>
    Ready,

    /// <summary>The stream asked for by Open.</summary>
    Opened,

    /// <summary>Open was refused, with the status in Value.</summary>
    OpenRefused,

    /// <summary>The peer opened this stream; the OPEN payload just read belongs to it.</summary>
    Incoming,

    /// <summary>The peer answered this stream; the HEAD payload just read belongs to it.</summary>
    Answered,

    /// <summary>The payload that follows goes to this stream.</summary>
    Receive,

    /// <summary>The payload that follows goes nowhere.</summary>
    Discard,

    /// <summary>The stream broke with the status in Value; its slot is free.</summary>
    Ended,

    /// <summary>Both directions are complete; the slot is free.</summary>
    Finished,

    /// <summary>No stream can be opened here any more.</summary>
    Draining,

    /// <summary>The connection is over, with the fault in Value; nothing follows.</summary>
    Closed,
}

/// <summary>One effect.</summary>
/// <param name="Slot">A small number that stands for the stream while it is open; reused afterwards.</param>
/// <param name="Frame">Of a frame to write or just read; for the others the stream and the end flag.</param>
/// <param name="Value">As the kind says.</param>
public readonly record struct LinkEffect(LinkEffectKind Kind, int Slot, LinkFrame Frame, long Value)
{
    public uint Stream => Frame.Stream;

    public LinkStatus Status => (LinkStatus)Value;

    public LinkFault Fault => (LinkFault)Value;
}
