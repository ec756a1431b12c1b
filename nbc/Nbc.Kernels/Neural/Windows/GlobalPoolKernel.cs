using System.Numerics;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Neural.Windows;

/// <summary>What a pool makes of a whole channel.</summary>
internal enum GlobalPool
{
    Average,
    Max,

    /// <summary>The norm of order p.</summary>
    Norm,
}

/// <summary>One number for each channel of an image.</summary>
/// <remarks>
/// Shape: [N, C, axes...] becomes [N, C, 1, ...].
/// Special values: no elements: NaN for the mean, minus infinity for the maximum, 0 for the norm. NaN spreads, except
/// that a maximum knows NaN only where there is nothing else.
/// Source: ONNX operators GlobalAveragePool, version 22, GlobalMaxPool, version 22, GlobalLpPool, version 22.
/// </remarks>
internal sealed class GlobalPoolKernel(GlobalPool pool, KernelAttributes attributes) : RealKernel
{
    private readonly int _p = pool == GlobalPool.Norm ? LpPoolKernel.Order(attributes) : 0;

    protected override void Run<T>(KernelContext context, TensorValue x)
    {
        Operand.Expect(x.Rank >= 2, x, "X", "two dimensions or more");
        Span<long> shape = stackalloc long[x.Rank];
        shape.Fill(1);
        (shape[0], shape[1]) = (x.Shape[0], x.Shape[1]);
        TensorValue result = context.Output(0, x.Type, shape);
        ReadOnlySpan<T> image = Reals.Read<T>(context, x);
        Span<T> output = Reals.Room<T>(context, result);
        int size = (int)Shapes.Product(x.Shape[2..]);
        ReadOnlySpan<WindowAxis> whole = [new WindowAxis(size, size, 1, 1, 0, 0, 1)];
        for (int i = 0; i < output.Length; i++)
        {
            ReadOnlySpan<T> channel = image.Slice(i * size, size);
            Span<T> target = output.Slice(i, 1);
            switch (pool)
            {
                case GlobalPool.Average:
                    // In double: a channel of a large image has more terms than a float sum bears.
                    target[0] = T.CreateTruncating(Sum(channel) / size);
                    break;
                case GlobalPool.Max:
                    WindowWalk.RunMaximum(whole, T.NegativeInfinity, channel, target, []);
                    break;
                default:
                    WindowWalk.Run(whole, new NormPool<T>(_p), channel, target);
                    break;
            }
        }

        Reals.Write<T>(output, result);
    }

    private static double Sum<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double sum = 0;
        foreach (T value in values)
        {
            sum += double.CreateTruncating(value);
        }

        return sum;
    }
}
