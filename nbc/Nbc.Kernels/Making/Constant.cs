using Nbc.Kernels.Movement;
using Nbc.Values;

namespace Nbc.Kernels.Making;

/// <summary>The tensor in its attribute.</summary>
/// <remarks>Source: ONNX operator Constant, version 25.</remarks>
internal sealed class Constant : Kernel
{
    private readonly TensorValue _value;

    public Constant(KernelAttributes attributes)
    {
        attributes.Require("value");
        _value = attributes.Tensor("value")!;
    }

    public override void Run(KernelContext context) =>
        ElementMove.CopyAll(_value, context.Output(0, _value.Type, _value.Shape));
}
