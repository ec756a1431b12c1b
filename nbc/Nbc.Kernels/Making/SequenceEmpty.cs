using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Making;

/// <summary>A sequence of nothing.</summary>
/// <remarks>Source: ONNX operator SequenceEmpty, version 11.</remarks>
internal sealed class SequenceEmpty(KernelAttributes attributes) : Kernel
{
    private readonly ElementType _type = attributes.Type("dtype", ElementType.Float32);

    public override void Run(KernelContext context) => context.Give(0, new SequenceValue(_type));
}
