using Nbc.Kernels.Movement;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Making;

/// <summary>Cuts a tensor into a sequence of parts along an axis.</summary>
/// <remarks>
/// Meaning: without sizes, parts of one element, without that axis unless keepdims; a size that is a scalar holds for
/// all parts, the last smaller when it does not divide the axis.
/// Source: ONNX operator SplitToSequence, version 24.
/// </remarks>
internal sealed class SplitToSequence(KernelAttributes attributes) : Kernel
{
    private readonly long _axis = attributes.Int("axis", 0);
    private readonly bool _keepsAxis = attributes.Flag("keepdims", true);

    public override void Run(KernelContext context)
    {
        TensorValue input = context.Input(0);
        TensorValue? sizes = context.OptionalInput(1);
        int axis = Dimensions.Axis(_axis, Dimensions.Rank(input));
        Check(input, sizes, axis);
        SequenceValue sequence = new(input.Type);
        long at = 0;
        for (int part = 0; sizes is { Rank: 1 } ? part < sizes.Count : at < input.Shape[axis]; part++)
        {
            long size = sizes is null ? 1 : new Indices(sizes)[sizes.Rank == 1 ? part : 0];
            size = Math.Min(size, input.Shape[axis] - at);
            sequence.Items.Add(Part(context, input, axis, at, size, sizes is null && !_keepsAxis));
            at += size;
            context.ThrowIfCancelled();
        }

        context.Give(0, sequence);
    }

    private static void Check(TensorValue input, TensorValue? sizes, int axis)
    {
        if (sizes is null)
        {
            return;
        }

        Indices values = new(sizes);
        long left = input.Shape[axis];
        bool fits = sizes.Rank == 1 || (sizes.Rank == 0 && values[0] > 0);
        for (int i = 0; i < sizes.Count && sizes.Rank == 1 && fits; i++)
        {
            fits = values[i] >= 0 && values[i] <= left;
            left -= values[i];
        }

        if (!fits || (sizes.Rank == 1 && left != 0))
        {
            throw new KernelException(
                KernelFault.WrongShape, $"split {sizes} does not divide axis {axis} of {input} into parts");
        }
    }

    private static TensorValue Part(
        KernelContext context, TensorValue input, int axis, long at, long size, bool dropsAxis)
    {
        Span<long> shape = stackalloc long[input.Rank];
        Span<long> from = stackalloc long[input.Rank];
        input.Shape.CopyTo(shape);
        shape[axis] = size;
        Shapes.Strides(input.Shape, from);
        TensorValue part = TensorValue.Allocate(input.Type, shape);
        StridedCopy.Gather(context, input, from, at * from[axis], part);
        if (!dropsAxis)
        {
            return part;
        }

        shape[(axis + 1)..].CopyTo(shape[axis..]);
        part.ResetView(part, shape[..^1]);
        return part;
    }
}
