using Nbc.Values;

namespace Nbc.Kernels.Making;

/// <summary>A sequence with one item less: that at a position, or the last.</summary>
/// <remarks>Source: ONNX operator SequenceErase, version 11.</remarks>
internal sealed class SequenceErase : Kernel
{
    public override void Run(KernelContext context)
    {
        SequenceValue sequence = Sequences.Input(context, 0);
        int count = sequence.Items.Count;
        if (count == 0)
        {
            throw new KernelException(KernelFault.OutOfRange, "an empty sequence has nothing to erase");
        }

        int position = context.OptionalInput(1) is { } operand
            ? Sequences.Position(operand, count, count) : count - 1;
        SequenceValue result = (SequenceValue)sequence.Share();
        result.Items[position].Release();
        result.Items.RemoveAt(position);
        context.Give(0, result);
    }
}
