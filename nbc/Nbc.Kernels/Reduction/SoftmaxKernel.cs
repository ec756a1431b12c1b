using System.Numerics;
using System.Numerics.Tensors;
using Nbc.Kernels.Iteration;
using Nbc.Values;

namespace Nbc.Kernels.Reduction;

/// <summary>What becomes of one lane.</summary>
internal interface ILaneOperator
{
    /// <param name="x">At least one element; y may be x.</param>
    static abstract void Invoke<T>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>;
}

/// <summary>Weights that sum to one: exp(x - m) over their sum, m the largest. NaN spreads over its lane.</summary>
internal readonly struct Softmax : ILaneOperator
{
    public static void Invoke<T>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
    {
        TensorPrimitives.Subtract(x, TensorPrimitives.Max(x), y);
        TensorPrimitives.Exp(y, y);
        TensorPrimitives.Divide(y, TensorPrimitives.Sum<T>(y), y);
    }
}

/// <summary>The logarithm of <see cref="Softmax"/>, exact for small weights too.</summary>
internal readonly struct LogSoftmax : ILaneOperator
{
    public static void Invoke<T>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
    {
        T largest = TensorPrimitives.Max(x);
        T sum = T.Zero;
        foreach (T item in x)
        {
            sum += T.Exp(item - largest);
        }

        TensorPrimitives.Subtract(x, largest, y);
        TensorPrimitives.Subtract(y, T.Log(sum), y);
    }
}

/// <summary>1 for the first largest element, 0 for all others.</summary>
internal readonly struct Hardmax : ILaneOperator
{
    public static void Invoke<T>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
    {
        int best = 0;
        for (int i = 1; i < x.Length; i++)
        {
            best = x[i] > x[best] || (T.IsNaN(x[i]) && !T.IsNaN(x[best])) ? i : best;
        }

        y.Clear();
        y[best] = T.One;
    }
}

/// <summary>Takes each lane along an axis by itself.</summary>
/// <remarks>
/// Shape: y as x. Float16 and bfloat16 are computed in single precision.
/// Accuracy: within 1e-6 absolute of the same done in double.
/// Source: ONNX operators Softmax, LogSoftmax and Hardmax, version 13.
/// </remarks>
internal sealed class LaneKernel<TOp>(KernelAttributes attributes) : Kernel
    where TOp : ILaneOperator
{
    private readonly long _axis = attributes.Int("axis", -1);

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);

        // A scalar is a lane of one element.
        Lanes lanes = x.Rank == 0 && _axis is (0 or -1) ? new Lanes(1, 1, 1) : Lanes.Along(x.Shape, _axis);
        if (!RealSpans.TryInvoke(x.Type, new Action(context, x, lanes)))
        {
            throw Refusal.Type("input", x.Type, "floating point of 16, 32 or 64 bits");
        }
    }

    private readonly struct Action(KernelContext context, TensorValue x, Lanes lanes) : IRealAction
    {
        public void Invoke<T>()
            where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
        {
            ReadOnlySpan<T> xs = RealSpans.Open<T>(context, x);
            TensorValue y = context.OutputOver(0, 0, x.Type, x.Shape);
            Span<T> ys = RealSpans.Room<T>(context, y);
            if (y.Count > 0)
            {
                Run(xs, ys);
            }

            RealSpans.Store<T>(ys, y);
        }

        private void Run<T>(ReadOnlySpan<T> xs, Span<T> ys)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
        {
            int inner = lanes.Inner;
            Span<T> lane = inner == 1 ? default : FloatBlocks.Scratch<T>(context, lanes.Size);
            for (int l = 0; l < lanes.Count; l++)
            {
                int first = lanes.First(l);
                if (inner == 1)
                {
                    TOp.Invoke<T>(xs.Slice(first, lanes.Size), ys.Slice(first, lanes.Size));
                }
                else
                {
                    for (int i = 0; i < lane.Length; i++)
                    {
                        lane[i] = xs[first + (i * inner)];
                    }

                    TOp.Invoke<T>(lane, lane);
                    for (int i = 0; i < lane.Length; i++)
                    {
                        ys[first + (i * inner)] = lane[i];
                    }
                }

                if (l % 256 == 0)
                {
                    context.ThrowIfCancelled();
                }
            }
        }
    }
}
