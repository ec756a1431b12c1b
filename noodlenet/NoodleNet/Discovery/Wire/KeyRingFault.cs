namespace NoodleNet.Discovery.Wire;

/// <summary>Why a key ring was not changed.</summary>
public enum KeyRingFault
{
    /// <summary>The ring is as asked.</summary>
    None,

    /// <summary>A key has 16, 24 or 32 bytes.</summary>
    BadLength,

    /// <summary>The ring holds as many keys as it may; remove an old one first.</summary>
    Full,

    /// <summary>The key is not in the ring; install it first.</summary>
    Unknown,

    /// <summary>The key seals; use another one first.</summary>
    InUse,
}
