using System.Numerics;
using Nbc.Kernels.Iteration;
using Nbc.Values;

namespace Nbc.Kernels.Reduction;

/// <summary>Divides each element by the strength of its neighbours in other channels.</summary>
/// <remarks>
/// Shape: X [items, channels, ...].
/// Meaning: x / (bias + alpha / size * sum of squares)^beta, the sum over floor((size - 1) / 2) channels before and
/// ceil((size - 1) / 2) behind.
/// Source: ONNX operator LRN, version 13.
/// </remarks>
internal sealed class LrnKernel : Kernel
{
    private readonly double _alpha;
    private readonly double _beta;
    private readonly double _bias;
    private readonly long _size;

    public LrnKernel(KernelAttributes attributes)
    {
        _alpha = attributes.Float("alpha", 1e-4);
        _beta = attributes.Float("beta", 0.75);
        _bias = attributes.Float("bias", 1);
        _size = attributes.Int("size");
        if (_size < 1)
        {
            throw Refusal.Attribute("size", $"{_size}", "at least 1");
        }
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        if (x.Rank < 2)
        {
            throw Refusal.Shape("X", x.Shape, "items and channels first");
        }

        if (!RealSpans.TryInvoke(x.Type, new Action(this, context, x)))
        {
            throw Refusal.Type("X", x.Type, "floating point of 16, 32 or 64 bits");
        }
    }

    private readonly struct Action(LrnKernel kernel, KernelContext context, TensorValue x) : IRealAction
    {
        public void Invoke<T>()
            where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
        {
            Lanes lanes = Lanes.Along(x.Shape, 1);
            ReadOnlySpan<T> xs = RealSpans.Open<T>(context, x);
            TensorValue y = context.Output(0, x.Type, x.Shape);
            Span<T> ys = RealSpans.Room<T>(context, y);
            long before = (kernel._size - 1) / 2;
            long behind = kernel._size - 1 - before;
            for (int lane = 0; lane < lanes.Count; lane++)
            {
                int first = lanes.First(lane);
                for (int c = 0; c < lanes.Size; c++)
                {
                    double sum = 0;
                    int last = (int)Math.Min(lanes.Size - 1, c + behind);
                    for (int n = (int)Math.Max(0, c - before); n <= last; n++)
                    {
                        double neighbour = double.CreateTruncating(xs[first + (n * lanes.Inner)]);
                        sum += neighbour * neighbour;
                    }

                    int at = first + (c * lanes.Inner);
                    double strength = Math.Pow(kernel._bias + (kernel._alpha / kernel._size * sum), kernel._beta);
                    ys[at] = T.CreateTruncating(double.CreateTruncating(xs[at]) / strength);
                }

                if (lane % 1024 == 0)
                {
                    context.ThrowIfCancelled();
                }
            }

            RealSpans.Store<T>(ys, y);
        }
    }
}
