using System.Runtime.InteropServices;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Whole numbers that compare as the elements they stand for, whatever their type.</summary>
/// <remarks>
/// Special values: the two zeros are equal; NaN is equal to NaN and comes after everything.
/// Complex numbers take two keys, the real part first. Strings compare by their bytes.
/// </remarks>
internal static class OrderKeys
{
    private const ulong Sign = 1ul << 63;

    /// <summary>Keys that one element takes.</summary>
    public static int PerElement(ElementType type) =>
        type is ElementType.Complex64 or ElementType.Complex128 ? 2 : 1;

    /// <param name="keys">As many as there are elements, times <see cref="PerElement"/>.</param>
    public static void Fill(TensorValue tensor, Span<ulong> keys)
    {
        switch (tensor.Type)
        {
            case ElementType.String:
                Rank(tensor.Strings, keys);
                break;
            case ElementType.Complex64:
                ReadOnlySpan<float> narrow = MemoryMarshal.Cast<ulong, float>(tensor.Span<ulong>());
                for (int i = 0; i < keys.Length; i++)
                {
                    keys[i] = Of(narrow[i]);
                }

                break;
            case ElementType.Complex128:
                ReadOnlySpan<double> wide = MemoryMarshal.Cast<UInt128, double>(tensor.Span<UInt128>());
                for (int i = 0; i < keys.Length; i++)
                {
                    keys[i] = Of(wide[i]);
                }

                break;
            default:
                for (int i = 0; i < keys.Length; i++)
                {
                    keys[i] = Of(tensor, i);
                }

                break;
        }
    }

    private static ulong Of(TensorValue tensor, int i) => tensor.Type switch
    {
        ElementType.UInt64 => tensor.Span<ulong>()[i],
        ElementType.Float32 or ElementType.Float64 or ElementType.Float16 or ElementType.BFloat16 =>
            Of(Scalars.ToDouble(tensor, i)),
        _ => (ulong)Scalars.ToLong(tensor, i) ^ Sign,
    };

    private static ulong Of(double value)
    {
        if (double.IsNaN(value))
        {
            return ulong.MaxValue;
        }

        ulong bits = BitConverter.DoubleToUInt64Bits(value == 0 ? 0 : value);
        return (bits & Sign) != 0 ? ~bits : bits | Sign;
    }

    private static void Rank(byte[][] strings, Span<ulong> keys)
    {
        int[] order = new int[strings.Length];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(order, (a, b) => strings[a].AsSpan().SequenceCompareTo(strings[b]));
        ulong rank = 0;
        for (int i = 0; i < order.Length; i++)
        {
            bool differs = i > 0 && !strings[order[i]].AsSpan().SequenceEqual(strings[order[i - 1]]);
            rank += differs ? 1u : 0;
            keys[order[i]] = rank;
        }
    }
}
