namespace Nbc.Tensors;

/// <summary>The upper half of a binary32: its range, eight bits of precision.</summary>
/// <remarks>Meaning: computed by widening to float and rounding to nearest, ties to even, on the way back.</remarks>
public readonly struct BFloat16(ushort bits) : IEquatable<BFloat16>
{
    private const uint QuietBit = 0x0040_0000;
    private const uint HalfLess = 0x7FFF;

    public ushort Bits { get; } = bits;

    public static explicit operator float(BFloat16 value) =>
        BitConverter.UInt32BitsToSingle((uint)value.Bits << 16);

    public static explicit operator BFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value)
            ? new BFloat16((ushort)((bits | QuietBit) >> 16))
            : new BFloat16((ushort)((bits + HalfLess + ((bits >> 16) & 1)) >> 16));
    }

    public static bool operator ==(BFloat16 left, BFloat16 right) => left.Equals(right);

    public static bool operator !=(BFloat16 left, BFloat16 right) => !left.Equals(right);

    /// <summary>Compares as numbers: NaN differs from itself, the two zeros do not.</summary>
    public bool Equals(BFloat16 other) => (float)this == (float)other;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is BFloat16 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ((float)this).GetHashCode();

    /// <inheritdoc/>
    public override string ToString() =>
        ((float)this).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
