using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Splits axes, then puts them in another order.</summary>
internal static class Rearrange
{
    /// <summary>The attribute blocksize, small enough that its square is a size.</summary>
    public static long Block(KernelAttributes attributes)
    {
        long block = attributes.Int("blocksize");
        return block is > 0 and <= short.MaxValue ? block : throw new KernelException(
            KernelFault.WrongAttribute, $"blocksize is {block}, not 1 to {short.MaxValue}");
    }

    /// <param name="shape">Of the source, its axes split.</param>
    /// <param name="order">Axis i of the result is axis order[i] of the source.</param>
    public static void Run(
        KernelContext context,
        TensorValue source,
        ReadOnlySpan<long> shape,
        ReadOnlySpan<int> order,
        TensorValue target)
    {
        Span<long> steps = stackalloc long[shape.Length];
        Span<long> extents = stackalloc long[shape.Length];
        Span<long> from = stackalloc long[shape.Length];
        Span<long> to = stackalloc long[shape.Length];
        Shapes.Strides(shape, steps);
        for (int i = 0; i < order.Length; i++)
        {
            extents[i] = shape[order[i]];
            from[i] = steps[order[i]];
        }

        Shapes.Strides(extents, to);
        StridedCopy.Run(context, source, from, 0, target, to, 0, extents);
    }
}
