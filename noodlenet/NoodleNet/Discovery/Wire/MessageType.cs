namespace NoodleNet.Discovery.Wire;

/// <summary>First byte of every message; the numbers are memberlist's and frozen.</summary>
public enum MessageType : byte
{
    /// <summary>Direct probe.</summary>
    Ping = 0,

    /// <summary>Asks a helper to probe somebody.</summary>
    IndirectPing = 1,

    /// <summary>Answer to a probe.</summary>
    Ack = 2,

    /// <summary>Somebody did not answer.</summary>
    Suspect = 3,

    /// <summary>Somebody is here, at this address, with this meta.</summary>
    Alive = 4,

    /// <summary>Somebody is gone.</summary>
    Dead = 5,

    /// <summary>Whole state, over a stream.</summary>
    PushPull = 6,

    /// <summary>Several messages in one packet.</summary>
    Compound = 7,

    /// <summary>Bytes of the application.</summary>
    User = 8,

    /// <summary>LZW around one message.</summary>
    Compress = 9,

    /// <summary>AES-GCM frame, streams only.</summary>
    Encrypt = 10,

    /// <summary>A helper could not reach the target.</summary>
    Nack = 11,

    /// <summary>CRC-32 around one packet.</summary>
    Crc = 12,

    /// <summary>A sentence about what went wrong, streams only.</summary>
    Error = 13,

    /// <summary>Label header, outermost.</summary>
    Label = 244,
}
