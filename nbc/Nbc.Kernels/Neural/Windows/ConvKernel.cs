using System.Numerics;
using Nbc.Kernels.Neural.Products;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Neural.Windows;

/// <summary>Convolution over any number of axes, in groups.</summary>
/// <remarks>
/// Special values: no window fits: an empty result. A result of an image without channels is the bias.
/// Accuracy: float sums in blocks of 256 terms; float16 and bfloat16 compute in float and round once.
/// Source: ONNX operator Conv, version 22.
/// </remarks>
internal class ConvKernel(KernelAttributes attributes) : RealKernel
{
    private readonly WindowAttributes _window = new(attributes);
    private readonly long _groups = attributes.Int("group", 1) is var groups and > 0 and <= int.MaxValue
        ? groups : throw Operand.Attribute("group", attributes.Int("group", 1), "a number above 0");

    /// <summary>X and the result are [N, axes..., C]; the weights are as ever.</summary>
    protected virtual bool ChannelsLast => false;

    /// <summary>A tensor that the sums start from; null for zero.</summary>
    protected virtual TensorValue? Start(KernelContext context) => null;

    /// <summary>What is done to each result.</summary>
    protected virtual void Activate<T>(Span<T> values)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
    }

    protected override unsafe void Run<T>(KernelContext context, TensorValue x)
    {
        TensorValue w = context.Input(1);
        TensorValue? b = context.OptionalInput(2);
        Operand.ExpectType(w, x.Type, "W");
        Operand.Expect(x.Rank >= 3, x, "X", "three dimensions or more");
        Operand.ExpectRank(w, x.Rank, "W");
        int axisCount = x.Rank - 2;
        _window.ExpectAxes(axisCount);
        int channelAxis = ChannelsLast ? x.Rank - 1 : 1, firstAxis = ChannelsLast ? 1 : 2;
        int channels = (int)x.Shape[channelAxis];
        Operand.Expect(
            w.Shape[1] * _groups == channels && w.Shape[0] % _groups == 0, w, "W",
            $"{_groups} groups over {channels} channels");
        Span<WindowAxis> axes = stackalloc WindowAxis[axisCount];
        Span<long> shape = stackalloc long[x.Rank];
        (shape[0], shape[channelAxis]) = (x.Shape[0], w.Shape[0]);
        for (int i = 0; i < axisCount; i++)
        {
            long kernel = w.Shape[i + 2];
            Operand.Expect(
                kernel > 0 && (_window.Kernel is not { } given || given[i] == kernel), w, "W",
                $"a kernel of {(_window.Kernel is { } expected ? Shapes.Text(expected) : "1 or more")}");
            axes[i] = WindowAxis.Of(_window, i, axisCount, x.Shape[i + firstAxis], kernel);
            shape[i + firstAxis] = axes[i].Count;
        }

        if (b is not null)
        {
            Operand.ExpectType(b, x.Type, "B");
            Operand.ExpectShape(b, "B", w.Shape[0]);
        }

        TensorValue result = context.Output(0, x.Type, shape);
        if (result.Count == 0)
        {
            return;
        }

        Span<T> output = Reals.Room<T>(context, result), target = output, source = Reals.Read<T>(context, x);
        if (ChannelsLast)
        {
            source = Turned<T>(context, source, (int)x.Shape[0], channels);
            target = ConstantMatrix.Room<T>(context, output.Length);
        }

        bool add = AddStart(context, target, result);
        Convolution<T> convolution = new(context, axes, channels, (int)w.Shape[0], (int)_groups);
        convolution.Run(
            ConstantMatrix.First(source), (int)x.Shape[0], ConstantMatrix.First(Reals.Read<T>(context, w)),
            b is null ? [] : Reals.Read<T>(context, b), ConstantMatrix.First(target), add);
        Activate(target);
        if (ChannelsLast)
        {
            Transpose<T>(target, output, (int)x.Shape[0], (int)w.Shape[0]);
        }

        Reals.Write<T>(output, result);
    }

    private static Span<T> Turned<T>(KernelContext context, ReadOnlySpan<T> source, int count, int channels)
        where T : unmanaged
    {
        Span<T> target = ConstantMatrix.Room<T>(context, source.Length);
        int size = channels == 0 || count == 0 ? 0 : source.Length / count / channels;
        for (int i = 0; i < source.Length; i++)
        {
            int image = i / (size * channels), place = i / channels % size;
            target[(((image * channels) + (i % channels)) * size) + place] = source[i];
        }

        return target;
    }

    // [count, channels, size] to [count, size, channels].
    private static void Transpose<T>(ReadOnlySpan<T> source, Span<T> target, int count, int channels)
    {
        int size = source.Length / count / channels;
        for (int i = 0; i < target.Length; i++)
        {
            int image = i / (size * channels), place = i / channels % size;
            target[i] = source[(((image * channels) + (i % channels)) * size) + place];
        }
    }

    private bool AddStart<T>(KernelContext context, Span<T> output, TensorValue result)
        where T : unmanaged
    {
        if (Start(context) is not { } start)
        {
            return false;
        }

        Operand.ExpectType(start, result.Type, "Z");
        Operand.ExpectShape(start, "Z", result.Shape);
        Reals.Read<T>(context, start).CopyTo(output);
        return true;
    }
}
