using System.Numerics;
using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Reduction;

/// <summary>Normalises all elements from an axis on to mean 0 and variance 1, then scales and shifts them.</summary>
/// <remarks>
/// Shape: Scale and B broadcast to the axes that are normalised, or to all of X; Mean and InvStdDev as X with those
/// axes of size 1.
/// Meaning: (x - mean) / sqrt(variance + epsilon) * Scale + B. Float16 and bfloat16 are computed in single precision.
/// Source: ONNX operators LayerNormalization, version 17, and RMSNormalization, version 23.
/// </remarks>
/// <param name="isRms">True for the form without mean and shift: x / sqrt(mean square + epsilon) * Scale.</param>
internal sealed class LayerNormalizationKernel(KernelAttributes attributes, bool isRms) : Kernel
{
    private readonly long _axis = attributes.Int("axis", -1);
    private readonly double _epsilon = attributes.Float("epsilon", 1e-5);
    private readonly ElementType _stash = Stash(attributes);

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        int axis = Lanes.CheckAxis(_axis, Broadcast.CheckRank(x.Rank));
        if (!RealSpans.TryInvoke(x.Type, new Action(context, x, axis, _epsilon, isRms, _stash)))
        {
            throw Refusal.Type("X", x.Type, "floating point of 16, 32 or 64 bits");
        }
    }

    /// <summary>The type of what is computed on the way, as attribute stash_type names it.</summary>
    internal static ElementType Stash(KernelAttributes attributes)
    {
        ElementType type = attributes.Type("stash_type", ElementType.Float32);
        return ElementTypes.IsFloat(type)
            ? type
            : throw Refusal.Attribute("stash_type", $"{(int)type}", "the number of a floating-point type");
    }

    private readonly struct Action(
        KernelContext context, TensorValue x, int axis, double epsilon, bool isRms, ElementType stash) : IRealAction
    {
        public void Invoke<T>()
            where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
        {
            ReadOnlySpan<T> xs = RealSpans.Open<T>(context, x);
            int size = (int)Shapes.Product(x.Shape[axis..]);
            TensorValue scale = context.Input(1);
            TensorValue? shift = isRms ? null : context.OptionalInput(2);
            ReadOnlySpan<T> scales = Weights<T>(scale, "Scale", out bool isScaleWhole);
            bool isShiftWhole = false;
            ReadOnlySpan<T> shifts = shift is null ? default : Weights<T>(shift, "B", out isShiftWhole);
            Span<T> means = Moment<T>(1, out TensorValue? mean);
            Span<T> inverses = Moment<T>(2, out TensorValue? inverse);
            TensorValue y = context.OutputOver(0, 0, x.Type, x.Shape);
            Span<T> ys = RealSpans.Room<T>(context, y);
            int rows = size == 0 ? 0 : x.Count / size;
            for (int row = 0; row < rows; row++)
            {
                ReadOnlySpan<T> from = xs.Slice(row * size, size);
                (T middle, T factor) = Fit(from);
                Apply(from, middle, factor, scales.Slice(isScaleWhole ? row * size : 0, size), ys[(row * size)..]);
                if (shift is not null)
                {
                    System.Numerics.Tensors.TensorPrimitives.Add(
                        ys.Slice(row * size, size),
                        shifts.Slice(isShiftWhole ? row * size : 0, size),
                        ys.Slice(row * size, size));
                }

                if (mean is not null)
                {
                    means[row] = middle;
                }

                if (inverse is not null)
                {
                    inverses[row] = factor;
                }

                context.ThrowIfCancelled();
            }

            RealSpans.Store<T>(ys, y);
            Finish<T>(means, mean);
            Finish<T>(inverses, inverse);
        }

        private static void Finish<T>(ReadOnlySpan<T> moments, TensorValue? tensor)
            where T : unmanaged, INumber<T>
        {
            if (tensor is not null)
            {
                RealSpans.Store(moments, tensor);
            }
        }

        private static void Apply<T>(ReadOnlySpan<T> from, T middle, T factor, ReadOnlySpan<T> scales, Span<T> to)
            where T : unmanaged, INumber<T>
        {
            for (int i = 0; i < from.Length; i++)
            {
                to[i] = (from[i] - middle) * factor * scales[i];
            }
        }

        private (T Mean, T Factor) Fit<T>(ReadOnlySpan<T> row)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            T mean = isRms ? T.Zero : Moments.Mean(row);
            return (mean, T.One / T.Sqrt(Moments.Variance(row, mean) + T.CreateTruncating(epsilon)));
        }

        private ReadOnlySpan<T> Weights<T>(TensorValue operand, string name, out bool isWhole)
            where T : unmanaged, INumber<T>
        {
            Span<long> memory = stackalloc long[Broadcast.MaxRank];
            ReadOnlySpan<long> inner = x.Shape[axis..];
            isWhole = operand.Rank > inner.Length
                || !Shapes.TryBroadcast(inner, operand.Shape, memory)
                || !memory[..inner.Length].SequenceEqual(inner);
            return Moments.Repeated<T>(context, operand, name, isWhole ? x.Shape : inner);
        }

        private Span<T> Moment<T>(int output, out TensorValue? tensor)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            if (isRms || !context.Wants(output))
            {
                tensor = null;
                return default;
            }

            Span<long> shape = stackalloc long[Broadcast.MaxRank];
            x.Shape.CopyTo(shape);
            shape[axis..x.Rank].Fill(1);
            tensor = context.Output(output, stash, shape[..x.Rank]);
            Span<T> room = RealSpans.Room<T>(context, tensor);
            room.Fill(T.NaN); // rows of no elements have no mean
            return room;
        }
    }
}
