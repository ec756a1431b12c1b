using System.Numerics;
using Nbc.Kernels.Movement;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Signal;

/// <summary>A tensor with more or fewer elements along its axes, taken or interpolated from those there are.</summary>
/// <remarks>
/// Meaning: mode nearest takes elements, whatever they are; linear and cubic weight those around, axis by axis.
/// Special values: where tf_crop_and_resize looks outside the operand, extrapolation_value.
/// Accuracy: places and weights in double, sums in the type (float16 and bfloat16: in float32).
/// Source: ONNX operator Resize, version 19.
/// </remarks>
internal sealed class Resize : Kernel
{
    private const int Nearest = 0, Cubic = 2;
    private const int RoundPreferFloor = 0, RoundPreferCeil = 1, Floor = 2;

    private readonly ResizeGeometry _geometry;
    private readonly ResizeTaps _taps;
    private readonly int _mode;
    private readonly int _rounding;
    private readonly double _extrapolation;

    public Resize(KernelAttributes attributes)
    {
        _mode = attributes.Choice("mode", "nearest", "linear", "cubic");
        _rounding = attributes.Choice("nearest_mode", "round_prefer_floor", "round_prefer_ceil", "floor", "ceil");
        _extrapolation = attributes.Float("extrapolation_value", 0);
        _geometry = new ResizeGeometry(attributes);
        _taps = new ResizeTaps(attributes, _mode == Cubic);
    }

    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        int rank = Dimensions.Rank(x);
        Span<ResizeAxis> axes = stackalloc ResizeAxis[rank];
        _geometry.Read(context, x, axes);
        Span<long> shape = stackalloc long[rank];
        for (int i = 0; i < rank; i++)
        {
            shape[i] = axes[i].In > 0 || axes[i].Out == 0 ? axes[i].Out : throw new KernelException(
                KernelFault.WrongShape, $"axis {i} of {x} has nothing to make {axes[i].Out} elements of");
        }

        TensorValue y = context.Output(0, x.Type, shape);
        if (y.Count == 0)
        {
            return;
        }

        if (_mode == Nearest)
        {
            Take take = new(context, this, x, axes);
            ElementMove.Run(ref take, x, y);
        }
        else
        {
            Interpolate interpolate = new(context, this, axes);
            FloatWork.Run(context, ref interpolate, x, y);
        }

        if (_geometry.Crops)
        {
            Extrapolate(y, axes);
        }
    }

    private void Extrapolate(TensorValue y, ReadOnlySpan<ResizeAxis> axes)
    {
        for (int a = 0; a < axes.Length; a++)
        {
            int inner = Dimensions.Count(y.Shape[(a + 1)..]), outer = Dimensions.Count(y.Shape[..a]);
            for (int i = 0; i < axes[a].Out; i++)
            {
                double source = _geometry.Source(axes[a], i);
                if (source >= 0 && source <= axes[a].In - 1)
                {
                    continue;
                }

                for (int at = 0; at < outer * inner; at++)
                {
                    long place = (((at / inner * axes[a].Out) + i) * inner) + (at % inner);
                    Scalars.Put(y, (int)place, _extrapolation);
                }
            }
        }
    }

    private int NearestOf(in ResizeAxis axis, int place)
    {
        double x = _geometry.IsIdentity(axis) ? place : _geometry.Source(axis, place);
        double rounded = _rounding switch
        {
            RoundPreferFloor => Math.Ceiling(x - 0.5),
            RoundPreferCeil => Math.Floor(x + 0.5),
            Floor => Math.Floor(x),
            _ => Math.Ceiling(x),
        };
        return (int)Math.Clamp(rounded, 0, axis.In - 1);
    }

    // Row by row: the offset of the row from its other coordinates, then the innermost axis from a table.
    private readonly ref struct Take(
        KernelContext context, Resize resize, TensorValue x, ReadOnlySpan<ResizeAxis> axes) : IElementMove
    {
        private readonly ReadOnlySpan<ResizeAxis> _axes = axes;

        public void Move<T>(ReadOnlySpan<T> source, Span<T> target)
        {
            int rank = _axes.Length;
            if (rank == 0)
            {
                source.CopyTo(target);
                return;
            }

            Span<long> steps = stackalloc long[rank];
            Span<int> starts = stackalloc int[rank];
            Span<int> index = stackalloc int[rank];
            Shapes.Strides(x.Shape, steps);
            Span<int> offsets = Offsets(steps, starts);
            index.Clear();
            int width = (int)_axes[^1].Out;
            ReadOnlySpan<int> columns = offsets[starts[^1]..];
            for (int at = 0; at < target.Length; at += width)
            {
                int row = 0;
                for (int a = 0; a < rank - 1; a++)
                {
                    row += offsets[starts[a] + index[a]];
                }

                for (int i = 0; i < width; i++)
                {
                    target[at + i] = source[row + columns[i]];
                }

                context.ThrowIfCancelled();
                for (int a = rank - 2; a >= 0 && ++index[a] == _axes[a].Out; a--)
                {
                    index[a] = 0;
                }
            }
        }

        private Span<int> Offsets(ReadOnlySpan<long> steps, Span<int> starts)
        {
            long sum = 0;
            for (int a = 0; a < _axes.Length; a++)
            {
                starts[a] = (int)sum;
                sum += _axes[a].Out;
            }

            Span<int> offsets = FloatWork.Room<int>(context, sum);
            for (int a = 0; a < _axes.Length; a++)
            {
                for (int i = 0; i < _axes[a].Out; i++)
                {
                    offsets[starts[a] + i] = (int)(resize.NearestOf(_axes[a], i) * steps[a]);
                }
            }

            return offsets;
        }
    }

    // One pass for each axis that changes; the operand of the next is what the last one made.
    private readonly ref struct Interpolate(KernelContext context, Resize resize, ReadOnlySpan<ResizeAxis> axes)
        : IFloatWork
    {
        private readonly ReadOnlySpan<ResizeAxis> _axes = axes;

        public void Run<T>(ReadOnlySpan<T> x, Span<T> y)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            ReadOnlySpan<T> from = x;
            for (int a = _axes.Length - 1; a >= 0; a--)
            {
                if (resize._geometry.IsIdentity(_axes[a]))
                {
                    continue;
                }

                long outer = 1, inner = 1;
                for (int i = 0; i < _axes.Length; i++)
                {
                    outer *= i < a ? _axes[i].In : 1;
                    inner *= i > a ? _axes[i].Out : 1;
                }

                Span<T> to = FloatWork.Room<T>(context, checked(outer * _axes[a].Out * inner));
                Pass(_axes[a], from, to, (int)outer, (int)inner);
                from = to;
            }

            from.CopyTo(y);
        }

        private void Pass<T>(in ResizeAxis axis, ReadOnlySpan<T> from, Span<T> to, int outer, int inner)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            long count = resize._taps.Count(axis);
            Span<int> places = FloatWork.Room<int>(context, checked(axis.Out * count));
            Span<double> exact = FloatWork.Room<double>(context, checked(axis.Out * count));
            Span<bool> outside = FloatWork.Room<bool>(context, axis.Out);
            resize._taps.Fill(resize._geometry, axis, places, exact, outside);
            Span<T> weights = FloatWork.Room<T>(context, exact.Length);
            for (int i = 0; i < weights.Length; i++)
            {
                weights[i] = T.CreateTruncating(exact[i]);
            }

            int taps = (int)count, size = (int)axis.In, made = outside.Length;
            for (int o = 0; o < outer; o++)
            {
                ReadOnlySpan<T> block = from.Slice(o * size * inner, size * inner);
                Span<T> rows = to.Slice(o * made * inner, made * inner);
                if (inner == 1)
                {
                    Single(block, places, weights, taps, rows);
                }
                else
                {
                    Rows(block, places, weights, taps, rows, inner);
                }

                context.ThrowIfCancelled();
            }
        }

        private static void Single<T>(
            ReadOnlySpan<T> from, ReadOnlySpan<int> places, ReadOnlySpan<T> weights, int taps, Span<T> to)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            for (int i = 0; i < to.Length; i++)
            {
                T sum = T.Zero;
                for (int tap = i * taps; tap < (i + 1) * taps; tap++)
                {
                    sum += T.IsZero(weights[tap]) ? T.Zero : from[places[tap]] * weights[tap];
                }

                to[i] = sum;
            }
        }

        private static void Rows<T>(
            ReadOnlySpan<T> from, ReadOnlySpan<int> places, ReadOnlySpan<T> weights, int taps, Span<T> to, int inner)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            to.Clear();
            for (int tap = 0; tap < places.Length; tap++)
            {
                Add(from.Slice(places[tap] * inner, inner), weights[tap], to.Slice(tap / taps * inner, inner));
            }
        }

        // A tap of no weight adds nothing, even where it falls on NaN or infinity.
        private static void Add<T>(ReadOnlySpan<T> from, T weight, Span<T> row)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            if (T.IsZero(weight))
            {
                return;
            }

            for (int i = 0; i < row.Length; i++)
            {
                row[i] += from[i] * weight;
            }
        }
    }
}
