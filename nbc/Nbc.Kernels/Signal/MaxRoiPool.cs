using System.Numerics;
using Nbc.Kernels.Movement;
using Nbc.Values;

namespace Nbc.Kernels.Signal;

/// <summary>Regions of a picture, each brought to one size by the largest element of each bin.</summary>
/// <remarks>
/// Shape: x [n, c, h, w], rois [r, 5] as batch, x1, y1, x2, y2 to [r, c, pooled height, pooled width].
/// Meaning: borders are rounded to whole elements and belong to the region. An empty bin is 0.
/// Source: ONNX operator MaxRoiPool, version 22.
/// </remarks>
internal sealed class MaxRoiPool : Kernel
{
    private readonly long _height;
    private readonly long _width;
    private readonly double _scale;

    public MaxRoiPool(KernelAttributes attributes)
    {
        attributes.Require("pooled_shape");
        _scale = attributes.Float("spatial_scale", 1);
        (_height, _width) = attributes.Ints("pooled_shape") is [>= 1 and var height, >= 1 and var width]
            ? (height, width)
            : throw new KernelException(KernelFault.WrongAttribute, "pooled_shape is not a height and a width");
    }

    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        TensorValue rois = context.Input(1);
        FloatWork.CheckFloat(x, "X");
        FloatWork.CheckFloat(rois, "rois");
        Dimensions.CheckRank(x, 4, "X");
        if (rois.Rank != 2 || rois.Shape[1] != 5)
        {
            throw new KernelException(KernelFault.WrongShape, $"rois are {rois}, not rows of five numbers");
        }

        for (int i = 0; i < rois.Count; i++)
        {
            double number = Scalars.ToDouble(rois, i);
            bool isFine = i % 5 == 0 ? number >= 0 && number < x.Shape[0]
                : Math.Abs(number * _scale) < int.MaxValue / 4;
            if (!isFine)
            {
                throw new KernelException(KernelFault.OutOfRange, $"region {i / 5} names {number}");
            }
        }

        TensorValue y = context.Output(0, x.Type, rois.Shape[0], x.Shape[1], _height, _width);
        if (x.Count == 0 || y.Count == 0)
        {
            ElementMove.Clear(y);
            return;
        }

        Pool pool = new(context, this, x, rois);
        FloatWork.Run(context, ref pool, x, y);
    }

    private readonly ref struct Pool(KernelContext context, MaxRoiPool pool, TensorValue x, TensorValue rois)
        : IFloatWork
    {
        public void Run<T>(ReadOnlySpan<T> source, Span<T> target)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            int channels = (int)x.Shape[1], height = (int)x.Shape[2], width = (int)x.Shape[3], at = 0;
            for (int roi = 0; roi < (int)rois.Shape[0]; roi++)
            {
                int batch = (int)Scalars.ToDouble(rois, 5 * roi);
                (int left, int wide) = Extent(roi, 1);
                (int top, int high) = Extent(roi, 2);
                for (int c = 0; c < channels; c++)
                {
                    ReadOnlySpan<T> picture = source.Slice(((batch * channels) + c) * height * width, height * width);
                    for (int row = 0; row < pool._height; row++)
                    {
                        (int from, int to) = Bin(row, high, (int)pool._height, top, height);
                        for (int column = 0; column < pool._width; column++)
                        {
                            (int first, int last) = Bin(column, wide, (int)pool._width, left, width);
                            target[at++] = Largest(picture, from, to, first, last, width);
                        }
                    }

                    context.ThrowIfCancelled();
                }
            }
        }

        private (int Start, int Size) Extent(int roi, int first)
        {
            double start = Whole(Scalars.ToDouble(rois, (5 * roi) + first) * pool._scale);
            double end = Whole(Scalars.ToDouble(rois, (5 * roi) + first + 2) * pool._scale);
            return ((int)start, (int)Math.Max(end - start + 1, 1));
        }

        private static double Whole(double place) => Math.Round(place, MidpointRounding.AwayFromZero);

        private static (int From, int To) Bin(int bin, int size, int bins, int start, int limit)
        {
            double step = (double)size / bins;
            int from = (int)Math.Floor(bin * step) + start, to = (int)Math.Ceiling((bin + 1) * step) + start;
            return (Math.Clamp(from, 0, limit), Math.Clamp(to, 0, limit));
        }

        private static T Largest<T>(ReadOnlySpan<T> picture, int from, int to, int first, int last, int width)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            T largest = to <= from || last <= first ? T.Zero : T.NegativeInfinity;
            for (int row = from; row < to; row++)
            {
                for (int column = first; column < last; column++)
                {
                    largest = T.Max(largest, picture[(row * width) + column]);
                }
            }

            return largest;
        }
    }
}
