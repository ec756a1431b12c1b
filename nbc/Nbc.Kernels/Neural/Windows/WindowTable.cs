using System.Runtime.InteropServices;

namespace Nbc.Kernels.Neural.Windows;

/// <summary>Where windows and the elements under them lie in an image with a halo of zeros around it.</summary>
/// <remarks>
/// Meaning: element k under window w of a channel lies at Windows[w] + Elements[k] of the padded channel, whatever the
/// number of axes: the loops over them have no branch for the pads.
/// Bound: lives as long as the scratch memory of one run.
/// </remarks>
internal readonly unsafe ref struct WindowTable
{
    private readonly ReadOnlySpan<WindowAxis> _axes;

    public WindowTable(KernelContext context, ReadOnlySpan<WindowAxis> axes)
    {
        _axes = axes;
        long padded = 1, size = 1, windows = 1, elements = 1;
        bool halo = false;
        foreach (ref readonly WindowAxis axis in axes)
        {
            padded = checked(padded * PaddedSize(axis));
            size = checked(size * axis.Size);
            windows = checked(windows * axis.Count);
            elements = checked(elements * axis.Kernel);
            halo |= axis.Before != 0 || PaddedSize(axis) != axis.Size;
        }

        PaddedCount = checked((int)padded);
        Count = checked((int)size);
        HasHalo = halo;
        Windows = MemoryMarshal.Cast<byte, int>(context.Scratch(checked(windows * sizeof(int))));
        Elements = MemoryMarshal.Cast<byte, int>(context.Scratch(checked(elements * sizeof(int))));
        Fill(axes, Windows, forWindows: true);
        Fill(axes, Elements, forWindows: false);
    }

    /// <summary>Elements of a channel with its halo.</summary>
    public int PaddedCount { get; }

    /// <summary>Elements of a channel.</summary>
    public int Count { get; }

    /// <summary>False when the image can be read where it is.</summary>
    public bool HasHalo { get; }

    public Span<int> Windows { get; }

    public Span<int> Elements { get; }

    /// <summary>Copies one channel into the middle of its halo, which is zero already. A negative pad cuts.</summary>
    public void Surround<T>(ReadOnlySpan<T> channel, Span<T> padded)
        where T : unmanaged
    {
        int rank = _axes.Length;
        Span<long> index = stackalloc long[rank];
        index.Clear();
        WindowAxis last = _axes[^1];
        int from = Math.Max(0, -last.Before), to = Math.Min(last.Size, (int)PaddedSize(last) - last.Before);
        if (to <= from)
        {
            return;
        }

        for (int row = 0; row < channel.Length; row += last.Size)
        {
            long place = 0;
            bool inside = true;
            for (int i = 0; i < rank - 1; i++)
            {
                long at = index[i] + _axes[i].Before;
                inside &= at >= 0 && at < PaddedSize(_axes[i]);
                place = (place * PaddedSize(_axes[i])) + at;
            }

            if (inside)
            {
                place = (place * PaddedSize(last)) + from + last.Before;
                channel[(row + from)..(row + to)].CopyTo(padded[(int)place..]);
            }

            for (int i = rank - 2; i >= 0 && ++index[i] == _axes[i].Size; i--)
            {
                index[i] = 0;
            }
        }
    }

    // As far as the last window reaches, be it less than the image and its pads.
    internal static long PaddedSize(in WindowAxis axis) =>
        Math.Max(
            checked(((long)(axis.Count - 1) * axis.Stride) + axis.Extent),
            Math.Min((long)axis.Size + axis.Before + Math.Max(axis.After, 0), int.MaxValue));

    private static void Fill(ReadOnlySpan<WindowAxis> axes, Span<int> table, bool forWindows)
    {
        Span<int> index = stackalloc int[axes.Length];
        index.Clear();
        for (int i = 0; i < table.Length; i++)
        {
            long place = 0;
            for (int axis = 0; axis < axes.Length; axis++)
            {
                place = (place * PaddedSize(axes[axis]))
                    + ((long)index[axis] * (forWindows ? axes[axis].Stride : axes[axis].Dilation));
            }

            table[i] = (int)place;
            for (int axis = axes.Length - 1; axis >= 0; axis--)
            {
                if (++index[axis] < (forWindows ? axes[axis].Count : axes[axis].Kernel))
                {
                    break;
                }

                index[axis] = 0;
            }
        }
    }
}
