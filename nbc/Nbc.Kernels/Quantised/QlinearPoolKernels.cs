using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Quantised;

/// <summary>The mean of each window over a quantised tensor, quantised again.</summary>
/// <remarks>
/// Shape: X [items, channels, ...], or [items, ..., channels] with channels_last.
/// Source: com.microsoft operators QLinearAveragePool and QLinearGlobalAveragePool, version 1.
/// </remarks>
/// <param name="isGlobal">True when one window covers the whole plane.</param>
internal sealed class QlinearAveragePoolKernel(KernelAttributes attributes, bool isGlobal) : Kernel
{
    private readonly ConvWindow? _window = isGlobal ? null : new ConvWindow(attributes);
    private readonly bool _isChannelsLast = attributes.Flag("channels_last");
    private readonly bool _countsPadding = attributes.Flag("count_include_pad");

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        QuantisedScale.CheckBytes(x, "X");
        int rank = Broadcast.CheckRank(x.Rank);
        if (rank < 3)
        {
            throw Refusal.Shape("X", x.Shape, "items, channels and at least one spatial dimension");
        }

        int spatial = rank - 2;
        ReadOnlySpan<long> input = x.Shape.Slice(_isChannelsLast ? 1 : 2, spatial);
        int channels = (int)x.Shape[_isChannelsLast ? rank - 1 : 1];
        Span<long> output = stackalloc long[Broadcast.MaxRank];
        Span<long> begin = stackalloc long[Broadcast.MaxRank];
        ReadOnlySpan<long> kernel = isGlobal ? input : _window!.Kernel([]);
        output[..spatial].Fill(1);
        begin.Clear();
        _window?.Fit(input, kernel, output, begin);
        Span<long> shape = stackalloc long[Broadcast.MaxRank];
        shape[0] = x.Shape[0];
        shape[_isChannelsLast ? rank - 1 : 1] = channels;
        output[..spatial].CopyTo(shape[(_isChannelsLast ? 1 : 2)..]);
        ReadOnlySpan<float> real = QuantisedScale.Read(context, 1, 2, "X", x.Type).Dequantize(context, x);
        QuantisedScale target = QuantisedScale.Read(context, 3, 4, "Y", x.Type);
        TensorValue y = context.Output(0, x.Type, shape[..rank]);
        Span<float> means = FloatBlocks.Scratch<float>(context, y.Count);
        int from = (int)Shapes.Product(input);
        int plane = (int)Shapes.Product(output[..spatial]);
        for (int lane = 0; lane < (int)x.Shape[0] * channels; lane++)
        {
            int item = lane / channels;
            int channel = lane % channels;
            int step = _isChannelsLast ? channels : 1;
            int first = _isChannelsLast ? (item * from * channels) + channel : lane * from;
            int into = _isChannelsLast ? (item * plane * channels) + channel : lane * plane;
            Pool(real[Math.Min(first, real.Length)..], step, input, kernel, output[..spatial], begin, means[into..]);
            context.ThrowIfCancelled();
        }

        target.Quantize(means, y);
    }

    private void Pool(
        ReadOnlySpan<float> pixels,
        int step,
        ReadOnlySpan<long> input,
        ReadOnlySpan<long> kernel,
        ReadOnlySpan<long> output,
        ReadOnlySpan<long> begin,
        Span<float> means)
    {
        Span<long> place = stackalloc long[input.Length];
        Span<long> tap = stackalloc long[input.Length];
        place.Clear();
        long places = Shapes.Product(output);
        long taps = Shapes.Product(kernel);
        for (int i = 0; i < places; i++)
        {
            double sum = 0;
            long count = 0;
            tap.Clear();
            for (long t = 0; t < taps; t++)
            {
                long at = 0;
                bool isInside = true;
                for (int d = 0; d < input.Length; d++)
                {
                    long pixel = (place[d] * (_window?.Stride(d) ?? 1)) + (tap[d] * (_window?.Dilation(d) ?? 1))
                        - begin[d];
                    isInside &= pixel >= 0 && pixel < input[d];
                    at = (at * input[d]) + pixel;
                }

                sum += isInside ? pixels[(int)at * step] : 0;
                count += isInside || _countsPadding ? 1 : 0;
                IntegerConvolution.Advance(tap, kernel);
            }

            means[i * step] = (float)(sum / count);
            IntegerConvolution.Advance(place, output);
        }
    }
}
