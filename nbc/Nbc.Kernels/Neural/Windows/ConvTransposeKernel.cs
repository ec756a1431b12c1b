using System.Numerics;
using System.Runtime.InteropServices;
using Nbc.Kernels.Neural.Products;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Neural.Windows;

/// <summary>The transpose of a convolution: each element spreads over a window of the result.</summary>
/// <remarks>
/// Shape: W is [channels, outputs / groups, kernel...].
/// Special values: a window that a pad cuts off counts nothing; where no window reaches, the result is the bias.
/// Cost: a product for each output channel, then a sum over its windows.
/// Source: ONNX operator ConvTranspose, version 22.
/// </remarks>
internal class ConvTransposeKernel(KernelAttributes attributes) : RealKernel
{
    private readonly WindowAttributes _window = new(attributes);
    private readonly long[]? _outputPadding = attributes.Ints("output_padding");
    private readonly long[]? _outputShape = attributes.Ints("output_shape");
    private readonly long _groups = attributes.Int("group", 1) is var groups and > 0 and <= int.MaxValue
        ? groups : throw Operand.Attribute("group", attributes.Int("group", 1), "a number above 0");

    /// <summary>Which operand is the bias.</summary>
    protected virtual int BiasInput => 2;

    /// <summary>Pads that come as an operand; null when they are an attribute.</summary>
    protected virtual TensorValue? Pads(KernelContext context) => null;

    protected override unsafe void Run<T>(KernelContext context, TensorValue x)
    {
        TensorValue w = context.Input(1);
        TensorValue? b = context.OptionalInput(BiasInput);
        Operand.ExpectType(w, x.Type, "W");
        Operand.Expect(x.Rank >= 3, x, "X", "three dimensions or more");
        Operand.ExpectRank(w, x.Rank, "W");
        int axisCount = x.Rank - 2;
        _window.ExpectAxes(axisCount);
        Operand.Expect(
            w.Shape[0] == x.Shape[1] && x.Shape[1] % _groups == 0, w, "W",
            $"{x.Shape[1]} channels in {_groups} groups");
        Span<WindowAxis> axes = stackalloc WindowAxis[axisCount];
        Span<long> shape = stackalloc long[x.Rank];
        (shape[0], shape[1]) = (x.Shape[0], checked(w.Shape[1] * _groups));
        for (int i = 0; i < axisCount; i++)
        {
            Operand.Expect(
                w.Shape[i + 2] > 0 && (_window.Kernel is not { } given || given[i] == w.Shape[i + 2]), w, "W",
                $"a kernel of {(_window.Kernel is { } expected ? Shapes.Text(expected) : "1 or more")}");
            axes[i] = Axis(i, axisCount, (int)x.Shape[i + 2], (int)w.Shape[i + 2], Pads(context), out shape[i + 2]);
        }

        if (b is not null)
        {
            Operand.ExpectType(b, x.Type, "B");
            Operand.ExpectShape(b, "B", shape[1]);
        }

        TensorValue result = context.Output(0, x.Type, shape);
        if (result.Count > 0)
        {
            Span<T> output = Reals.Room<T>(context, result);
            Spread<T>(context, (x, w, b), axes, shape, output);
            Reals.Write<T>(output, result);
        }
    }

    // Windows of the result, one for each element of X; Size is the result with its pads left out.
    private WindowAxis Axis(int i, int axes, int size, int kernel, TensorValue? givenPads, out long result)
    {
        long stride = _window.Strides?[i] ?? 1, dilation = _window.Dilations?[i] ?? 1;
        long extra = At(_outputPadding, i, axes, "output_padding") ?? 0;
        long whole = checked((stride * (size - 1L)) + extra + ((kernel - 1L) * dilation) + 1);
        bool same = _window.AutoPad is AutoPad.SameUpper or AutoPad.SameLower;
        long? wanted = _outputShape is { } full && full.Length == axes + 2
            ? full[i + 2] : At(_outputShape, i, axes, "output_shape");
        wanted ??= same ? size * stride : null;
        long before = 0;
        if (wanted is { } target)
        {
            long pad = whole - target;
            before = _window.AutoPad == AutoPad.SameUpper ? pad / 2 : pad - (pad / 2);
            before = pad < 0 ? 0 : before;
            result = target;
        }
        else
        {
            long after = 0;
            if (givenPads is { } tensor)
            {
                Operand.ExpectShape(tensor, "pads", 2 * axes);
                (before, after) = (Operand.WholeAt(tensor, i), Operand.WholeAt(tensor, axes + i));
            }
            else if (_window.AutoPad == AutoPad.NotSet && _window.Pads is { } pads)
            {
                (before, after) = (pads[i], pads[axes + i]);
            }

            result = size == 0 ? 0 : Math.Max(0, checked(whole - before - after));
        }

        return new WindowAxis(
            checked((int)result), kernel, (int)stride, (int)dilation, checked((int)before), 0, size);
    }

    private static long? At(long[]? values, int i, int axes, string name) =>
        values is null ? null
        : values.Length == axes && values[i] >= 0 ? values[i]
        : throw Operand.Attribute(name, Shapes.Text(values), $"{axes} numbers of 0 or more");

    private unsafe void Spread<T>(
        KernelContext context, (TensorValue X, TensorValue W, TensorValue? B) operands, ReadOnlySpan<WindowAxis> axes,
        ReadOnlySpan<long> shape, Span<T> output)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        WindowTable table = new(context, axes);
        int inner = (int)(shape[1] / _groups), channels = (int)(operands.X.Shape[1] / _groups);
        int windows = table.Windows.Length, elements = table.Elements.Length;
        T* x = ConstantMatrix.First(Reals.Read<T>(context, operands.X));
        T* w = ConstantMatrix.First(Reals.Read<T>(context, operands.W));
        ReadOnlySpan<T> bias = operands.B is null ? [] : Reals.Read<T>(context, operands.B);
        T* packed = Room<T>(context, MatrixProduct<T>.PackedCount(Math.Max(channels, 1), Math.Max(windows, 1)));
        T* columns = Room<T>(context, checked((long)elements * windows));
        Span<T> plane = new(Room<T>(context, table.PaddedCount), table.PaddedCount);
        int resultCount = table.Count;
        for (int image = 0; image < shape[0] * _groups; image++)
        {
            int group = image % (int)_groups;
            Matrix<T> right = Matrix<T>.Dense(x + ((long)image * channels * windows), channels, windows);
            MatrixProduct<T>.Pack(right, packed);
            for (int o = 0; o < inner; o++)
            {
                T* weights = w + ((((long)group * channels * inner) + o) * elements);
                MatrixProduct<T>.Multiply(
                    context, new Matrix<T>(weights, elements, channels, 1, (long)inner * elements),
                    new PackedMatrix<T>(packed, channels, windows), columns, windows, false, T.One);
                plane.Clear();
                for (int k = 0; k < elements; k++)
                {
                    Scatter(new ReadOnlySpan<T>(columns + ((long)k * windows), windows), table.Windows,
                        plane[table.Elements[k]..]);
                }

                int channel = (group * inner) + o;
                Span<T> target = output.Slice((int)(((image / _groups * shape[1]) + channel) * resultCount),
                    resultCount);
                target.Fill(bias.IsEmpty ? T.Zero : bias[channel]);
                Crop(plane, axes, target);
            }
        }
    }

    private static unsafe T* Room<T>(KernelContext context, long count)
        where T : unmanaged =>
        ConstantMatrix.First(MemoryMarshal.Cast<byte, T>(context.Scratch(checked(count * sizeof(T)))));

    private static void Scatter<T>(ReadOnlySpan<T> values, ReadOnlySpan<int> places, Span<T> plane)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < values.Length; i++)
        {
            plane[places[i]] += values[i];
        }
    }

    // Adds the part of the plane that the pads leave; what lies outside of the plane stays as it is.
    private static void Crop<T>(ReadOnlySpan<T> plane, ReadOnlySpan<WindowAxis> axes, Span<T> target)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Span<long> index = stackalloc long[axes.Length];
        index.Clear();
        for (int i = 0; i < target.Length; i++)
        {
            long place = 0;
            bool inside = true;
            for (int axis = 0; axis < axes.Length; axis++)
            {
                long size = WindowTable.PaddedSize(axes[axis]), at = index[axis] + axes[axis].Before;
                inside &= at >= 0 && at < size;
                place = (place * size) + at;
            }

            if (inside)
            {
                target[i] += plane[(int)place];
            }

            for (int axis = axes.Length - 1; axis >= 0 && ++index[axis] == axes[axis].Size; axis--)
            {
                index[axis] = 0;
            }
        }
    }
}
