using Nbc.Values;

namespace Nbc.Kernels.Tests.Neural;

/// <summary>Definitions, written as directly as they are said, in double.</summary>
internal static class Reference
{
    public static double[] Conv(
        TensorValue x, TensorValue w, TensorValue? b, ConvolutionTests.Case given, out long[] shape)
    {
        int rank = x.Rank - 2;
        long[] input = x.Shape[2..].ToArray(), kernel = w.Shape[2..].ToArray(), windows = new long[rank];
        for (int i = 0; i < rank; i++)
        {
            long pads = given.Pads is null ? 0 : given.Pads[i] + given.Pads[i + rank];
            windows[i] = ((input[i] + pads - ((kernel[i] - 1) * (given.Dilations?[i] ?? 1)) - 1)
                / (given.Strides?[i] ?? 1)) + 1;
        }

        shape = [x.Shape[0], w.Shape[0], .. windows];
        double[] image = Given.Doubles(x), weights = Given.Doubles(w),
            y = new double[shape.Aggregate(1L, (p, q) => p * q)];
        double[]? bias = b is null ? null : Given.Doubles(b);
        long inner = w.Shape[1], outer = w.Shape[0] / given.Group, count = y.Length / shape[0] / shape[1];
        for (int i = 0; i < y.Length; i++)
        {
            long n = i / count / shape[1], o = i / count % shape[1];
            long[] at = Split(i % count, windows);
            y[i] = bias?[o] ?? 0;
            for (long c = 0; c < inner; c++)
            {
                for (long k = 0; k < Count(kernel); k++)
                {
                    long[] element = Split(k, kernel);
                    long[] place = [.. Enumerable.Range(0, rank).Select(d =>
                        (at[d] * (given.Strides?[d] ?? 1)) + (element[d] * (given.Dilations?[d] ?? 1))
                        - (given.Pads?[d] ?? 0))];
                    if (!place.Zip(input, (p, size) => p >= 0 && p < size).Contains(false))
                    {
                        long channel = (o / outer * inner) + c;
                        y[i] += image[(((n * x.Shape[1]) + channel) * Count(input)) + Join(place, input)]
                            * weights[(((o * inner) + c) * Count(kernel)) + k];
                    }
                }
            }
        }

        return y;
    }

    public static long[] Split(long index, long[] shape)
    {
        long[] at = new long[shape.Length];
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            at[i] = index % shape[i];
            index /= shape[i];
        }

        return at;
    }

    public static long Join(long[] at, long[] shape)
    {
        long index = 0;
        for (int i = 0; i < shape.Length; i++)
        {
            index = (index * shape[i]) + at[i];
        }

        return index;
    }

    public static long Count(long[] shape) => shape.Aggregate(1L, (p, q) => p * q);
}
