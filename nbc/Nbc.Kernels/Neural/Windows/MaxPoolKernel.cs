using System.Numerics;
using System.Runtime.InteropServices;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Neural.Windows;

/// <summary>The largest element under each window, and where it lies.</summary>
/// <remarks>
/// Shape: Indices count elements of the whole tensor X; with storage_order 1 within a channel the first axis runs
/// fastest.
/// Special values: NaN counts only where there is nothing else; a window wholly in the pads gives the least number.
/// Source: ONNX operator MaxPool, version 22.
/// </remarks>
internal sealed class MaxPoolKernel(KernelAttributes attributes) : PoolKernel(attributes)
{
    private readonly bool _firstAxisFastest = attributes.Flag("storage_order");

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        if (context.OutputCount > 1 && context.Wants(1))
        {
            RunOther(context, context.Input(0));
            return;
        }

        base.Run(context);
    }

    protected override void RunOther(KernelContext context, TensorValue x)
    {
        switch (x.Type)
        {
            case ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16:
                RunAll(context, x, float.NegativeInfinity);
                break;
            case ElementType.Float64:
                RunAll(context, x, double.NegativeInfinity);
                break;
            case ElementType.Int8:
                RunAll(context, x, sbyte.MinValue);
                break;
            case ElementType.UInt8:
                RunAll(context, x, byte.MinValue);
                break;
            default:
                throw Operand.Type(x, "X");
        }
    }

    protected override void RunChannel<T>(ReadOnlySpan<WindowAxis> axes, ReadOnlySpan<T> image, Span<T> target) =>
        WindowWalk.RunMaximum(axes, T.NegativeInfinity, image, target, []);

    protected override void RunChannels<T>(
        KernelContext context, ReadOnlySpan<WindowAxis> axes, ReadOnlySpan<T> image, int size, Span<T> output,
        int windows)
    {
        if (MaxRows<T>.Serves(axes))
        {
            new MaxRows<T>(context, axes).Run(context, image, size, output, windows);
            return;
        }

        base.RunChannels(context, axes, image, size, output, windows);
    }

    private void RunAll<T>(KernelContext context, TensorValue x, T least)
        where T : unmanaged, INumber<T>
    {
        Span<WindowAxis> axes = stackalloc WindowAxis[AxisCount(x)];
        Span<long> shape = stackalloc long[x.Rank];
        Measure(x, axes, shape);
        TensorValue result = context.Output(0, x.Type, shape);
        TensorValue? indices = context.Wants(1) ? context.Output(1, ElementType.Int64, shape) : null;
        if (result.Count == 0)
        {
            return;
        }

        ReadOnlySpan<T> image = Reals.Read<T>(context, x);
        Span<T> output = Reals.Room<T>(context, result);
        int size = (int)Shapes.Product(x.Shape[2..]), windows = (int)Shapes.Product(shape[2..]);
        Span<int> places = indices is null
            ? [] : MemoryMarshal.Cast<byte, int>(context.Scratch((long)windows * sizeof(int)));
        for (int from = 0, to = 0; to < output.Length; from += size, to += windows)
        {
            WindowWalk.RunMaximum(axes, least, image.Slice(from, size), output.Slice(to, windows), places);
            if (indices is not null)
            {
                Span<long> target = indices.Span<long>().Slice(to, windows);
                for (int i = 0; i < windows; i++)
                {
                    target[i] = from + (_firstAxisFastest ? Reordered(places[i], axes) : places[i]);
                }
            }

            context.ThrowIfCancelled();
        }

        Reals.Write<T>(output, result);
    }

    private static long Reordered(int place, ReadOnlySpan<WindowAxis> axes)
    {
        // Digits from the last axis on; the first axis weighs 1, so weights grow towards the last.
        long whole = 1, result = 0;
        foreach (WindowAxis axis in axes)
        {
            whole *= axis.Size;
        }

        for (int i = axes.Length - 1; i >= 0; i--)
        {
            whole /= axes[i].Size;
            result += place % axes[i].Size * whole;
            place /= axes[i].Size;
        }

        return result;
    }
}
