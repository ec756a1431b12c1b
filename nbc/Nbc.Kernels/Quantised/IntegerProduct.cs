using System.Numerics;
using System.Numerics.Tensors;
using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Quantised;

/// <summary>Matrix products of small whole numbers, gathered in 32 bits.</summary>
internal static class IntegerProduct
{
    /// <summary>sums[j] += sum over k of a[k] * b[k, j].</summary>
    /// <param name="b">Row-major, as many columns as <paramref name="sums"/> is long.</param>
    public static void Row(ReadOnlySpan<short> a, ReadOnlySpan<short> b, Span<int> sums)
    {
        for (int k = 0; k < a.Length; k++)
        {
            if (a[k] != 0)
            {
                Add(a[k], b.Slice(k * sums.Length, sums.Length), sums);
            }
        }
    }

    /// <summary>Elements of uint8 or int8 less their zero point.</summary>
    public static void Center(TensorValue tensor, int first, int zero, Span<short> target)
    {
        if (tensor.Type == ElementType.UInt8)
        {
            ReadOnlySpan<byte> bytes = tensor.Span<byte>().Slice(first, target.Length);
            for (int i = 0; i < target.Length; i++)
            {
                target[i] = (short)(bytes[i] - zero);
            }

            return;
        }

        ReadOnlySpan<sbyte> signed = tensor.Span<sbyte>().Slice(first, target.Length);
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = (short)(signed[i] - zero);
        }
    }

    /// <summary>The product of two tensors by numpy's rule for matmul.</summary>
    /// <param name="result">As long as <paramref name="shape"/> says; batches, rows, columns.</param>
    public static void Run(
        KernelContext context,
        in MatmulShape shape,
        TensorValue a,
        ZeroPoints aZeros,
        TensorValue b,
        ZeroPoints bZeros,
        Span<int> result)
    {
        Span<short> centred = FloatBlocks.Scratch<short>(context, a.Count);
        for (int line = 0; shape.Depth > 0 && line < a.Count / shape.Depth; line++)
        {
            int zero = aZeros.At(line / shape.Rows, line % shape.Rows, shape.Rows);
            Center(a, line * shape.Depth, zero, centred.Slice(line * shape.Depth, shape.Depth));
        }

        Run(context, shape, centred, a.Shape, b, bZeros, result);
    }

    /// <summary>As above with the first factor less its zero points already.</summary>
    public static void Run(
        KernelContext context,
        in MatmulShape shape,
        ReadOnlySpan<short> a,
        ReadOnlySpan<long> aShape,
        TensorValue b,
        ZeroPoints bZeros,
        Span<int> result)
    {
        BroadcastRuns runs = new(
            stackalloc long[BroadcastRuns.Memory(2, Broadcast.MaxRank)], 2, shape.Batch);
        runs.Add(0, MatmulShape.BatchOf(aShape));
        runs.Add(1, MatmulShape.BatchOf(b.Shape));
        runs.Start();
        result.Clear();
        int left = shape.Rows * shape.Depth, right = shape.Depth * shape.Columns, size = shape.Rows * shape.Columns;
        while (result.Length > 0 && runs.Next())
        {
            for (int i = 0; i < runs.Length; i++)
            {
                int batchA = runs.First(0) + (runs.Stays(0) ? 0 : i);
                int batchB = runs.First(1) + (runs.Stays(1) ? 0 : i);
                ReadOnlySpan<short> rows = a.Slice(batchA * left, left);
                Span<int> sums = result.Slice((runs.Result + i) * size, size);
                ByteProduct.Add(
                    context, rows, shape.Rows, b.Span<byte>().Slice(batchB * right, right),
                    b.Type == ElementType.Int8, shape.Columns, sums);
                TakeZeros(shape, rows, bZeros, batchB, sums);
                context.ThrowIfCancelled();
            }
        }
    }

    // sum of a (b - zero) = sum of a b - zero * sum of a.
    private static void TakeZeros(
        in MatmulShape shape, ReadOnlySpan<short> a, ZeroPoints zeros, int batch, Span<int> sums)
    {
        for (int r = 0; r < shape.Rows && !zeros.IsNone; r++)
        {
            int sum = 0;
            foreach (short factor in a.Slice(r * shape.Depth, shape.Depth))
            {
                sum += factor;
            }

            Span<int> row = sums.Slice(r * shape.Columns, shape.Columns);
            if (zeros.IsOne)
            {
                TensorPrimitives.Subtract(row, sum * zeros.At(0, 0, 1), row);
                continue;
            }

            for (int j = 0; j < row.Length; j++)
            {
                row[j] -= sum * zeros.At(batch, j, shape.Columns);
            }
        }
    }

    private static void Add(int factor, ReadOnlySpan<short> b, Span<int> sums)
    {
        int width = Vector<short>.Count;
        int i = 0;
        Vector<int> factors = new(factor);
        for (; i <= b.Length - width; i += width)
        {
            Vector.Widen(new Vector<short>(b[i..]), out Vector<int> low, out Vector<int> high);
            Span<int> into = sums.Slice(i, width);
            (new Vector<int>(into) + (low * factors)).CopyTo(into);
            Span<int> further = into[(width / 2)..];
            (new Vector<int>(further) + (high * factors)).CopyTo(further);
        }

        for (; i < b.Length; i++)
        {
            sums[i] += factor * b[i];
        }
    }
}

/// <summary>Zero points of a matrix operand: none, one, one for each row or column, or that for each matrix.</summary>
internal readonly ref struct ZeroPoints
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly bool _isSigned;
    private readonly bool _isPerMatrix;

    private ZeroPoints(ReadOnlySpan<byte> bytes, bool isSigned, bool isPerMatrix)
    {
        _bytes = bytes;
        _isSigned = isSigned;
        _isPerMatrix = isPerMatrix;
    }

    public bool IsNone => _bytes.IsEmpty;

    public bool IsOne => _bytes.Length == 1;

    /// <param name="lines">Rows of the first operand, or columns of the second.</param>
    /// <exception cref="KernelException">Another type than the operand's, or another number of them.</exception>
    public static ZeroPoints Read(TensorValue? zero, TensorValue operand, int lines, bool isColumns)
    {
        if (zero is null)
        {
            return default;
        }

        if (zero.Type != operand.Type)
        {
            throw Refusal.Type("a zero point", zero.Type, operand.Type);
        }

        bool isPerMatrix = zero.Count != 1 && zero.Rank > 1;
        bool fits = zero.Count == 1 || (zero.Rank == 1 && zero.Count == lines)
            || (isPerMatrix && IsPerMatrix(zero.Shape, operand.Shape, isColumns));
        return fits
            ? new ZeroPoints(zero.Span<byte>(), zero.Type == ElementType.Int8, isPerMatrix)
            : throw Refusal.Shape("a zero point", zero.Shape, $"one element, or one for each of {lines} lines");
    }

    public int At(int matrix, int line, int lines)
    {
        if (_bytes.Length <= 1)
        {
            return _bytes.IsEmpty ? 0 : Value(0);
        }

        return Value(_isPerMatrix ? (matrix * lines) + line : line);
    }

    private static bool IsPerMatrix(ReadOnlySpan<long> zero, ReadOnlySpan<long> operand, bool isColumns)
    {
        int rank = operand.Length;
        return zero.Length == rank
            && zero[..(rank - 2)].SequenceEqual(operand[..(rank - 2)])
            && zero[rank - 2] == (isColumns ? 1 : operand[rank - 2])
            && zero[rank - 1] == (isColumns ? operand[rank - 1] : 1);
    }

    private int Value(int index) => _isSigned ? (sbyte)_bytes[index] : _bytes[index];
}
