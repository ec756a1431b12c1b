using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Two dimensions: all before an axis, all from it on.</summary>
/// <remarks>Source: ONNX operator Flatten, version 25.</remarks>
internal sealed class Flatten(KernelAttributes attributes) : Kernel
{
    private readonly long _axis = attributes.Int("axis", 1);

    public override void Run(KernelContext context)
    {
        TensorValue input = context.Input(0);
        if (_axis < -input.Rank || _axis > input.Rank)
        {
            throw new KernelException(
                KernelFault.OutOfRange, $"axis {_axis} is outside -{input.Rank} to {input.Rank} of {input}");
        }

        int axis = (int)(_axis < 0 ? _axis + input.Rank : _axis);
        context.View(0, 0, [Shapes.Product(input.Shape[..axis]), Shapes.Product(input.Shape[axis..])]);
    }
}
