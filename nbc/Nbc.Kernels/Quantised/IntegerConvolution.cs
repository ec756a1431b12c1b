using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Quantised;

/// <summary>Convolution of small whole numbers, gathered in 32 bits, as a matrix product over unfolded
/// windows.</summary>
internal static class IntegerConvolution
{
    /// <summary>The shape of the result: items, filters, spatial sizes.</summary>
    public static ReadOnlySpan<long> Shape(
        ConvWindow window, TensorValue x, TensorValue w, long groups, Span<long> shape, Span<long> begin)
    {
        int rank = Broadcast.CheckRank(x.Rank);
        if (rank < 3 || w.Rank != rank)
        {
            throw Refusal.Shape("w", w.Shape, $"as many dimensions as x, {Shapes.Text(x.Shape)}, and at least 3");
        }

        if (groups < 1 || x.Shape[1] != w.Shape[1] * groups || w.Shape[0] % groups != 0)
        {
            throw Refusal.Shape("w", w.Shape, $"channels and filters of {Shapes.Text(x.Shape)} in {groups} groups");
        }

        shape[0] = x.Shape[0];
        shape[1] = w.Shape[0];
        window.Fit(x.Shape[2..], window.Kernel(w.Shape[2..]), shape[2..], begin);
        return shape[..rank];
    }

    /// <param name="wZeros">One, or one for each filter.</param>
    /// <param name="sums">As long as <paramref name="shape"/>.</param>
    public static void Run(
        KernelContext context,
        ConvWindow window,
        TensorValue x,
        int xZero,
        TensorValue w,
        ZeroPoints wZeros,
        int groups,
        ReadOnlySpan<long> shape,
        ReadOnlySpan<long> begin,
        Span<int> sums)
    {
        sums.Clear();
        int filters = (int)shape[1] / groups;
        int channels = (int)w.Shape[1];
        int plane = (int)Shapes.Product(shape[2..]);
        int from = (int)Shapes.Product(x.Shape[2..]);
        int depth = (int)Shapes.Product(w.Shape[1..]);
        Span<short> centred = FloatBlocks.Scratch<short>(context, w.Count);
        for (int f = 0; f < w.Shape[0]; f++)
        {
            IntegerProduct.Center(w, f * depth, wZeros.At(0, f, (int)w.Shape[0]), centred.Slice(f * depth, depth));
        }

        Span<short> pixels = FloatBlocks.Scratch<short>(context, from);
        Span<short> unfolded = FloatBlocks.Scratch<short>(context, (long)depth * plane);
        for (int item = 0; item < shape[0] * groups; item++)
        {
            for (int c = 0; c < channels; c++)
            {
                IntegerProduct.Center(x, ((item * channels) + c) * from, xZero, pixels);
                int part = depth / channels * plane;
                Unfold(window, pixels, x.Shape[2..], w.Shape[2..], shape[2..], begin, unfolded.Slice(c * part, part));
            }

            for (int f = 0; f < filters; f++)
            {
                int filter = (item % groups * filters) + f;
                Span<int> row = sums.Slice(((item * filters) + f) * plane, plane);
                IntegerProduct.Row(centred.Slice(filter * depth, depth), unfolded, row);
                context.ThrowIfCancelled();
            }
        }
    }

    // One row for each element of the window: what it meets at each place of the window; 0 in the padding.
    private static void Unfold(
        ConvWindow window,
        ReadOnlySpan<short> pixels,
        ReadOnlySpan<long> input,
        ReadOnlySpan<long> kernel,
        ReadOnlySpan<long> output,
        ReadOnlySpan<long> begin,
        Span<short> unfolded)
    {
        int rank = input.Length;
        int plane = (int)Shapes.Product(output);
        Span<long> tap = stackalloc long[rank];
        Span<long> place = stackalloc long[rank];
        tap.Clear();
        for (int first = 0; first < unfolded.Length; first += plane)
        {
            place.Clear();
            for (int i = 0; i < plane; i++)
            {
                long at = 0;
                bool isInside = true;
                for (int d = 0; d < rank; d++)
                {
                    long pixel = (place[d] * window.Stride(d)) + (tap[d] * window.Dilation(d)) - begin[d];
                    isInside &= pixel >= 0 && pixel < input[d];
                    at = (at * input[d]) + pixel;
                }

                unfolded[first + i] = isInside ? pixels[(int)at] : (short)0;
                Advance(place, output);
            }

            Advance(tap, kernel);
        }
    }

    internal static void Advance(Span<long> index, ReadOnlySpan<long> sizes)
    {
        for (int d = index.Length - 1; d >= 0; d--)
        {
            if (++index[d] < sizes[d])
            {
                return;
            }

            index[d] = 0;
        }
    }
}
