namespace Nbc.Tensors;

/// <summary>Least and largest whole number of each integer type, and wrapping into it.</summary>
public static class IntegerRanges
{
    /// <summary>The range of a type of at most 32 bits.</summary>
    /// <returns>False for any other type.</returns>
    public static bool TryGet(ElementType type, out long least, out long largest)
    {
        int bits = type switch
        {
            ElementType.Int2 or ElementType.UInt2 => 2,
            ElementType.Int4 or ElementType.UInt4 => 4,
            ElementType.Int8 or ElementType.UInt8 => 8,
            ElementType.Int16 or ElementType.UInt16 => 16,
            ElementType.Int32 or ElementType.UInt32 => 32,
            _ => 0,
        };
        bool isSigned = ElementTypes.IsSigned(type);
        least = isSigned && bits > 0 ? -(1L << (bits - 1)) : 0;
        largest = bits == 0 ? 0 : isSigned ? (1L << (bits - 1)) - 1 : (1L << bits) - 1;
        return bits > 0;
    }

    /// <summary>The lowest bits of a number as an element below eight bits, in its byte.</summary>
    /// <param name="type">Int4, UInt4, Int2 or UInt2.</param>
    public static byte Wrap(ElementType type, long value) => type switch
    {
        ElementType.Int4 => (byte)((value << 60) >> 60),
        ElementType.UInt4 => (byte)(value & 15),
        ElementType.Int2 => (byte)((value << 62) >> 62),
        ElementType.UInt2 => (byte)(value & 3),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };
}
