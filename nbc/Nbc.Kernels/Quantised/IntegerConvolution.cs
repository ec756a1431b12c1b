using System.Numerics.Tensors;
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

        Span<byte> unfolded = FloatBlocks.Scratch<byte>(context, (long)depth * plane);
        ReadOnlySpan<byte> pixels = x.Span<byte>();
        int part = depth / channels * plane;
        for (int item = 0; item < shape[0] * groups; item++)
        {
            for (int c = 0; c < channels; c++)
            {
                Unfold(window, pixels.Slice(((item * channels) + c) * from, from), x.Shape[2..], w.Shape[2..],
                    shape[2..], begin, (byte)xZero, unfolded.Slice(c * part, part));
            }

            ReadOnlySpan<short> weights = centred.Slice(item % groups * filters * depth, filters * depth);
            Span<int> results = sums.Slice(item * filters * plane, filters * plane);
            ByteProduct.Add(context, weights, filters, unfolded, x.Type == ElementType.Int8, plane, results);
            TakeZero(weights, depth, xZero, plane, results);
            context.ThrowIfCancelled();
        }
    }

    // What lies in the padding is the zero point too, so that all of a filter meets it.
    private static void TakeZero(ReadOnlySpan<short> weights, int depth, int zero, int plane, Span<int> sums)
    {
        for (int f = 0; zero != 0 && (f + 1) * plane <= sums.Length && plane > 0; f++)
        {
            int sum = 0;
            foreach (short weight in weights.Slice(f * depth, depth))
            {
                sum += weight;
            }

            Span<int> row = sums.Slice(f * plane, plane);
            TensorPrimitives.Subtract(row, sum * zero, row);
        }
    }

    // One row for each element of the window: what it meets at each place of the window.
    private static void Unfold(
        ConvWindow window,
        ReadOnlySpan<byte> pixels,
        ReadOnlySpan<long> input,
        ReadOnlySpan<long> kernel,
        ReadOnlySpan<long> output,
        ReadOnlySpan<long> begin,
        byte pad,
        Span<byte> unfolded)
    {
        int last = input.Length - 1;
        int width = (int)output[last], plane = (int)Shapes.Product(output);
        Span<long> tap = stackalloc long[input.Length];
        Span<long> place = stackalloc long[last];
        tap.Clear();
        for (int first = 0; first < unfolded.Length; first += plane)
        {
            place.Clear();
            long start = (tap[last] * window.Dilation(last)) - begin[last];
            for (int row = 0; row < plane; row += width)
            {
                long at = 0;
                bool isInside = true;
                for (int d = 0; d < last; d++)
                {
                    long pixel = (place[d] * window.Stride(d)) + (tap[d] * window.Dilation(d)) - begin[d];
                    isInside &= pixel >= 0 && pixel < input[d];
                    at = (at * input[d]) + pixel;
                }

                Span<byte> target = unfolded.Slice(first + row, width);
                if (isInside)
                {
                    ReadOnlySpan<byte> line = pixels.Slice((int)(at * input[last]), (int)input[last]);
                    Line(line, start, window.Stride(last), pad, target);
                }
                else
                {
                    target.Fill(pad);
                }

                Advance(place, output[..last]);
            }

            Advance(tap, kernel);
        }
    }

    // Every stride-th pixel of a line, from start on.
    private static void Line(ReadOnlySpan<byte> pixels, long start, long stride, byte pad, Span<byte> target)
    {
        if (stride == 1)
        {
            int from = (int)Math.Clamp(-start, 0, target.Length);
            int to = (int)Math.Clamp(pixels.Length - start, from, target.Length);
            target[..from].Fill(pad);
            pixels.Slice((int)Math.Max(start + from, 0) * (to > from ? 1 : 0), to - from).CopyTo(target[from..]);
            target[to..].Fill(pad);
            return;
        }

        for (int i = 0; i < target.Length; i++)
        {
            long at = start + (i * stride);
            target[i] = at >= 0 && at < pixels.Length ? pixels[(int)at] : pad;
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
