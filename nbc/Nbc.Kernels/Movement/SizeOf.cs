using Nbc.Tensors;

namespace Nbc.Kernels.Movement;

/// <summary>The number of a tensor's elements.</summary>
/// <remarks>Source: ONNX operator Size, version 25.</remarks>
internal sealed class SizeOf : Kernel
{
    public override void Run(KernelContext context)
    {
        int count = context.Input(0).Count;
        context.Output(0, ElementType.Int64).Span<long>()[0] = count;
    }
}
