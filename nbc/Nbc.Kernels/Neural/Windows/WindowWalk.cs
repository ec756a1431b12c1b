using System.Numerics;

namespace Nbc.Kernels.Neural.Windows;

/// <summary>Goes over the windows of one channel, and over the elements of the image under each.</summary>
internal ref struct WindowWalk
{
    private readonly ReadOnlySpan<WindowAxis> _axes;
    private readonly Span<int> _window, _element;

    /// <param name="room">Three numbers for each axis.</param>
    public WindowWalk(ReadOnlySpan<WindowAxis> axes, Span<int> room)
    {
        _axes = axes;
        _window = room[..axes.Length];
        _element = room.Slice(axes.Length, axes.Length);
        _window.Clear();
    }

    /// <summary>Elements under the window, those in the pads too, but not those past the pads.</summary>
    public readonly long Whole
    {
        get
        {
            long whole = 1;
            for (int i = 0; i < _axes.Length; i++)
            {
                WindowAxis axis = _axes[i];
                long room = (long)axis.Size + axis.After - axis.Start(_window[i]);
                whole *= Math.Clamp((room + axis.Dilation - 1) / axis.Dilation, 0, axis.Kernel);
            }

            return whole;
        }
    }

    /// <summary>Moves to the first element of this window in the image; false when there is none.</summary>
    public readonly bool TryFirst(out int place)
    {
        place = 0;
        for (int i = 0; i < _axes.Length; i++)
        {
            long start = _axes[i].Start(_window[i]), dilation = _axes[i].Dilation;
            long first = start >= 0 ? 0 : (-start + dilation - 1) / dilation;
            if (first >= _axes[i].Kernel || start + (first * dilation) >= _axes[i].Size)
            {
                return false;
            }

            _element[i] = (int)first;
            place = (place * _axes[i].Size) + (int)(start + (first * dilation));
        }

        return true;
    }

    /// <summary>Moves on to the next element, the last axis first; false after the last one.</summary>
    public readonly bool TryNext(ref int place)
    {
        int step = 1;
        for (int i = _axes.Length - 1; i >= 0; i--)
        {
            WindowAxis axis = _axes[i];
            long start = axis.Start(_window[i]), at = start + ((long)_element[i] * axis.Dilation);
            if (_element[i] + 1 < axis.Kernel && at + axis.Dilation < axis.Size)
            {
                _element[i]++;
                place += step * axis.Dilation;
                return true;
            }

            long first = start >= 0 ? 0 : (-start + axis.Dilation - 1) / axis.Dilation;
            place -= step * (int)(at - start - (first * axis.Dilation));
            _element[i] = (int)first;
            step *= axis.Size;
        }

        return false;
    }

    /// <summary>Moves to the next window.</summary>
    public readonly void NextWindow()
    {
        for (int i = _axes.Length - 1; i >= 0 && ++_window[i] == _axes[i].Count; i--)
        {
            _window[i] = 0;
        }
    }

    /// <summary>Makes one element of each window.</summary>
    public static void Run<T, TPool>(
        ReadOnlySpan<WindowAxis> axes, TPool pool, ReadOnlySpan<T> image, Span<T> target)
        where TPool : struct, IPool<T>
    {
        WindowWalk walk = new(axes, stackalloc int[2 * axes.Length]);
        for (int i = 0; i < target.Length; i++)
        {
            long count = 0;
            if (walk.TryFirst(out int place))
            {
                do
                {
                    pool.Add(image[place], count++ == 0);
                }
                while (walk.TryNext(ref place));
            }

            target[i] = pool.Finish(count, walk.Whole);
            walk.NextWindow();
        }
    }

    /// <summary>Finds the largest element of each window; NaN counts only where there is nothing else.</summary>
    /// <param name="places">Where it lies in the image; empty when nobody asks.</param>
    public static void RunMaximum<T>(
        ReadOnlySpan<WindowAxis> axes, T least, ReadOnlySpan<T> image, Span<T> target, Span<int> places)
        where T : unmanaged, INumber<T>
    {
        WindowWalk walk = new(axes, stackalloc int[2 * axes.Length]);
        for (int i = 0; i < target.Length; i++)
        {
            T best = least;
            int where = 0;
            if (walk.TryFirst(out int place))
            {
                best = image[place];
                where = place;
                while (walk.TryNext(ref place))
                {
                    if (image[place] > best || T.IsNaN(best))
                    {
                        best = image[place];
                        where = place;
                    }
                }
            }

            target[i] = best;
            if (!places.IsEmpty)
            {
                places[i] = where;
            }

            walk.NextWindow();
        }
    }
}
