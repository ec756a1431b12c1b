using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Copies a block of elements between two tensors that step through memory each in its own way.</summary>
/// <remarks>
/// Meaning: for every index of the block, target[sum of index * target stride] = source[sum of index * source stride].
/// A source stride of 0 repeats, a negative one goes backwards; transposing, slicing, tiling are all this.
/// Bound: at most <see cref="Dimensions.MaxRank"/> axes; every access is checked against the tensor's own length.
/// Cost: axes that run on in both tensors are merged; the innermost is copied as one piece where both step by one.
/// </remarks>
internal readonly ref struct StridedCopy : IElementMove
{
    private const int Block = 1 << 16;
    private const int Tile = 32;

    private readonly KernelContext _context;
    private readonly Span<long> _extents;
    private readonly Span<long> _from;
    private readonly Span<long> _to;
    private readonly long _fromStart;
    private readonly long _toStart;

    private StridedCopy(
        KernelContext context,
        Span<long> extents,
        Span<long> from,
        long fromStart,
        Span<long> to,
        long toStart)
    {
        _context = context;
        _extents = extents;
        _from = from;
        _to = to;
        _fromStart = fromStart;
        _toStart = toStart;
    }

    /// <param name="extents">Of the block, by axis.</param>
    /// <param name="from">Unit: elements a step in <paramref name="source"/>.</param>
    /// <param name="to">Unit: elements a step in <paramref name="target"/>.</param>
    public static void Run(
        KernelContext context,
        TensorValue source,
        ReadOnlySpan<long> from,
        long fromStart,
        TensorValue target,
        ReadOnlySpan<long> to,
        long toStart,
        ReadOnlySpan<long> extents)
    {
        if (extents.Contains(0))
        {
            return;
        }

        Span<long> e = stackalloc long[extents.Length + 1];
        Span<long> f = stackalloc long[extents.Length + 1];
        Span<long> t = stackalloc long[extents.Length + 1];
        int rank = Merge(extents, from, to, e, f, t);
        StridedCopy copy = new(context, e[..rank], f[..rank], fromStart, t[..rank], toStart);
        ElementMove.Run(ref copy, source, target);
    }

    /// <summary>As the other form, into a target that is filled from end to end.</summary>
    public static void Gather(
        KernelContext context, TensorValue source, ReadOnlySpan<long> from, long start, TensorValue target)
    {
        Span<long> to = stackalloc long[target.Rank];
        Shapes.Strides(target.Shape, to);
        Run(context, source, from, start, target, to, 0, target.Shape);
    }

    public void Move<T>(ReadOnlySpan<T> source, Span<T> target)
    {
        int rank = _extents.Length;
        int inner = rank >= 2 && _from[^1] != 1 && _from[^2] == 1 ? 2 : 1;
        Span<long> index = stackalloc long[rank];
        index.Clear();
        long from = _fromStart, to = _toStart, pieces = 0;
        long step = _extents[^1] * (inner == 2 ? _extents[^2] : 1);
        while (true)
        {
            if (inner == 2)
            {
                Turn(source, from, target, to);
            }
            else
            {
                Row(source, from, target, to);
            }

            pieces += step;
            if (pieces >= Block)
            {
                pieces = 0;
                _context.ThrowIfCancelled();
            }

            int axis = rank - inner - 1;
            for (; axis >= 0; axis--)
            {
                from += _from[axis];
                to += _to[axis];
                if (++index[axis] < _extents[axis])
                {
                    break;
                }

                from -= _from[axis] * _extents[axis];
                to -= _to[axis] * _extents[axis];
                index[axis] = 0;
            }

            if (axis < 0)
            {
                return;
            }
        }
    }

    private void Row<T>(ReadOnlySpan<T> source, long from, Span<T> target, long to)
    {
        int count = (int)_extents[^1];
        long fromStep = _from[^1], toStep = _to[^1];
        if (toStep == 1 && fromStep == 1)
        {
            source.Slice((int)from, count).CopyTo(target[(int)to..]);
        }
        else if (toStep == 1 && fromStep == 0)
        {
            target.Slice((int)to, count).Fill(source[(int)from]);
        }
        else
        {
            for (int i = 0; i < count; i++)
            {
                target[(int)(to + (i * toStep))] = source[(int)(from + (i * fromStep))];
            }
        }
    }

    // Two axes that change places: square tiles, so that both sides stay within cache lines already loaded.
    private void Turn<T>(ReadOnlySpan<T> source, long from, Span<T> target, long to)
    {
        int rows = (int)_extents[^2], columns = (int)_extents[^1];
        long fromRow = _from[^2], fromColumn = _from[^1], toRow = _to[^2], toColumn = _to[^1];
        for (int top = 0; top < rows; top += Tile)
        {
            int bottom = Math.Min(top + Tile, rows);
            for (int left = 0; left < columns; left += Tile)
            {
                int right = Math.Min(left + Tile, columns);
                for (int row = top; row < bottom; row++)
                {
                    long f = from + (row * fromRow) + (left * fromColumn);
                    long t = to + (row * toRow) + (left * toColumn);
                    for (int column = left; column < right; column++, f += fromColumn, t += toColumn)
                    {
                        target[(int)t] = source[(int)f];
                    }
                }
            }
        }
    }

    // Axes of one element go; an axis that runs on from its inner neighbour in both tensors joins it.
    private static int Merge(
        ReadOnlySpan<long> extents,
        ReadOnlySpan<long> from,
        ReadOnlySpan<long> to,
        Span<long> e,
        Span<long> f,
        Span<long> t)
    {
        int rank = 0;
        for (int axis = 0; axis < extents.Length; axis++)
        {
            if (extents[axis] == 1)
            {
                continue;
            }

            bool runsOn = rank > 0 && f[rank - 1] == from[axis] * extents[axis] &&
                t[rank - 1] == to[axis] * extents[axis];
            if (runsOn)
            {
                e[rank - 1] *= extents[axis];
                f[rank - 1] = from[axis];
                t[rank - 1] = to[axis];
            }
            else
            {
                (e[rank], f[rank], t[rank]) = (extents[axis], from[axis], to[axis]);
                rank++;
            }
        }

        if (rank == 0)
        {
            (e[0], f[0], t[0]) = (1, 1, 1);
            rank = 1;
        }

        return rank;
    }
}
