using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Squares of pixels become channels.</summary>
/// <remarks>
/// Shape: [n, c, h, w] to [n, c b^2, h / b, w / b].
/// Source: ONNX operator SpaceToDepth, version 13.
/// </remarks>
internal sealed class SpaceToDepth(KernelAttributes attributes) : Kernel
{
    private readonly long _block = Rearrange.Block(attributes);

    public override void Run(KernelContext context)
    {
        TensorValue input = context.Input(0);
        Dimensions.CheckRank(input, 4, "input");
        (long n, long c, long h, long w) = (input.Shape[0], input.Shape[1], input.Shape[2], input.Shape[3]);
        if (h % _block != 0 || w % _block != 0)
        {
            throw new KernelException(KernelFault.WrongShape, $"{input} does not divide into squares of {_block}");
        }

        long square = _block * _block;
        TensorValue output = context.Output(0, input.Type, n, c * square, h / _block, w / _block);
        Rearrange.Run(context, input, [n, c, h / _block, _block, w / _block, _block], [0, 3, 5, 1, 2, 4], output);
    }
}
