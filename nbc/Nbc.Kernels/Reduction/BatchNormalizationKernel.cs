using System.Numerics;
using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Reduction;

/// <summary>Normalises each channel by a given mean and variance; in training by its own, and moves those
/// given.</summary>
/// <remarks>
/// Shape: X [items, channels, ...], or one dimension that counts as one channel; all others [channels].
/// Meaning: (x - mean) / sqrt(variance + epsilon) * scale + B; running = given * momentum + own * (1 - momentum).
/// Source: ONNX operator BatchNormalization, version 15.
/// </remarks>
internal sealed class BatchNormalizationKernel(KernelAttributes attributes) : Kernel
{
    private readonly double _epsilon = attributes.Float("epsilon", 1e-5);
    private readonly double _momentum = attributes.Float("momentum", 0.9);
    private readonly bool _isTraining = attributes.Flag("training_mode");

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        if (x.Rank == 0)
        {
            throw Refusal.Shape("X", x.Shape, "at least one dimension");
        }

        if (!RealSpans.TryInvoke(x.Type, new Action(context, x, _epsilon, _momentum, _isTraining)))
        {
            throw Refusal.Type("X", x.Type, "floating point of 16, 32 or 64 bits");
        }
    }

    private readonly struct Action(
        KernelContext context, TensorValue x, double epsilon, double momentum, bool isTraining) : IRealAction
    {
        public void Invoke<T>()
            where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
        {
            int channels = x.Rank > 1 ? (int)x.Shape[1] : 1;
            int plane = x.Rank > 1 ? (int)Shapes.Product(x.Shape[2..]) : 1;
            ReadOnlySpan<T> scales = Moments.PerChannel<T>(context, 1, "scale", channels);
            ReadOnlySpan<T> shifts = Moments.PerChannel<T>(context, 2, "B", channels);
            ReadOnlySpan<T> means = Moments.PerChannel<T>(context, 3, "input_mean", channels);
            ReadOnlySpan<T> variances = Moments.PerChannel<T>(context, 4, "input_var", channels);
            ReadOnlySpan<T> xs = RealSpans.Open<T>(context, x);
            if (isTraining)
            {
                Span<T> ownMeans = FloatBlocks.Scratch<T>(context, channels);
                Span<T> ownVariances = FloatBlocks.Scratch<T>(context, channels);
                Measure(xs, channels, plane, ownMeans, ownVariances);
                Move<T>(1, 3, means, ownMeans);
                Move<T>(2, 4, variances, ownVariances);
                means = ownMeans;
                variances = ownVariances;
            }

            TensorValue y = context.OutputOver(0, 0, x.Type, x.Shape);
            Span<T> ys = RealSpans.Room<T>(context, y);
            for (int first = 0; plane > 0 && first < x.Count; first += plane)
            {
                int channel = first / plane % channels;
                T factor = scales[channel] / T.Sqrt(variances[channel] + T.CreateTruncating(epsilon));
                Moments.Line(
                    xs.Slice(first, plane), factor, shifts[channel] - (means[channel] * factor), ys.Slice(first,
                        plane));
                if (channel == 0)
                {
                    context.ThrowIfCancelled();
                }
            }

            RealSpans.Store<T>(ys, y);
        }

        private static void Measure<T>(
            ReadOnlySpan<T> xs, int channels, int plane, Span<T> means, Span<T> variances)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            for (int channel = 0; channel < channels; channel++)
            {
                int step = channels * plane;
                double sum = 0;
                double squares = 0;
                long count = 0;
                for (int first = channel * plane; first < xs.Length; first += step, count += plane)
                {
                    foreach (T item in xs.Slice(first, plane))
                    {
                        sum += double.CreateTruncating(item);
                    }
                }

                double mean = sum / count;
                for (int first = channel * plane; first < xs.Length; first += step)
                {
                    foreach (T item in xs.Slice(first, plane))
                    {
                        double distance = double.CreateTruncating(item) - mean;
                        squares += distance * distance;
                    }
                }

                means[channel] = T.CreateTruncating(mean);
                variances[channel] = T.CreateTruncating(squares / count);
            }
        }

        private void Move<T>(int output, int input, ReadOnlySpan<T> given, ReadOnlySpan<T> own)
            where T : unmanaged, INumber<T>
        {
            if (!context.Wants(output))
            {
                return;
            }

            TensorValue tensor = context.Output(output, context.Input(input).Type, given.Length);
            Span<T> running = RealSpans.Room<T>(context, tensor);
            T keep = T.CreateTruncating(momentum);
            for (int i = 0; i < running.Length; i++)
            {
                running[i] = (given[i] * keep) + (own[i] * (T.One - keep));
            }

            RealSpans.Store<T>(running, tensor);
        }
    }
}
