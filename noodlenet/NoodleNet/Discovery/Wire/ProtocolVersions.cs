namespace NoodleNet.Discovery.Wire;

/// <summary>The six version bytes that a node announces: protocol and delegate, each least, most and spoken.</summary>
public readonly record struct ProtocolVersions(
    byte ProtocolMin, byte ProtocolMax, byte ProtocolCurrent, byte DelegateMin, byte DelegateMax, byte DelegateCurrent)
{
    /// <summary>Length on the wire.</summary>
    public const int Size = 6;

    /// <summary>What Noodle announces: a Serf cluster takes it in, and none is poisoned by it.</summary>
    public static ProtocolVersions Noodle => new(1, 5, 2, 2, 5, 5);

    /// <summary>True when neither range is empty and the protocol bounds are not zero.</summary>
    public bool IsSound => ProtocolMin > 0 && ProtocolMin <= ProtocolMax && DelegateMin <= DelegateMax;

    /// <summary>Reads six bytes; null for any other length, which a peer may send.</summary>
    public static ProtocolVersions? Read(ReadOnlySpan<byte> bytes) =>
        bytes.Length == Size ? new(bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5]) : null;

    public byte[] ToBytes() =>
        [ProtocolMin, ProtocolMax, ProtocolCurrent, DelegateMin, DelegateMax, DelegateCurrent];
}
