using Nbc.Kernels.Movement;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Making;

/// <summary>All items of a sequence one after the other along an axis, or side by side along a new one.</summary>
/// <remarks>Source: ONNX operator ConcatFromSequence, version 11.</remarks>
internal sealed class ConcatFromSequence : Kernel
{
    private readonly long _axis;
    private readonly bool _isNew;

    public ConcatFromSequence(KernelAttributes attributes)
    {
        attributes.Require("axis");
        _axis = attributes.Int("axis");
        _isNew = attributes.Flag("new_axis");
    }

    public override void Run(KernelContext context)
    {
        SequenceValue sequence = Sequences.Input(context, 0);
        if (sequence.Items is not [TensorValue first, ..])
        {
            throw new KernelException(KernelFault.WrongShape, "an empty sequence has no shape to concatenate");
        }

        int rank = Dimensions.Rank(first.Rank + (_isNew ? 1 : 0));
        int axis = Dimensions.Axis(_axis, rank);
        Span<long> shape = stackalloc long[rank];
        Lead(first, axis, shape);
        long along = 0;
        for (int i = 0; i < sequence.Items.Count; i++)
        {
            TensorValue item = Item(sequence, i);
            CheckFits(first, item, axis, i);
            along += _isNew ? 1 : item.Shape[axis];
        }

        shape[axis] = along;
        Fill(context, sequence, axis, context.Output(0, first.Type, shape));
    }

    private void Fill(KernelContext context, SequenceValue sequence, int axis, TensorValue output)
    {
        Span<long> to = stackalloc long[output.Rank];
        Span<long> from = stackalloc long[output.Rank];
        Span<long> shape = stackalloc long[output.Rank];
        Shapes.Strides(output.Shape, to);
        long at = 0;
        for (int i = 0; i < sequence.Items.Count; i++)
        {
            TensorValue item = Item(sequence, i);
            Lead(item, axis, shape);
            Shapes.Strides(shape, from);
            StridedCopy.Run(context, item, from, 0, output, to, at * to[axis], shape);
            at += shape[axis];
        }
    }

    // The shape of an item, with the new axis in it.
    private void Lead(TensorValue item, int axis, Span<long> shape)
    {
        item.Shape[..axis].CopyTo(shape);
        item.Shape[axis..].CopyTo(shape[(_isNew ? axis + 1 : axis)..]);
        shape[axis] = _isNew ? 1 : shape[axis];
    }

    private void CheckFits(TensorValue first, TensorValue item, int axis, int number)
    {
        if (!_isNew)
        {
            Concat.CheckFits(first, item, axis, number);
        }
        else if (item.Type != first.Type || !item.Shape.SequenceEqual(first.Shape))
        {
            throw new KernelException(KernelFault.WrongShape, $"item {number} is {item}, the first is {first}");
        }
    }

    private static TensorValue Item(SequenceValue sequence, int i) => sequence.Items[i] as TensorValue
        ?? throw new KernelException(KernelFault.WrongType, $"item {i} is not a tensor");
}
