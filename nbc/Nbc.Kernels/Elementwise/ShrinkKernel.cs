using System.Numerics;
using Nbc.Kernels.Iteration;
using Nbc.Values;

namespace Nbc.Kernels.Elementwise;

/// <summary>Draws numbers toward zero, and makes those near it zero.</summary>
/// <remarks>
/// Meaning: x + bias below -lambd, x - bias above lambd, 0 between; whole numbers are computed in double precision.
/// Source: ONNX operator Shrink, version 9.
/// </remarks>
internal sealed class ShrinkKernel(KernelAttributes attributes) : Kernel
{
    private readonly double _bias = attributes.Float("bias");
    private readonly double _lambda = attributes.Float("lambd", 0.5);

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        TensorValue y = context.OutputOver(0, 0, x.Type, x.Shape);
        if (NumberTypes.IsWide(x.Type))
        {
            Wide(x, y);
        }
        else if (!NumberTypes.TryNumbers(x.Type, new Action(x, y, _lambda, _bias)))
        {
            throw Refusal.Type("input", x.Type, "a number");
        }
    }

    private static double Invoke(double x, double lambda, double bias) =>
        x < -lambda ? x + bias : x > lambda ? x - bias : double.IsNaN(x) ? x : 0;

    private void Wide(TensorValue x, TensorValue y)
    {
        Span<float> block = stackalloc float[FloatBlocks.Length];
        ReadOnlySpan<ushort> from = x.Span<ushort>();
        Span<ushort> to = y.Span<ushort>();
        for (int i = 0; i < from.Length; i += block.Length)
        {
            int length = Math.Min(block.Length, from.Length - i);
            FloatBlocks.Widen(x.Type, from.Slice(i, length), block);
            for (int j = 0; j < length; j++)
            {
                block[j] = (float)Invoke(block[j], _lambda, _bias);
            }

            FloatBlocks.Narrow(x.Type, block[..length], to.Slice(i, length));
        }
    }

    private readonly struct Action(TensorValue x, TensorValue y, double lambda, double bias) : INumberAction
    {
        public void Invoke<T>()
            where T : unmanaged, IBinaryNumber<T>, IMinMaxValue<T>
        {
            ReadOnlySpan<T> from = x.Span<T>();
            Span<T> to = y.Span<T>();
            for (int i = 0; i < from.Length; i++)
            {
                to[i] = T.CreateTruncating(ShrinkKernel.Invoke(double.CreateTruncating(from[i]), lambda, bias));
            }
        }
    }
}
