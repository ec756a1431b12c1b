using System.Numerics;
using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Reduction;

/// <summary>Normalises groups of channels of each item to mean 0 and variance 1, then scales and shifts by
/// channel.</summary>
/// <remarks>
/// Shape: X [items, channels, ...]; scale and bias [channels]. Float16 and bfloat16 are computed in single precision.
/// Source: ONNX operators GroupNormalization, version 21, and InstanceNormalization, version 22 (a group a channel).
/// </remarks>
internal sealed class GroupNormalizationKernel : Kernel
{
    private readonly long _groups;
    private readonly double _epsilon;
    private readonly bool _isInstance;

    /// <param name="isInstance">True when each channel is a group.</param>
    public GroupNormalizationKernel(KernelAttributes attributes, bool isInstance)
    {
        _isInstance = isInstance;
        _epsilon = attributes.Float("epsilon", 1e-5);
        _groups = attributes.Int("num_groups");
        if (!isInstance && _groups < 1)
        {
            throw Refusal.Attribute("num_groups", $"{_groups}", "at least 1");
        }

        LayerNormalizationKernel.Stash(attributes);
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        if (x.Rank < 2)
        {
            throw Refusal.Shape("X", x.Shape, "items and channels first");
        }

        long groups = _isInstance ? x.Shape[1] : _groups;
        if (groups > 0 && x.Shape[1] % groups != 0)
        {
            throw Refusal.Shape("X", x.Shape, $"channels in {groups} equal groups");
        }

        if (!RealSpans.TryInvoke(x.Type, new Action(context, x, groups, _epsilon)))
        {
            throw Refusal.Type("X", x.Type, "floating point of 16, 32 or 64 bits");
        }
    }

    private readonly struct Action(KernelContext context, TensorValue x, long groups, double epsilon) : IRealAction
    {
        public void Invoke<T>()
            where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
        {
            int channels = (int)x.Shape[1];
            int plane = (int)Shapes.Product(x.Shape[2..]);
            ReadOnlySpan<T> scales = Moments.PerChannel<T>(context, 1, "scale", channels);
            ReadOnlySpan<T> shifts = Moments.PerChannel<T>(context, 2, "bias", channels);
            ReadOnlySpan<T> xs = RealSpans.Open<T>(context, x);
            TensorValue y = context.OutputOver(0, 0, x.Type, x.Shape);
            Span<T> ys = RealSpans.Room<T>(context, y);
            int members = groups == 0 ? 0 : channels / (int)groups;
            int size = members * plane;
            for (int first = 0; first < x.Count; first += size)
            {
                ReadOnlySpan<T> group = xs.Slice(first, size);
                T mean = Moments.Mean(group);
                T inverse = T.One / T.Sqrt(Moments.Variance(group, mean) + T.CreateTruncating(epsilon));
                int channel = first / plane % channels;
                for (int i = 0; i < members; i++)
                {
                    T factor = inverse * scales[channel + i];
                    Moments.Line(
                        group.Slice(i * plane, plane),
                        factor,
                        shifts[channel + i] - (mean * factor),
                        ys.Slice(first + (i * plane), plane));
                }

                context.ThrowIfCancelled();
            }

            RealSpans.Store<T>(ys, y);
        }
    }
}
