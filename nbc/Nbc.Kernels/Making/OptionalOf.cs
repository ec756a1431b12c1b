using Nbc.Values;

namespace Nbc.Kernels.Making;

/// <summary>An optional that holds its operand, or nothing when it has none.</summary>
/// <remarks>Source: ONNX operator Optional, version 15.</remarks>
internal sealed class OptionalOf : Kernel
{
    public override void Run(KernelContext context) =>
        context.Give(0, new OptionalValue(context.Has(0) ? context.Value(0)!.Share() : null));
}
