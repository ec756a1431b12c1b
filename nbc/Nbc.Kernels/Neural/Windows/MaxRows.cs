using System.Numerics;
using Nbc.Kernels.Neural.Products;

namespace Nbc.Kernels.Neural.Windows;

/// <summary>The largest element under each window, a row of windows at a time.</summary>
/// <remarks>
/// Meaning: as <see cref="WindowWalk.RunMaximum{T}"/>. The halo is NaN, which counts only where there is nothing else,
/// and every window reaches into the image: so the halo never shows.
/// Cost: a copy of each channel with its halo, where there is one; a vector at a time where windows follow each other.
/// </remarks>
internal readonly ref struct MaxRows<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly WindowTable _table;
    private readonly Span<T> _padded;
    private readonly int _width, _stride;

    public MaxRows(KernelContext context, ReadOnlySpan<WindowAxis> axes)
    {
        _table = new WindowTable(context, axes);
        _padded = _table.HasHalo ? ConstantMatrix.Room<T>(context, _table.PaddedCount) : [];
        _padded.Fill(T.NaN);
        (_width, _stride) = (axes[^1].Count, axes[^1].Stride);
    }

    /// <summary>True when every window has an element of the image under it.</summary>
    public static bool Serves(ReadOnlySpan<WindowAxis> axes)
    {
        foreach (ref readonly WindowAxis axis in axes)
        {
            bool reaches = axis.Dilation == 1 && axis.Before >= 0 && axis.After >= 0 && axis.Before < axis.Kernel
                && axis.Start(axis.Count - 1) < axis.Size;
            if (!reaches)
            {
                return false;
            }
        }

        return true;
    }

    public void Run(KernelContext context, ReadOnlySpan<T> image, int size, Span<T> output, int windows)
    {
        for (int from = 0, to = 0; to < output.Length; from += size, to += windows)
        {
            ReadOnlySpan<T> channel = image.Slice(from, size);
            if (_table.HasHalo)
            {
                _table.Surround(channel, _padded);
                channel = _padded;
            }

            for (int row = 0; row < windows; row += _width)
            {
                Span<T> best = output.Slice(to + row, _width);
                best.Fill(T.NaN);
                foreach (int element in _table.Elements)
                {
                    Raise(channel[(_table.Windows[row] + element)..], best);
                }
            }

            context.ThrowIfCancelled();
        }
    }

    private void Raise(ReadOnlySpan<T> values, Span<T> best)
    {
        int i = 0;
        for (; _stride == 1 && i <= best.Length - Vector<T>.Count; i += Vector<T>.Count)
        {
            Vector<T> old = new(best[i..]), value = new(values[i..]);
            Vector<T> keeps = Vector.GreaterThanOrEqual(old, value) | (Vector.Equals(old, old) & Vector.IsNaN(value));
            Vector.ConditionalSelect(keeps, old, value).CopyTo(best[i..]);
        }

        for (int at = i * _stride; i < best.Length; i++, at += _stride)
        {
            T value = values[at];
            if (value > best[i] || T.IsNaN(best[i]))
            {
                best[i] = value;
            }
        }
    }
}
