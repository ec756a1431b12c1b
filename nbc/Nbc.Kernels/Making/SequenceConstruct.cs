using Nbc.Kernels.Movement;
using Nbc.Values;

namespace Nbc.Kernels.Making;

/// <summary>A sequence of its operands.</summary>
/// <remarks>Source: ONNX operator SequenceConstruct, version 11.</remarks>
internal sealed class SequenceConstruct : Kernel
{
    public override void Run(KernelContext context)
    {
        TensorValue first = context.Input(0);
        SequenceValue sequence = new(first.Type);
        for (int i = 0; i < context.InputCount; i++)
        {
            TensorValue input = context.Input(i);
            Dimensions.CheckType(input, first.Type, $"operand {i}");
            sequence.Items.Add(input.Share());
        }

        context.Give(0, sequence);
    }
}
