using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Cuts a tensor into parts along an axis.</summary>
/// <remarks>
/// Meaning: sizes as the second operand says; without it equal ones, the last smaller when they do not divide the axis.
/// Cost: views when no axis before it has more than one element, copies otherwise.
/// Source: ONNX operator Split, version 18.
/// </remarks>
internal sealed class Split(KernelAttributes attributes) : Kernel
{
    private readonly long _axis = attributes.Int("axis", 0);
    private readonly long _parts = attributes.Int("num_outputs", -1) is var parts && parts != 0 ? parts
        : throw new KernelException(KernelFault.WrongAttribute, "num_outputs is 0");

    public override void Run(KernelContext context)
    {
        TensorValue input = context.Input(0);
        int rank = Dimensions.Rank(input);
        int axis = Dimensions.Axis(_axis, rank);
        TensorValue? sizes = context.OptionalInput(1);
        int parts = sizes is null ? context.OutputCount : Rows(context, input, axis, sizes);
        if (sizes is null && _parts > 0 && _parts != parts)
        {
            throw new KernelException(KernelFault.WrongShape, $"{_parts} parts are made, {parts} are expected");
        }

        Span<long> shape = stackalloc long[rank];
        input.Shape.CopyTo(shape);
        long size = input.Shape[axis], at = 0;
        long equal = (size + parts - 1) / Math.Max(parts, 1);
        for (int part = 0; part < parts; part++)
        {
            shape[axis] = sizes is null ? Math.Clamp(size - at, 0, equal) : new Indices(sizes)[part];
            if (part < context.OutputCount && context.Wants(part))
            {
                Cut(context, input, axis, at, part, shape);
            }

            at += shape[axis];
        }
    }

    private static int Rows(KernelContext context, TensorValue input, int axis, TensorValue sizes)
    {
        Indices values = new(sizes);
        if (sizes.Rank != 1 || sizes.Count != context.OutputCount)
        {
            throw new KernelException(
                KernelFault.WrongShape, $"split is {sizes}, {context.OutputCount} parts are expected");
        }

        long left = input.Shape[axis];
        for (int i = 0; i < sizes.Count; i++)
        {
            left = values[i] < 0 || values[i] > left ? -1 : left - values[i];
            if (left < 0)
            {
                break;
            }
        }

        return left == 0 ? sizes.Count : throw new KernelException(
            KernelFault.WrongShape, $"the sizes in split do not add up to the {input.Shape[axis]} of axis {axis}");
    }

    private static void Cut(
        KernelContext context, TensorValue input, int axis, long at, int part, ReadOnlySpan<long> shape)
    {
        Span<long> from = stackalloc long[shape.Length];
        Shapes.Strides(input.Shape, from);
        long first = at * from[axis];
        if (shape.Contains(0))
        {
            context.Output(part, input.Type, shape);
        }
        else if (Shapes.Product(input.Shape[..axis]) == 1)
        {
            context.ViewPart(part, 0, first, shape);
        }
        else
        {
            StridedCopy.Gather(context, input, from, first, context.Output(part, input.Type, shape));
        }
    }
}
