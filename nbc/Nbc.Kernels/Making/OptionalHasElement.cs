using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Making;

/// <summary>Whether an optional holds something; what is no optional does.</summary>
/// <remarks>Source: ONNX operator OptionalHasElement, version 18.</remarks>
internal sealed class OptionalHasElement : Kernel
{
    public override void Run(KernelContext context)
    {
        NbcValue? value = context.Has(0) ? context.Value(0) : null;
        bool holds = value is OptionalValue optional ? optional.Content is not null : value is not null;
        context.Output(0, ElementType.Bool).Span<byte>()[0] = holds ? (byte)1 : (byte)0;
    }
}
