using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Repeats axes of one element, as broadcasting does, in both directions.</summary>
/// <remarks>Source: ONNX operator Expand, version 13.</remarks>
internal sealed class Expand : Kernel
{
    public override void Run(KernelContext context)
    {
        TensorValue input = context.Input(0);
        TensorValue wanted = context.Input(1);
        Dimensions.Rank(input);
        Span<long> sizes = stackalloc long[Dimensions.Length(wanted, "shape")];
        Dimensions.Read(wanted, sizes);
        int rank = Math.Max(sizes.Length, input.Rank);
        Span<long> shape = stackalloc long[rank];
        if (!Shapes.TryBroadcast(input.Shape, sizes, shape) || !Tensor.TryCount(shape, out _))
        {
            throw new KernelException(
                KernelFault.WrongShape, $"{input} does not broadcast to {Shapes.Text(sizes)}");
        }

        if (Dimensions.Count(input.Shape) != 0 && Tensor.TryCount(shape, out long count) && count == input.Count)
        {
            context.View(0, 0, shape);
            return;
        }

        TensorValue output = context.Output(0, input.Type, shape);
        Span<long> from = stackalloc long[rank];
        from.Clear();
        Shapes.Strides(input.Shape, from[(rank - input.Rank)..]);
        for (int i = 0; i < rank; i++)
        {
            int axis = i - (rank - input.Rank);
            from[i] = axis >= 0 && input.Shape[axis] != 1 ? from[i] : 0;
        }

        StridedCopy.Gather(context, input, from, 0, output);
    }
}
