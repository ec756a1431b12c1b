namespace NoodleNet.Link.Datagrams;

/// <summary>Why a datagram was dropped.</summary>
public enum DatagramFault
{
    /// <summary>It was taken.</summary>
    None,

    /// <summary>Too short, too long, or of another format.</summary>
    Malformed,

    /// <summary>No peer was given that channel, or it was given up.</summary>
    UnknownChannel,

    /// <summary>It came before, or is older than the window.</summary>
    Replayed,

    /// <summary>It was not sealed with the key of its channel.</summary>
    Forged,

    /// <summary>The peer sealed something that is none of our messages.</summary>
    UnknownKind,

    /// <summary>An at-least-once message that came before: answered again, not delivered again.</summary>
    Duplicate,
}

/// <summary>Why a datagram was not sent.</summary>
public enum DatagramRefusal
{
    /// <summary>It is on its way; it may be lost there.</summary>
    None,

    /// <summary>Longer than <see cref="DatagramFrame.MaxPayload"/>.</summary>
    TooLong,

    /// <summary>No key was handed over yet, or the peer takes no datagrams.</summary>
    NoKey,

    /// <summary>More in a second than may be.</summary>
    TooFast,

    /// <summary>As many at-least-once messages wait for their answer as may.</summary>
    Full,
}
