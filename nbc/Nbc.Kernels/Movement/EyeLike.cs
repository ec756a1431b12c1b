using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>A matrix of the operand's size, one on a diagonal, zero elsewhere.</summary>
/// <remarks>
/// Meaning: k moves the diagonal, up when positive; the type is the operand's when none is given.
/// Source: ONNX operator EyeLike, version 22.
/// </remarks>
internal sealed class EyeLike(KernelAttributes attributes) : Kernel
{
    private readonly ElementType _type = attributes.Type("dtype");
    private readonly long _k = attributes.Int("k", 0);

    public override void Run(KernelContext context)
    {
        TensorValue input = context.Input(0);
        Dimensions.CheckRank(input, 2, "input");
        long rows = input.Shape[0], columns = input.Shape[1];
        TensorValue output = context.Output(
            0, _type == ElementType.Undefined ? input.Type : _type, rows, columns);
        ElementMove.Clear(output);
        long k = Math.Clamp(_k, -rows, columns);
        for (long row = Math.Max(0, -k); row < rows && row + k < columns; row++)
        {
            Scalars.Put(output, (int)((row * columns) + row + k), 1);
        }
    }
}
