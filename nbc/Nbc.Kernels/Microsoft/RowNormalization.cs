using System.Numerics;
using System.Numerics.Tensors;

namespace Nbc.Kernels.Microsoft;

/// <summary>Brings rows to mean 0 and variance 1, or to mean square 1 alone.</summary>
internal static class RowNormalization
{
    /// <summary>target = (source - mean) / sqrt(variance + epsilon) * scale + bias.</summary>
    /// <param name="keepsMean">Leave the mean as it is: root mean square normalisation.</param>
    /// <param name="bias">Empty for none.</param>
    /// <returns>The mean, and one by the deviation.</returns>
    /// <remarks>Sums in double: the variance of a row with a large mean keeps its digits.</remarks>
    public static (double Mean, double InverseDeviation) Run<T>(
        ReadOnlySpan<T> source, ReadOnlySpan<T> scale, ReadOnlySpan<T> bias, double epsilon, bool keepsMean,
        Span<T> target)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double mean = 0;
        for (int i = 0; i < source.Length && !keepsMean; i++)
        {
            mean += double.CreateTruncating(source[i]);
        }

        mean /= source.Length;
        double square = 0;
        foreach (T value in source)
        {
            double from = double.CreateTruncating(value) - mean;
            square += from * from;
        }

        double inverse = 1 / Math.Sqrt((square / source.Length) + epsilon);
        TensorPrimitives.Subtract(source, T.CreateTruncating(mean), target);
        TensorPrimitives.Multiply(target, T.CreateTruncating(inverse), target);
        TensorPrimitives.Multiply(target, scale, target);
        if (!bias.IsEmpty)
        {
            TensorPrimitives.Add(target, bias, target);
        }

        return (mean, inverse);
    }
}
