namespace NoodleNet.Discovery.Wire;

/// <summary>What is wrong with bytes that came from outside; nothing a peer sends makes a reader throw.</summary>
public enum WireFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The bytes end before the value does; on a stream, more may follow.</summary>
    Truncated,

    /// <summary>A tag, length or text that the format does not allow.</summary>
    Malformed,

    /// <summary>A message type that this reader does not know; it is skipped.</summary>
    UnknownType,

    /// <summary>A documented limit on size, count or nesting is passed.</summary>
    TooLarge,

    /// <summary>The checksum does not fit the bytes.</summary>
    BadChecksum,

    /// <summary>An address that is neither 4 nor 16 bytes long or that of no one node, or a port of zero.</summary>
    BadAddress,

    /// <summary>The compressed bytes are not a whole LZW stream.</summary>
    BadCompression,

    /// <summary>The label is not ours, or the label header is broken.</summary>
    BadLabel,

    /// <summary>No key of the ring opens the bytes.</summary>
    Undecryptable,

    /// <summary>A key ring is set and the bytes are not encrypted.</summary>
    NotEncrypted,

    /// <summary>The bytes are encrypted and no key ring is set.</summary>
    NoKey,

    /// <summary>Protocol versions are missing, or the cluster could not hold together with them.</summary>
    BadVersions,

    /// <summary>An answer from elsewhere than where the question went.</summary>
    WrongSource,

    /// <summary>Sound, and refused by a rule of ours.</summary>
    Refused,
}
