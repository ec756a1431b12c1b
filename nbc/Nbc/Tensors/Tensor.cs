using System.Buffers.Binary;

namespace Nbc.Tensors;

/// <summary>Named data with a type and a shape; a view that owns nothing.</summary>
/// <remarks>
/// Shape: row-major, no gaps. Little-endian. An empty shape is a scalar; a dimension of 0 is an empty tensor.
/// Meaning of <see cref="Data"/> for strings: for each element its length as uint32, then its bytes.
/// Bound: the data lives as long as what it was cut from (see <see cref="TensorSet"/>).
/// </remarks>
public sealed record Tensor(string Name, ElementType Type, long[] Shape, ReadOnlyMemory<byte> Data)
{
    /// <summary>Elements in all; 1 for a scalar.</summary>
    public long Count => TryCount(Shape, out long count) ? count : 0;

    /// <summary>Multiplies a shape out; false when a size is negative or the product leaves 63 bits.</summary>
    public static bool TryCount(ReadOnlySpan<long> shape, out long count)
    {
        count = 1;
        bool empty = false;
        foreach (long size in shape)
        {
            if (size < 0)
            {
                return false;
            }

            empty |= size == 0;
        }

        if (empty)
        {
            count = 0;
            return true;
        }

        foreach (long size in shape)
        {
            if (count > long.MaxValue / size)
            {
                return false;
            }

            count *= size;
        }

        return true;
    }

    /// <summary>Checks that the data has exactly the size that type and shape ask for.</summary>
    /// <param name="fault">What is wrong, as part of a sentence; null when nothing is.</param>
    public bool TryValidate(out string? fault)
    {
        fault = null;
        if (!TryCount(Shape, out long count))
        {
            fault = $"shape [{string.Join(", ", Shape)}] is not a shape";
        }
        else if (Type == ElementType.String)
        {
            fault = CheckStrings(Data.Span, count);
        }
        else if (ElementTypes.SizeOf(Type) is int size && (size == 0 || count > long.MaxValue / size))
        {
            fault = $"shape [{string.Join(", ", Shape)}] of {ElementTypes.NameOf(Type)} has no size in memory";
        }
        else if (count * size != Data.Length)
        {
            fault = $"shape [{string.Join(", ", Shape)}] of {ElementTypes.NameOf(Type)} is {count * size} bytes, " +
                $"the data is {Data.Length}";
        }

        return fault is null;
    }

    private static string? CheckStrings(ReadOnlySpan<byte> data, long count)
    {
        for (long i = 0; i < count; i++)
        {
            if (data.Length < sizeof(uint))
            {
                return $"the data ends before string {i} of {count}";
            }

            uint length = BinaryPrimitives.ReadUInt32LittleEndian(data);
            if (length > data.Length - sizeof(uint))
            {
                return $"string {i} says {length} bytes, {data.Length - sizeof(uint)} are left";
            }

            data = data[(sizeof(uint) + (int)length)..];
        }

        return data.IsEmpty ? null : $"{data.Length} bytes are left after the last string";
    }
}
