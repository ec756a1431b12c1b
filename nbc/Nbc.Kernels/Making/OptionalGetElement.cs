using Nbc.Values;

namespace Nbc.Kernels.Making;

/// <summary>What an optional holds; what is no optional is passed on.</summary>
/// <remarks>Source: ONNX operator OptionalGetElement, version 18.</remarks>
internal sealed class OptionalGetElement : Kernel
{
    public override void Run(KernelContext context)
    {
        NbcValue? value = context.Has(0) ? context.Value(0) : null;
        NbcValue? content = value is OptionalValue optional ? optional.Content : value;
        context.Give(0, content?.Share() ?? throw new KernelException(
            KernelFault.MissingOperand, "the optional is empty"));
    }
}
