using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>The upper or the lower triangle of each matrix, zero elsewhere.</summary>
/// <remarks>
/// Meaning: k moves the diagonal that still belongs to it, up when positive.
/// Source: ONNX operator Trilu, version 14.
/// </remarks>
internal sealed class Trilu(KernelAttributes attributes) : Kernel
{
    private readonly bool _isUpper = attributes.Flag("upper", true);

    public override void Run(KernelContext context)
    {
        TensorValue input = context.Input(0);
        if (Dimensions.Rank(input) < 2)
        {
            throw new KernelException(KernelFault.WrongShape, $"input is {input}, not matrices");
        }

        TensorValue? offset = context.OptionalInput(1);
        long k = offset is null ? 0 : Dimensions.Scalar(offset, "k");
        TensorValue output = context.Output(0, input.Type, input.Shape);
        ElementMove.Clear(output);
        int rows = (int)input.Shape[^2], columns = (int)input.Shape[^1];
        Cut cut = new(context, rows, columns, Math.Clamp(k, -rows, columns), _isUpper);
        ElementMove.Run(ref cut, input, output);
    }

    private readonly ref struct Cut(KernelContext context, int rows, int columns, long k, bool isUpper) : IElementMove
    {
        public void Move<T>(ReadOnlySpan<T> source, Span<T> target)
        {
            int row = 0;
            for (int at = 0; at < source.Length; at += columns)
            {
                int border = (int)Math.Clamp(row + k + (isUpper ? 0 : 1), 0, columns);
                int from = isUpper ? border : 0;
                int to = isUpper ? columns : border;
                source[(at + from)..(at + to)].CopyTo(target[(at + from)..]);
                if (++row == rows)
                {
                    row = 0;
                    context.ThrowIfCancelled();
                }
            }
        }
    }
}
