using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Reduction;

/// <summary>Which axes a reduction takes, from its operand and attributes.</summary>
internal static class ReducedAxes
{
    /// <summary>The input's shape with reduced axes of size 1, or without them when they are not kept.</summary>
    /// <param name="keptMemory">As long as the rank; the shape with axes of size 1 lies in it.</param>
    /// <param name="resultMemory">As long as the rank; the shape of the result lies in it.</param>
    /// <param name="isNoneAll">What no axes mean: all of them, or really none.</param>
    /// <exception cref="KernelException">An axis that is not there.</exception>
    public static ReadOnlySpan<long> Shapes(
        ReadOnlySpan<long> shape,
        TensorValue? axes,
        bool keepsAxes,
        bool isNoneAll,
        Span<long> keptMemory,
        Span<long> resultMemory,
        out ReadOnlySpan<long> kept)
    {
        int rank = Broadcast.CheckRank(shape.Length);
        Span<bool> isReduced = stackalloc bool[Broadcast.MaxRank];
        isReduced.Clear();
        int count = axes?.Count ?? 0;
        if (count == 0)
        {
            isReduced.Fill(isNoneAll);
        }

        Span<long> one = stackalloc long[1];
        for (int i = 0; i < count; i++)
        {
            if (axes!.Type is not (ElementType.Int64 or ElementType.Int32))
            {
                throw Refusal.Type("axes", axes.Type, ElementType.Int64);
            }

            CastBlocks.ReadWhole(axes, i, one);
            isReduced[Lanes.CheckAxis(one[0], rank)] = true;
        }

        int length = 0;
        for (int d = 0; d < rank; d++)
        {
            keptMemory[d] = isReduced[d] ? 1 : shape[d];
            if (!isReduced[d] || keepsAxes)
            {
                resultMemory[length++] = keptMemory[d];
            }
        }

        kept = keptMemory[..rank];
        return resultMemory[..length];
    }
}
