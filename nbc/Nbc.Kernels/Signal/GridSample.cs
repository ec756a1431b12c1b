using System.Numerics;
using Nbc.Kernels.Movement;
using Nbc.Values;

namespace Nbc.Kernels.Signal;

/// <summary>Elements at the places that a grid names, taken or interpolated.</summary>
/// <remarks>
/// Shape: [n, c, d...] and a grid [n, e..., rank of d] to [n, c, e...]; the grid names the innermost axis first.
/// Meaning: -1 and 1 are the borders of an axis: the middles of the outermost elements with align_corners, else their
/// outer edges. Outside, padding_mode zeros has 0, border the outermost element, reflection mirrors at the borders.
/// Special values: a place that is NaN counts as the lower border.
/// Accuracy: places and weights in double. Mode nearest takes the even one of two as near, of three axes the outer.
/// Bound: up to six axes.
/// Source: ONNX operator GridSample, version 22.
/// </remarks>
internal sealed class GridSample(KernelAttributes attributes) : Kernel
{
    private const int MaxAxes = 6;

    private readonly GridPlaces _places = new(attributes);

    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        TensorValue grid = context.Input(1);
        FloatWork.CheckFloat(grid, "grid");
        int axes = Dimensions.Rank(x) - 2;
        bool fits = axes >= 1 && grid.Rank == x.Rank && grid.Shape[^1] == axes && grid.Shape[0] == x.Shape[0];
        if (!fits || axes > MaxAxes)
        {
            throw new KernelException(fits ? KernelFault.Unsupported : KernelFault.WrongShape,
                $"grid {grid} does not name places in {x}, of up to {MaxAxes} axes");
        }

        Span<long> shape = stackalloc long[x.Rank];
        x.Shape[..2].CopyTo(shape);
        grid.Shape[1..^1].CopyTo(shape[2..]);
        TensorValue y = context.Output(0, x.Type, shape);
        if (x.Count == 0)
        {
            ElementMove.Clear(y);
        }
        else if (y.Count > 0 && _places.IsNearest)
        {
            ElementMove.Clear(y);
            Take take = new(context, _places, x, grid);
            ElementMove.Run(ref take, x, y);
        }
        else if (y.Count > 0)
        {
            Interpolate interpolate = new(context, _places, x, grid);
            FloatWork.Run(context, ref interpolate, x, y);
        }
    }

    private readonly ref struct Take(KernelContext context, GridPlaces places, TensorValue x, TensorValue grid)
        : IElementMove
    {
        public void Move<T>(ReadOnlySpan<T> source, Span<T> target)
        {
            int axes = x.Rank - 2, channels = (int)x.Shape[1], batches = (int)x.Shape[0];
            int size = source.Length / (batches * channels), points = target.Length / (batches * channels);
            Span<int> offset = stackalloc int[1];
            Span<double> weight = stackalloc double[1];
            for (int batch = 0; batch < batches; batch++)
            {
                for (int point = 0; point < points; point++)
                {
                    places.Find(grid, ((batch * points) + point) * axes, x.Shape[2..], offset, weight);
                    for (int c = 0; c < channels && offset[0] >= 0; c++)
                    {
                        int plane = (batch * channels) + c;
                        target[(plane * points) + point] = source[(plane * size) + offset[0]];
                    }
                }

                context.ThrowIfCancelled();
            }
        }
    }

    private readonly ref struct Interpolate(KernelContext context, GridPlaces places, TensorValue x, TensorValue grid)
        : IFloatWork
    {
        private const int Block = 1 << 12;

        public void Run<T>(ReadOnlySpan<T> source, Span<T> target)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            int axes = x.Rank - 2, channels = (int)x.Shape[1], batches = (int)x.Shape[0];
            int size = source.Length / (batches * channels), points = target.Length / (batches * channels);
            int taps = places.Taps(axes);
            Span<int> offsets = FloatWork.Room<int>(context, taps);
            Span<double> weights = FloatWork.Room<double>(context, taps);
            for (int at = 0; at < batches * points; at++)
            {
                int batch = at / points, point = at % points;
                places.Find(grid, at * axes, x.Shape[2..], offsets, weights);
                for (int c = 0; c < channels; c++)
                {
                    int plane = (batch * channels) + c;
                    ReadOnlySpan<T> from = source.Slice(plane * size, size);
                    double sum = 0;
                    for (int tap = 0; tap < taps; tap++)
                    {
                        sum += offsets[tap] < 0 ? 0 : weights[tap] * double.CreateTruncating(from[offsets[tap]]);
                    }

                    target[(plane * points) + point] = T.CreateTruncating(sum);
                }

                if ((at & (Block - 1)) == 0)
                {
                    context.ThrowIfCancelled();
                }
            }
        }
    }
}
