using System.Numerics;
using System.Numerics.Tensors;
using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Reduction;

/// <summary>Mean and spread of one run of numbers, and what normalisations share.</summary>
internal static class Moments
{
    /// <summary>The mean.</summary>
    public static T Mean<T>(ReadOnlySpan<T> x)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        TensorPrimitives.Sum(x) / T.CreateTruncating(x.Length);

    /// <summary>The mean squared distance from <paramref name="mean"/>: a second pass, so that nothing cancels, and in
    /// double precision, so that long runs lose nothing.</summary>
    public static T Variance<T>(ReadOnlySpan<T> x, T mean)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        double sum = 0;
        foreach (T item in x)
        {
            double distance = double.CreateTruncating(item - mean);
            sum += distance * distance;
        }

        return T.CreateTruncating(sum / x.Length);
    }

    /// <summary>y = x * factor + offset.</summary>
    public static void Line<T>(ReadOnlySpan<T> x, T factor, T offset, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = (x[i] * factor) + offset;
        }
    }

    /// <summary>An operand of one number for each channel.</summary>
    /// <exception cref="KernelException">It has another shape.</exception>
    public static Span<T> PerChannel<T>(KernelContext context, int input, string name, long channels)
        where T : unmanaged, INumber<T>
    {
        TensorValue operand = context.Input(input);
        return operand.Rank == 1 && operand.Count == channels
            ? RealSpans.Open<T>(context, operand)
            : throw Refusal.Shape(name, operand.Shape, $"[{channels}], one number for each channel");
    }

    /// <summary>An operand under the shape of what it scales: as it is, or repeated into memory of this run.</summary>
    /// <exception cref="KernelException">It does not broadcast to the shape.</exception>
    public static ReadOnlySpan<T> Repeated<T>(
        KernelContext context, TensorValue operand, string name, ReadOnlySpan<long> shape)
        where T : unmanaged, INumber<T>
    {
        Broadcast.CheckOneWay(name, operand, shape);
        Span<T> own = RealSpans.Open<T>(context, operand);
        int count = (int)Shapes.Product(shape);
        if (operand.Count == count)
        {
            return own;
        }

        Span<T> all = FloatBlocks.Scratch<T>(context, count);
        BroadcastCopy.Run<T>(own, operand.Shape, all, shape);
        return all;
    }
}
