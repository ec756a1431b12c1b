using Nbc.Tensors;

namespace Nbc.Kernels.Making;

/// <summary>The number of items.</summary>
/// <remarks>Source: ONNX operator SequenceLength, version 11.</remarks>
internal sealed class SequenceLength : Kernel
{
    public override void Run(KernelContext context)
    {
        int count = Sequences.Input(context, 0).Items.Count;
        context.Output(0, ElementType.Int64).Span<long>()[0] = count;
    }
}
