using System.Runtime.InteropServices;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>The coordinates of all elements that are not zero, one column for each.</summary>
/// <remarks>
/// Meaning: in the order in which they lie. -0 is zero, NaN is not; a string is zero when it is empty.
/// A scalar counts as one element: the result has no rows then, and one column or none.
/// Source: ONNX operator NonZero, version 13.
/// </remarks>
internal sealed class NonZero : Kernel
{
    private const int Block = 1 << 16;

    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        int rank = Dimensions.Rank(x);
        Span<byte> marks = context.Scratch(x.Count);
        int found = 0;
        for (int i = 0; i < x.Count; i++)
        {
            marks[i] = IsZero(x, i) ? (byte)0 : (byte)1;
            found += marks[i];
            if ((i & (Block - 1)) == 0)
            {
                context.ThrowIfCancelled();
            }
        }

        Span<long> rows = context.Output(0, ElementType.Int64, rank, found).Span<long>();
        Span<long> index = stackalloc long[rank];
        index.Clear();
        int column = 0;
        for (int i = 0; i < x.Count; i++)
        {
            if (marks[i] != 0)
            {
                for (int axis = 0; axis < rank; axis++)
                {
                    rows[(axis * found) + column] = index[axis];
                }

                column++;
            }

            for (int axis = rank - 1; axis >= 0 && ++index[axis] == x.Shape[axis]; axis--)
            {
                index[axis] = 0;
            }
        }
    }

    private static unsafe bool IsZero(TensorValue x, int i)
    {
        switch (x.Type)
        {
            case ElementType.String:
                return x.Strings[i].Length == 0;
            case ElementType.Complex64:
                ReadOnlySpan<float> narrow = MemoryMarshal.Cast<ulong, float>(x.Span<ulong>().Slice(i, 1));
                return narrow[0] == 0 && narrow[1] == 0;
            case ElementType.Complex128:
                ReadOnlySpan<double> wide = MemoryMarshal.Cast<UInt128, double>(x.Span<UInt128>().Slice(i, 1));
                return wide[0] == 0 && wide[1] == 0;
            case ElementType.Float8E4M3FN or ElementType.Float8E5M2:
                return (x.Pointer[i] & 0x7F) == 0;
            case ElementType.Float4E2M1:
                return (x.Pointer[i] & 0x7) == 0;
            case ElementType.Float8E4M3FNUZ or ElementType.Float8E5M2FNUZ:
                return x.Pointer[i] == 0;
            case ElementType.Float8E8M0:
                return false;
            case ElementType.UInt64:
                return x.Span<ulong>()[i] == 0;
            default:
                return Scalars.ToDouble(x, i) == 0;
        }
    }
}
