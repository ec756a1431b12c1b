using Nbc.Values;

namespace Nbc.Kernels.Making;

/// <summary>One item of a sequence.</summary>
/// <remarks>Source: ONNX operator SequenceAt, version 11.</remarks>
internal sealed class SequenceAt : Kernel
{
    public override void Run(KernelContext context)
    {
        SequenceValue sequence = Sequences.Input(context, 0);
        int position = Sequences.Position(context.Input(1), sequence.Items.Count, sequence.Items.Count);
        context.Give(0, sequence.Items[position].Share());
    }
}
