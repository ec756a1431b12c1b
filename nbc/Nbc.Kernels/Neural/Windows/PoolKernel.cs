using System.Numerics;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Neural.Windows;

/// <summary>The frame of pools over sliding windows: shapes, types, one channel after the other.</summary>
internal abstract class PoolKernel : Kernel
{
    private readonly WindowAttributes _window;

    protected PoolKernel(KernelAttributes attributes)
    {
        _window = new WindowAttributes(attributes);
        if (_window.Kernel is null)
        {
            throw Operand.Attribute("kernel_shape", "missing", "one number for each axis");
        }
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        if (Reals.IsSingle(x.Type))
        {
            RunReal<float>(context, x);
        }
        else if (x.Type == ElementType.Float64)
        {
            RunReal<double>(context, x);
        }
        else
        {
            RunOther(context, x);
        }
    }

    protected virtual void RunOther(KernelContext context, TensorValue x) => throw Operand.Type(x, "X");

    /// <summary>Makes all results of one channel.</summary>
    protected abstract void RunChannel<T>(ReadOnlySpan<WindowAxis> axes, ReadOnlySpan<T> image, Span<T> target)
        where T : unmanaged, IFloatingPointIeee754<T>;

    /// <summary>The axes of the windows, and the shape of the result.</summary>
    protected void Measure(TensorValue x, Span<WindowAxis> axes, Span<long> shape)
    {
        _window.ExpectAxes(axes.Length);
        (shape[0], shape[1]) = (x.Shape[0], x.Shape[1]);
        for (int i = 0; i < axes.Length; i++)
        {
            axes[i] = WindowAxis.Of(_window, i, axes.Length, x.Shape[i + 2], _window.Kernel![i]);
            shape[i + 2] = axes[i].Count;
        }
    }

    protected static int AxisCount(TensorValue x)
    {
        Operand.Expect(x.Rank >= 3, x, "X", "three dimensions or more");
        return x.Rank - 2;
    }

    private void RunReal<T>(KernelContext context, TensorValue x)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Span<WindowAxis> axes = stackalloc WindowAxis[AxisCount(x)];
        Span<long> shape = stackalloc long[x.Rank];
        Measure(x, axes, shape);
        TensorValue result = context.Output(0, x.Type, shape);
        if (result.Count == 0)
        {
            return;
        }

        ReadOnlySpan<T> image = Reals.Read<T>(context, x);
        Span<T> output = Reals.Room<T>(context, result);
        int size = (int)Shapes.Product(x.Shape[2..]), windows = (int)Shapes.Product(shape[2..]);
        RunChannels(context, axes, image, size, output, windows);
        Reals.Write<T>(output, result);
    }

    /// <summary>Makes the results of all channels.</summary>
    /// <param name="size">Elements of a channel.</param>
    /// <param name="windows">Results of a channel.</param>
    protected virtual void RunChannels<T>(
        KernelContext context, ReadOnlySpan<WindowAxis> axes, ReadOnlySpan<T> image, int size, Span<T> output,
        int windows)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int from = 0, to = 0; to < output.Length; from += size, to += windows)
        {
            RunChannel(axes, image.Slice(from, size), output.Slice(to, windows));
            context.ThrowIfCancelled();
        }
    }
}

/// <summary>The mean under each window.</summary>
/// <remarks>
/// Special values: a window wholly in the pads gives NaN, or 0 where pads count. Elements behind the pads that a
/// rounded-up last window covers never count.
/// Source: ONNX operator AveragePool, version 22.
/// </remarks>
internal sealed class AveragePoolKernel(KernelAttributes attributes) : PoolKernel(attributes)
{
    private readonly bool _countsPads = attributes.Flag("count_include_pad");

    protected override void RunChannel<T>(ReadOnlySpan<WindowAxis> axes, ReadOnlySpan<T> image, Span<T> target) =>
        WindowWalk.Run(axes, new MeanPool<T>(_countsPads), image, target);
}

/// <summary>The norm of what lies under each window.</summary>
/// <remarks>Source: ONNX operator LpPool, version 22.</remarks>
internal sealed class LpPoolKernel(KernelAttributes attributes) : PoolKernel(attributes)
{
    private readonly int _p = Order(attributes);

    protected override void RunChannel<T>(ReadOnlySpan<WindowAxis> axes, ReadOnlySpan<T> image, Span<T> target) =>
        WindowWalk.Run(axes, new NormPool<T>(_p), image, target);

    /// <summary>The attribute p.</summary>
    public static int Order(KernelAttributes attributes) =>
        attributes.Int("p", 2) is var p and > 0 and <= int.MaxValue
            ? (int)p : throw Operand.Attribute("p", attributes.Int("p", 2), "a number above 0");
}
