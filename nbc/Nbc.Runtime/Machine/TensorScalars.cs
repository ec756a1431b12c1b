using System.Text;
using Nbc.Instructions;
using Nbc.Runtime.Errors;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Runtime.Machine;

/// <summary>Between scalars and tensors of one element.</summary>
internal static class TensorScalars
{
    /// <summary>The only element of a tensor as a scalar of this kind.</summary>
    /// <exception cref="NbcException">There is not exactly one (5002), it has no counterpart (1002), or the element
    /// type has none (5001).</exception>
    public static NbcScalar Read(TensorValue tensor, ScalarKind kind)
    {
        if (tensor.Count != 1)
        {
            throw new NbcException(NbcErrorCode.WrongShape, $"{tensor} has {tensor.Count} elements, not one");
        }

        NbcScalar natural = ReadNatural(tensor);
        return kind switch
        {
            ScalarKind.Int => ScalarUnit.ToInt(natural),
            ScalarKind.Float => ScalarUnit.ToFloat(natural),
            ScalarKind.Bool => natural.Kind == ScalarKind.Float ? natural.Float != 0
                : natural.Kind == ScalarKind.Text ? throw NoType(tensor.Type) : (NbcScalar)(natural.Bits != 0),
            _ => natural.ToString(),
        };
    }

    /// <summary>Writes a scalar into a tensor of one element, of any type but String.</summary>
    /// <exception cref="NbcException">It is outside the range of the type (1002), or the type takes none (5001).
    /// </exception>
    public static void Write(TensorValue tensor, in NbcScalar scalar)
    {
        switch (tensor.Type)
        {
            case ElementType.Float32: tensor.Span<float>()[0] = (float)ScalarUnit.ToFloat(scalar); break;
            case ElementType.Float64: tensor.Span<double>()[0] = ScalarUnit.ToFloat(scalar); break;
            case ElementType.Float16: tensor.Span<Half>()[0] = (Half)ScalarUnit.ToFloat(scalar); break;
            case ElementType.BFloat16:
                tensor.Span<BFloat16>()[0] = (BFloat16)(float)ScalarUnit.ToFloat(scalar);
                break;
            case ElementType.Bool:
                bool isTrue = scalar.Kind == ScalarKind.Float ? scalar.Float != 0 : ScalarUnit.ToInt(scalar) != 0;
                tensor.Span<byte>()[0] = isTrue ? (byte)1 : (byte)0;
                break;
            default:
                WriteInt(tensor, ScalarUnit.ToInt(scalar));
                break;
        }
    }

    private static NbcScalar ReadNatural(TensorValue tensor) => tensor.Type switch
    {
        ElementType.Bool => tensor.Span<byte>()[0] != 0,
        ElementType.Int64 => tensor.Span<long>()[0],
        ElementType.Int32 => (long)tensor.Span<int>()[0],
        ElementType.Int16 => (long)tensor.Span<short>()[0],
        ElementType.Int8 or ElementType.Int4 or ElementType.Int2 => (long)tensor.Span<sbyte>()[0],
        ElementType.UInt64 => tensor.Span<ulong>()[0] is <= long.MaxValue and ulong small
            ? (long)small
            : throw new NbcException(NbcErrorCode.NoSuchNumber, $"{tensor.Span<ulong>()[0]} is more than an int holds"),
        ElementType.UInt32 => (long)tensor.Span<uint>()[0],
        ElementType.UInt16 => (long)tensor.Span<ushort>()[0],
        ElementType.UInt8 or ElementType.UInt4 or ElementType.UInt2 => (long)tensor.Span<byte>()[0],
        ElementType.Float64 => tensor.Span<double>()[0],
        ElementType.Float32 => (double)tensor.Span<float>()[0],
        ElementType.Float16 => (double)tensor.Span<Half>()[0],
        ElementType.BFloat16 => (double)(float)tensor.Span<BFloat16>()[0],
        ElementType.String => Encoding.UTF8.GetString(tensor.Strings[0]),
        _ => throw NoType(tensor.Type),
    };

    private static void WriteInt(TensorValue tensor, long value)
    {
        (long Least, long Most) range = tensor.Type switch
        {
            ElementType.Int64 => (long.MinValue, long.MaxValue),
            ElementType.Int32 => (int.MinValue, int.MaxValue),
            ElementType.Int16 => (short.MinValue, short.MaxValue),
            ElementType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
            ElementType.Int4 => (-8, 7),
            ElementType.Int2 => (-2, 1),
            ElementType.UInt64 => (0, long.MaxValue),
            ElementType.UInt32 => (0, uint.MaxValue),
            ElementType.UInt16 => (0, ushort.MaxValue),
            ElementType.UInt8 => (0, byte.MaxValue),
            ElementType.UInt4 => (0, 15),
            ElementType.UInt2 => (0, 3),
            _ => throw NoType(tensor.Type),
        };
        if (value < range.Least || value > range.Most)
        {
            throw new NbcException(
                NbcErrorCode.NoSuchNumber, $"{value} is outside {ElementTypes.TextOf(tensor.Type)}");
        }

        // Two's complement, little-endian: the low bytes are the number in every narrower type.
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BitConverter.TryWriteBytes(bytes, value);
        bytes[..ElementTypes.SizeOf(tensor.Type)].CopyTo(tensor.Bytes());
    }

    private static NbcException NoType(ElementType type) => new(
        NbcErrorCode.WrongType, $"{ElementTypes.TextOf(type)} has no scalar of this kind");
}
