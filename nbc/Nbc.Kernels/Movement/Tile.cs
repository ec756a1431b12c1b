using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>The whole tensor several times over, along each axis.</summary>
/// <remarks>Source: ONNX operator Tile, version 13.</remarks>
internal sealed class Tile : Kernel
{
    public override void Run(KernelContext context)
    {
        TensorValue input = context.Input(0);
        int rank = Dimensions.Rank(input);
        Span<long> repeats = stackalloc long[rank];
        Dimensions.ReadExactly(context.Input(1), "repeats", repeats);
        Span<long> shape = stackalloc long[rank];
        for (int i = 0; i < rank; i++)
        {
            long size = input.Shape[i];
            if (repeats[i] < 0 || (size > 0 && repeats[i] > int.MaxValue / size))
            {
                throw new KernelException(
                    repeats[i] < 0 ? KernelFault.OutOfRange : KernelFault.TooLarge,
                    $"{repeats[i]} repeats along axis {i} of {input}");
            }

            shape[i] = size * repeats[i];
        }

        TensorValue output = context.Output(0, input.Type, shape);
        // Two axes for each one: which repeat, which element.
        Span<long> extents = stackalloc long[2 * rank];
        Span<long> from = stackalloc long[2 * rank];
        Span<long> to = stackalloc long[2 * rank];
        Span<long> inner = stackalloc long[rank];
        Span<long> outer = stackalloc long[rank];
        Shapes.Strides(input.Shape, inner);
        Shapes.Strides(shape, outer);
        for (int i = 0; i < rank; i++)
        {
            (extents[2 * i], from[2 * i], to[2 * i]) = (repeats[i], 0, outer[i] * input.Shape[i]);
            (extents[(2 * i) + 1], from[(2 * i) + 1], to[(2 * i) + 1]) = (input.Shape[i], inner[i], outer[i]);
        }

        StridedCopy.Run(context, input, from, 0, output, to, 0, extents);
    }
}
