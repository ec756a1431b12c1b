using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Tensors one after the other along an axis.</summary>
/// <remarks>Source: ONNX operator Concat, version 13.</remarks>
internal sealed class Concat : Kernel
{
    private readonly long _axis;

    public Concat(KernelAttributes attributes)
    {
        attributes.Require("axis");
        _axis = attributes.Int("axis");
    }

    public override void Run(KernelContext context)
    {
        TensorValue first = context.Input(0);
        int rank = Dimensions.Rank(first);
        int axis = Dimensions.Axis(_axis, rank);
        Span<long> shape = stackalloc long[rank];
        first.Shape.CopyTo(shape);
        for (int i = 1; i < context.InputCount; i++)
        {
            TensorValue input = context.Input(i);
            CheckFits(first, input, axis, i);
            shape[axis] += input.Shape[axis];
        }

        TensorValue output = context.Output(0, first.Type, shape);
        Span<long> to = stackalloc long[rank];
        Span<long> from = stackalloc long[rank];
        Shapes.Strides(shape, to);
        long at = 0;
        for (int i = 0; i < context.InputCount; i++)
        {
            TensorValue input = context.Input(i);
            Shapes.Strides(input.Shape, from);
            StridedCopy.Run(context, input, from, 0, output, to, at * to[axis], input.Shape);
            at += input.Shape[axis];
        }
    }

    /// <summary>Refuses a tensor that differs in type or in another axis.</summary>
    public static void CheckFits(TensorValue first, TensorValue input, int axis, int number)
    {
        if (input.Type != first.Type)
        {
            throw new KernelException(
                KernelFault.WrongType, $"operand {number} is {input}, it does not follow {first}");
        }

        bool fits = input.Rank == first.Rank && input.Shape[..axis].SequenceEqual(first.Shape[..axis]) &&
            input.Shape[(axis + 1)..].SequenceEqual(first.Shape[(axis + 1)..]);
        if (!fits)
        {
            throw new KernelException(
                KernelFault.WrongShape, $"operand {number} is {input}, it does not follow {first} along axis {axis}");
        }
    }
}
