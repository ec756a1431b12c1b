using System.Numerics;
using System.Runtime.InteropServices;
using Nbc.Kernels.Neural.Products;
using Nbc.Values;

namespace Nbc.Kernels.Neural.Windows;

/// <summary>Convolution of images whose windows are bent: each element under a window is moved by an offset.</summary>
/// <remarks>
/// Shape: two axes. offset is [N, offset groups * kernel * 2, rows, columns] with the row before the column.
/// Meaning: what lies between pixels is weighed from the four around it; pixels outside are zero.
/// Special values: an offset that is not finite reads zero.
/// Source: ONNX operator DeformConv, version 22.
/// </remarks>
internal sealed class DeformConvKernel(KernelAttributes attributes) : RealKernel
{
    private readonly WindowAttributes _window = new(attributes);
    private readonly int _groups = Count(attributes, "group");
    private readonly int _offsetGroups = Count(attributes, "offset_group");

    private static int Count(KernelAttributes attributes, string name) =>
        attributes.Int(name, 1) is var count and > 0 and <= int.MaxValue
            ? (int)count : throw Operand.Attribute(name, attributes.Int(name, 1), "a number above 0");

    protected override unsafe void Run<T>(KernelContext context, TensorValue x)
    {
        TensorValue w = context.Input(1), offset = context.Input(2);
        TensorValue? b = context.OptionalInput(3), mask = context.OptionalInput(4);
        Operand.ExpectRank(x, 4, "X");
        Operand.ExpectRank(w, 4, "W");
        _window.ExpectAxes(2);
        Operand.Expect(
            w.Shape[1] * _groups == x.Shape[1] && w.Shape[0] % _groups == 0 && x.Shape[1] % _offsetGroups == 0
                && w.Shape[2] > 0 && w.Shape[3] > 0,
            w, "W", $"{_groups} groups and {_offsetGroups} offset groups over {x.Shape[1]} channels");
        WindowAxis rows = WindowAxis.Of(_window, 0, 2, x.Shape[2], w.Shape[2]);
        WindowAxis columns = WindowAxis.Of(_window, 1, 2, x.Shape[3], w.Shape[3]);
        int kernel = rows.Kernel * columns.Kernel;
        Check(x, w, "W", w.Shape);
        Check(x, offset, "offset", [x.Shape[0], 2L * _offsetGroups * kernel, rows.Count, columns.Count]);
        if (b is not null)
        {
            Check(x, b, "B", [w.Shape[0]]);
        }

        if (mask is not null)
        {
            Check(x, mask, "mask", [x.Shape[0], (long)_offsetGroups * kernel, rows.Count, columns.Count]);
        }

        TensorValue result = context.Output(0, x.Type, x.Shape[0], w.Shape[0], rows.Count, columns.Count);
        if (result.Count == 0)
        {
            return;
        }

        Span<T> output = Reals.Room<T>(context, result);
        ReadOnlySpan<T> bias = b is null ? [] : Reals.Read<T>(context, b);
        int windows = rows.Count * columns.Count, outputs = (int)w.Shape[0];
        for (int i = 0; i < result.Count; i += windows)
        {
            output.Slice(i, windows).Fill(bias.IsEmpty ? T.Zero : bias[i / windows % outputs]);
        }

        Samples<T> samples = new(
            Reals.Read<T>(context, x), Reals.Read<T>(context, offset), mask is null ? [] : Reals.Read<T>(context, mask),
            rows, columns);
        Sum(context, samples, x.Shape, Reals.Read<T>(context, w), output, outputs);
        Reals.Write<T>(output, result);
    }

    private static void Check(TensorValue x, TensorValue tensor, string name, ReadOnlySpan<long> shape)
    {
        Operand.ExpectType(tensor, x.Type, name);
        Operand.ExpectShape(tensor, name, shape);
    }

    private unsafe void Sum<T>(
        KernelContext context, Samples<T> samples, ReadOnlySpan<long> shape, Span<T> weights, Span<T> output,
        int outputs)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int channels = (int)shape[1], inner = channels / _groups, outer = outputs / _groups;
        int kernel = samples.KernelCount, windows = samples.WindowCount, depth = inner * kernel;
        Span<T> sampled = MemoryMarshal.Cast<byte, T>(
            context.Scratch(checked((long)depth * windows * sizeof(T))));
        T* room = MatrixProduct<T>.Room(context, depth, windows);
        for (int image = 0; image < shape[0]; image++)
        {
            for (int g = 0; g < _groups; g++)
            {
                for (int c = 0; c < inner; c++)
                {
                    int channel = (g * inner) + c, set = channel / (channels / _offsetGroups);
                    samples.Take(
                        (image * channels) + channel, (image * _offsetGroups) + set,
                        sampled.Slice(c * kernel * windows, kernel * windows));
                    context.ThrowIfCancelled();
                }

                MatrixProduct<T>.Multiply(
                    context, Matrix<T>.Dense(ConstantMatrix.First(weights) + ((long)g * outer * depth), outer, depth),
                    Matrix<T>.Dense(ConstantMatrix.First(sampled), depth, windows), room,
                    ConstantMatrix.First(output) + (((long)(image * _groups) + g) * outer * windows), windows, true,
                    T.One);
            }
        }
    }

    /// <summary>Reads images between their pixels.</summary>
    private readonly ref struct Samples<T>(
        ReadOnlySpan<T> images, ReadOnlySpan<T> offsets, ReadOnlySpan<T> mask, WindowAxis rows, WindowAxis columns)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly ReadOnlySpan<T> _images = images, _offsets = offsets, _mask = mask;

        public int KernelCount => rows.Kernel * columns.Kernel;

        public int WindowCount => rows.Count * columns.Count;

        /// <summary>Everything under the windows of one channel, by element, then by window.</summary>
        public void Take(int channel, int set, Span<T> target)
        {
            int windows = WindowCount, size = rows.Size * columns.Size;
            ReadOnlySpan<T> image = _images.Slice(channel * size, size);
            for (int k = 0; k < KernelCount; k++)
            {
                ReadOnlySpan<T> down = _offsets.Slice(((set * KernelCount) + k) * 2 * windows, windows);
                ReadOnlySpan<T> right = _offsets.Slice(((((set * KernelCount) + k) * 2) + 1) * windows, windows);
                ReadOnlySpan<T> weight = _mask.IsEmpty
                    ? [] : _mask.Slice(((set * KernelCount) + k) * windows, windows);
                for (int i = 0; i < windows; i++)
                {
                    long top = rows.Start(i / columns.Count) + ((long)(k / columns.Kernel) * rows.Dilation);
                    long left = columns.Start(i % columns.Count) + ((long)(k % columns.Kernel) * columns.Dilation);
                    T value = Between(image, T.CreateTruncating(top) + down[i], T.CreateTruncating(left) + right[i]);
                    target[(k * windows) + i] = weight.IsEmpty ? value : value * weight[i];
                }
            }
        }

        private T Between(ReadOnlySpan<T> image, T y, T x)
        {
            // The comparison is false for NaN, and keeps the conversions below in range.
            if (!(y > -T.One && y < T.CreateTruncating(rows.Size) && x > -T.One
                && x < T.CreateTruncating(columns.Size)))
            {
                return T.Zero;
            }

            T top = T.Floor(y), left = T.Floor(x), down = y - top, right = x - left;
            int row = int.CreateTruncating(top), column = int.CreateTruncating(left);
            return (At(image, row, column) * (T.One - down) * (T.One - right))
                + (At(image, row, column + 1) * (T.One - down) * right)
                + (At(image, row + 1, column) * down * (T.One - right))
                + (At(image, row + 1, column + 1) * down * right);
        }

        private T At(ReadOnlySpan<T> image, int row, int column) =>
            (uint)row < (uint)rows.Size && (uint)column < (uint)columns.Size
                ? image[(row * columns.Size) + column] : T.Zero;
    }
}
