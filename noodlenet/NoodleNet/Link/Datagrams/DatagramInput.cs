namespace NoodleNet.Link.Datagrams;

/// <summary>What a <see cref="DatagramMachine"/> is told.</summary>
public enum DatagramInputKind
{
    /// <summary>The peer took a new key: datagrams can go out under it.</summary>
    KeyTaken,

    /// <summary>The peer did not take the key; try again later.</summary>
    KeyRefused,

    /// <summary>The peer lost what it knew: it has no key and counts from the start.</summary>
    PeerRestarted,

    /// <summary>The application sends.</summary>
    Send,

    /// <summary>A datagram was opened.</summary>
    Received,
}

/// <summary>One input of a <see cref="DatagramMachine"/>, made by the factories below.</summary>
public readonly record struct DatagramInput
{
    public DatagramInputKind Kind { get; private init; }

    public DatagramKind Datagram { get; private init; }

    public ulong Sequence { get; private init; }

    public ReadOnlyMemory<byte> Payload { get; private init; }

    public static DatagramInput KeyTaken { get; } = new() { Kind = DatagramInputKind.KeyTaken };

    public static DatagramInput KeyRefused { get; } = new() { Kind = DatagramInputKind.KeyRefused };

    public static DatagramInput PeerRestarted { get; } = new() { Kind = DatagramInputKind.PeerRestarted };

    /// <summary>The payload is read before the effects of this input are taken, and not kept.</summary>
    public static DatagramInput Send(ReadOnlyMemory<byte> payload, bool isAtLeastOnce) => new()
    {
        Kind = DatagramInputKind.Send,
        Datagram = isAtLeastOnce ? DatagramKind.AtLeastOnce : DatagramKind.Once,
        Payload = payload,
    };

    /// <summary>The payload goes into the effect that delivers it.</summary>
    public static DatagramInput Received(DatagramKind kind, ulong sequence, ReadOnlyMemory<byte> payload) => new()
    {
        Kind = DatagramInputKind.Received,
        Datagram = kind,
        Sequence = sequence,
        Payload = payload,
    };
}

/// <summary>What a <see cref="DatagramMachine"/> wants done.</summary>
public enum DatagramEffectKind
{
    /// <summary>Hand a new key to the peer.</summary>
    OfferKey,

    /// <summary>Seal and send.</summary>
    Transmit,

    /// <summary>Give the payload to the application.</summary>
    Deliver,

    /// <summary>The message that was to be sent is refused; see Refusal.</summary>
    Refuse,

    /// <summary>An at-least-once message was never answered: it may have come, or not.</summary>
    Lost,

    /// <summary>An at-least-once message was answered.</summary>
    Answered,
}

/// <summary>One effect; its payload is good until the next input.</summary>
public readonly record struct DatagramEffect(
    DatagramEffectKind Kind,
    DatagramKind Datagram = default,
    ulong Sequence = 0,
    ReadOnlyMemory<byte> Payload = default,
    DatagramRefusal Refusal = DatagramRefusal.None);
