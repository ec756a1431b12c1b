using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Single numbers of any element type, read and written as double or long.</summary>
internal static class Scalars
{
    /// <summary>An element as double; complex and 4-, 8-bit floats have none.</summary>
    public static double ToDouble(TensorValue tensor, int i) => tensor.Type switch
    {
        ElementType.Float32 => tensor.Span<float>()[i],
        ElementType.Float64 => tensor.Span<double>()[i],
        ElementType.Float16 => (double)tensor.Span<Half>()[i],
        ElementType.BFloat16 => (float)tensor.Span<BFloat16>()[i],
        ElementType.UInt64 => tensor.Span<ulong>()[i],
        _ => ToLong(tensor, i),
    };

    /// <summary>An element as a whole number; of unsigned 64 bits those that do not fit become negative.</summary>
    public static long ToLong(TensorValue tensor, int i) => tensor.Type switch
    {
        ElementType.Int64 => tensor.Span<long>()[i],
        ElementType.Int32 => tensor.Span<int>()[i],
        ElementType.Int16 => tensor.Span<short>()[i],
        ElementType.Int8 or ElementType.Int4 or ElementType.Int2 => tensor.Span<sbyte>()[i],
        ElementType.UInt64 => (long)tensor.Span<ulong>()[i],
        ElementType.UInt32 => tensor.Span<uint>()[i],
        ElementType.UInt16 => tensor.Span<ushort>()[i],
        ElementType.UInt8 or ElementType.Bool or ElementType.UInt4 or ElementType.UInt2 => tensor.Span<byte>()[i],
        ElementType.Float32 or ElementType.Float64 or ElementType.Float16 or ElementType.BFloat16 =>
            (long)ToDouble(tensor, i),
        _ => throw new KernelException(
            KernelFault.WrongType, $"{ElementTypes.TextOf(tensor.Type)} is not a number that can be read here"),
    };

    /// <summary>Writes an element; whole numbers take what is before the point, within their range.</summary>
    public static void Put(TensorValue tensor, int i, double value)
    {
        switch (tensor.Type)
        {
            case ElementType.Float32:
                tensor.Span<float>()[i] = (float)value;
                break;
            case ElementType.Float64:
                tensor.Span<double>()[i] = value;
                break;
            case ElementType.Float16:
                tensor.Span<Half>()[i] = (Half)value;
                break;
            case ElementType.BFloat16:
                tensor.Span<BFloat16>()[i] = (BFloat16)(float)value;
                break;
            case ElementType.UInt64:
                tensor.Span<ulong>()[i] = (ulong)value;
                break;
            case ElementType.Int64:
                tensor.Span<long>()[i] = (long)value;
                break;
            case ElementType.Int32:
                tensor.Span<int>()[i] = (int)value;
                break;
            case ElementType.UInt32:
                tensor.Span<uint>()[i] = (uint)value;
                break;
            case ElementType.Int16:
                tensor.Span<short>()[i] = (short)value;
                break;
            case ElementType.UInt16:
                tensor.Span<ushort>()[i] = (ushort)value;
                break;
            case ElementType.Int8:
                tensor.Span<sbyte>()[i] = (sbyte)value;
                break;
            case ElementType.UInt8:
                tensor.Span<byte>()[i] = (byte)value;
                break;
            case ElementType.Bool:
                tensor.Span<byte>()[i] = value != 0 ? (byte)1 : (byte)0;
                break;
            default:
                throw new KernelException(
                    KernelFault.WrongType, $"{ElementTypes.TextOf(tensor.Type)} cannot be written here");
        }
    }

    /// <summary>An operand of one number of any type.</summary>
    public static double One(TensorValue tensor, string name) => tensor.Count == 1
        ? ToDouble(tensor, 0)
        : throw new KernelException(KernelFault.WrongShape, $"{name} is {tensor}, not one number");
}
