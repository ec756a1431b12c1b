using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Channels become squares of pixels.</summary>
/// <remarks>
/// Shape: [n, c, h, w] to [n, c / b^2, h b, w b].
/// Meaning: mode DCR has the place in the square as the outer part of the channel, CRD as the inner one.
/// Source: ONNX operator DepthToSpace, version 13.
/// </remarks>
internal sealed class DepthToSpace(KernelAttributes attributes) : Kernel
{
    private readonly long _block = Rearrange.Block(attributes);
    private readonly bool _isDepthFirst = attributes.Choice("mode", "DCR", "CRD") == 0;

    public override void Run(KernelContext context)
    {
        TensorValue input = context.Input(0);
        Dimensions.CheckRank(input, 4, "input");
        (long n, long c, long h, long w) = (input.Shape[0], input.Shape[1], input.Shape[2], input.Shape[3]);
        long square = _block * _block;
        if (c % square != 0)
        {
            throw new KernelException(KernelFault.WrongShape,
                $"{c} channels of {input} do not make squares of {_block}");
        }

        TensorValue output = context.Output(0, input.Type, n, c / square, h * _block, w * _block);
        if (_isDepthFirst)
        {
            Rearrange.Run(context, input, [n, _block, _block, c / square, h, w], [0, 3, 4, 1, 5, 2], output);
        }
        else
        {
            Rearrange.Run(context, input, [n, c / square, _block, _block, h, w], [0, 1, 4, 2, 5, 3], output);
        }
    }
}
