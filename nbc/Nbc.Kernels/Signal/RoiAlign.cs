using System.Numerics;
using Nbc.Kernels.Movement;
using Nbc.Values;

namespace Nbc.Kernels.Signal;

/// <summary>Regions of a picture, each brought to one size by averaging or maximising interpolated samples.</summary>
/// <remarks>
/// Shape: x [n, c, h, w], rois [r, 4] as x1, y1, x2, y2, batch_indices [r] to [r, c, output_height, output_width].
/// Meaning: each bin has sampling_ratio squared samples, of 0 as many as there are elements in it. A sample more than
/// one element outside the picture is 0. Mode max takes the largest of the weighted neighbours, not of the samples,
/// as ONNX does.
/// Bound: 65,536 samples a bin along each axis.
/// Accuracy: computed in double.
/// Source: ONNX operator RoiAlign, version 22.
/// </remarks>
internal sealed class RoiAlign : Kernel
{
    private const double MaxSamples = 1 << 16;

    private readonly bool _isHalfPixel;
    private readonly bool _isMax;
    private readonly long _height;
    private readonly long _width;
    private readonly long _samples;
    private readonly double _scale;

    public RoiAlign(KernelAttributes attributes)
    {
        _isHalfPixel = attributes.Choice(
            "coordinate_transformation_mode", "half_pixel", "output_half_pixel") == 0;
        _isMax = attributes.Choice("mode", "avg", "max") == 1;
        _height = attributes.Int("output_height", 1);
        _width = attributes.Int("output_width", 1);
        _samples = attributes.Int("sampling_ratio", 0);
        _scale = attributes.Float("spatial_scale", 1);
        if (_height < 1 || _width < 1 || _samples is < 0 or > (long)MaxSamples)
        {
            throw new KernelException(
                KernelFault.WrongAttribute, $"a size of {_height} by {_width} with {_samples} samples");
        }
    }

    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        TensorValue rois = context.Input(1);
        TensorValue batches = context.Input(2);
        FloatWork.CheckFloat(x, "X");
        FloatWork.CheckFloat(rois, "rois");
        Dimensions.CheckRank(x, 4, "X");
        if (rois.Rank != 2 || rois.Shape[1] != 4 || batches.Rank != 1 || batches.Count != rois.Shape[0])
        {
            throw new KernelException(
                KernelFault.WrongShape, $"rois {rois} and batch_indices {batches} do not name regions");
        }

        Indices numbers = new(batches);
        for (int i = 0; i < batches.Count; i++)
        {
            if (numbers.At(i, x.Shape[0]) != numbers[i])
            {
                throw new KernelException(KernelFault.OutOfRange, $"batch index {numbers[i]} is negative");
            }
        }

        TensorValue y = context.Output(0, x.Type, rois.Shape[0], x.Shape[1], _height, _width);
        if (x.Count == 0 || y.Count == 0)
        {
            ElementMove.Clear(y);
            return;
        }

        Pool pool = new(context, this, x, rois, batches);
        FloatWork.Run(context, ref pool, x, y);
    }

    private RoiBins Bins(TensorValue rois, int roi)
    {
        double offset = _isHalfPixel ? 0.5 : 0;
        double left = (Scalars.ToDouble(rois, 4 * roi) * _scale) - offset;
        double top = (Scalars.ToDouble(rois, (4 * roi) + 1) * _scale) - offset;
        double width = (Scalars.ToDouble(rois, (4 * roi) + 2) * _scale) - offset - left;
        double height = (Scalars.ToDouble(rois, (4 * roi) + 3) * _scale) - offset - top;
        if (!_isHalfPixel)
        {
            (width, height) = (Math.Max(width, 1), Math.Max(height, 1));
        }

        double high = height / _height, wide = width / _width;
        double rows = _samples > 0 ? _samples : Math.Ceiling(high);
        double columns = _samples > 0 ? _samples : Math.Ceiling(wide);
        bool isFine = double.IsFinite(left) && double.IsFinite(top) && rows <= MaxSamples && columns <= MaxSamples;
        return isFine
            ? new RoiBins(left, top, wide, high, (int)Math.Max(rows, 0), (int)Math.Max(columns, 0))
            : throw new KernelException(KernelFault.OutOfRange, $"region {roi} is not finite, or far too large");
    }

    private readonly record struct RoiBins(
        double Left, double Top, double Width, double Height, int Rows, int Columns);

    private readonly ref struct Pool(
        KernelContext context, RoiAlign align, TensorValue x, TensorValue rois, TensorValue batches) : IFloatWork
    {
        public void Run<T>(ReadOnlySpan<T> source, Span<T> target)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            int channels = (int)x.Shape[1], plane = (int)(x.Shape[2] * x.Shape[3]), at = 0;
            for (int roi = 0; roi < batches.Count; roi++)
            {
                RoiBins bins = align.Bins(rois, roi);
                int first = (int)new Indices(batches)[roi] * channels;
                for (int c = 0; c < channels; c++)
                {
                    ReadOnlySpan<T> picture = source.Slice((first + c) * plane, plane);
                    for (int row = 0; row < align._height; row++)
                    {
                        for (int column = 0; column < align._width; column++)
                        {
                            target[at++] = T.CreateTruncating(Bin(picture, bins, row, column));
                        }
                    }

                    context.ThrowIfCancelled();
                }
            }
        }

        private double Bin<T>(ReadOnlySpan<T> picture, RoiBins bins, int row, int column)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            double sum = 0, largest = double.NaN;
            for (int r = 0; r < bins.Rows; r++)
            {
                double top = bins.Top + (row * bins.Height) + ((r + 0.5) * bins.Height / bins.Rows);
                for (int c = 0; c < bins.Columns; c++)
                {
                    double left = bins.Left + (column * bins.Width) + ((c + 0.5) * bins.Width / bins.Columns);
                    (double total, double most) = Sample(picture, top, left);
                    sum += total;
                    largest = r == 0 && c == 0 ? most : Math.Max(largest, most);
                }

                context.ThrowIfCancelled();
            }

            int count = bins.Rows * bins.Columns;
            return count == 0 ? 0 : align._isMax ? largest : sum / count;
        }

        // The weighted neighbours: their sum, and the largest of them.
        private (double Sum, double Largest) Sample<T>(ReadOnlySpan<T> picture, double top, double left)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            int height = (int)x.Shape[2], width = (int)x.Shape[3];
            if (top < -1 || top > height || left < -1 || left > width)
            {
                return (0, 0);
            }

            (int row, int below, double down) = Neighbours(top, height);
            (int column, int beside, double right) = Neighbours(left, width);
            double a = At(picture, row, column) * (1 - down) * (1 - right);
            double b = At(picture, row, beside) * (1 - down) * right;
            double c = At(picture, below, column) * down * (1 - right);
            double d = At(picture, below, beside) * down * right;
            return (a + b + c + d, Math.Max(Math.Max(a, b), Math.Max(c, d)));

            double At(ReadOnlySpan<T> from, int r, int s) => double.CreateTruncating(from[(r * width) + s]);
        }

        private static (int Low, int High, double Ratio) Neighbours(double place, int size)
        {
            place = Math.Max(place, 0);
            int low = (int)place;
            return low >= size - 1 ? (size - 1, size - 1, 0) : (low, low + 1, place - low);
        }
    }
}
