using Nbc.Kernels.Movement;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Making;

/// <summary>A sequence with one item more, before a position or at the end.</summary>
/// <remarks>Source: ONNX operator SequenceInsert, version 11.</remarks>
internal sealed class SequenceInsert : Kernel
{
    public override void Run(KernelContext context)
    {
        SequenceValue sequence = Sequences.Input(context, 0);
        TensorValue tensor = context.Input(1);
        if (sequence.ElementType != ElementType.Undefined)
        {
            Dimensions.CheckType(tensor, sequence.ElementType, "tensor");
        }

        int count = sequence.Items.Count;
        int position = context.OptionalInput(2) is { } operand
            ? Sequences.Position(operand, count, count + 1) : count;
        SequenceValue result = new(tensor.Type, sequence.Items.Select(item => item.Share()));
        result.Items.Insert(position, tensor.Share());
        context.Give(0, result);
    }
}
