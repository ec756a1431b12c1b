using Nbc.Kernels.Iteration;

namespace Nbc.Kernels.Quantised;

/// <summary>The sizes of a matrix product by numpy's rule: a vector is a row on the left and a column on the right,
/// leading dimensions are batches and broadcast.</summary>
internal readonly ref struct MatmulShape
{
    private MatmulShape(int rows, int depth, int columns, ReadOnlySpan<long> batch, ReadOnlySpan<long> result)
    {
        (Rows, Depth, Columns) = (rows, depth, columns);
        Batch = batch;
        Result = result;
    }

    public int Rows { get; }

    public int Depth { get; }

    public int Columns { get; }

    public ReadOnlySpan<long> Batch { get; }

    public ReadOnlySpan<long> Result { get; }

    /// <param name="memory">Twice <see cref="Broadcast.MaxRank"/> words.</param>
    /// <exception cref="KernelException">The operands do not go together.</exception>
    public static MatmulShape Of(ReadOnlySpan<long> a, ReadOnlySpan<long> b, Span<long> memory)
    {
        if (a.Length == 0 || b.Length == 0)
        {
            throw Refusal.Shape("a factor", a.Length == 0 ? a : b, "at least one dimension");
        }

        Broadcast.CheckRank(Math.Max(a.Length, b.Length));
        long depth = a[^1];
        if (depth != (b.Length == 1 ? b[0] : b[^2]))
        {
            throw Refusal.Shape("the second factor", b, $"{depth} rows");
        }

        Span<long> result = memory[..Broadcast.MaxRank];
        ReadOnlySpan<long> batch = Broadcast.Shape(Lead(a), Lead(b), memory[Broadcast.MaxRank..]);
        batch.CopyTo(result);
        int rank = batch.Length;
        if (a.Length > 1)
        {
            result[rank++] = a[^2];
        }

        if (b.Length > 1)
        {
            result[rank++] = b[^1];
        }

        return new MatmulShape(
            a.Length > 1 ? (int)a[^2] : 1, (int)depth, b.Length > 1 ? (int)b[^1] : 1, batch, result[..rank]);
    }

    public static ReadOnlySpan<long> BatchOf(ReadOnlySpan<long> operand) => Lead(operand);

    private static ReadOnlySpan<long> Lead(ReadOnlySpan<long> shape) => shape[..Math.Max(0, shape.Length - 2)];
}
