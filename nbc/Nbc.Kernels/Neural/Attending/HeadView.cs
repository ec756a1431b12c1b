namespace Nbc.Kernels.Neural.Attending;

/// <summary>Rows of heads of a batch anywhere in memory; owns nothing.</summary>
/// <remarks>Shape: row r of head h of batch b starts at First + b * BatchStep + h * HeadStep + r * RowStep.</remarks>
internal readonly unsafe struct HeadView<T>(T* first, long batchStep, long headStep, long rowStep)
    where T : unmanaged
{
    public T* First { get; } = first;

    public long BatchStep { get; } = batchStep;

    public long HeadStep { get; } = headStep;

    public long RowStep { get; } = rowStep;

    public T* At(long batch, long head, long row = 0) =>
        First + (batch * BatchStep) + (head * HeadStep) + (row * RowStep);

    public HeadView<T> From(long offset) => new(First + offset, BatchStep, HeadStep, RowStep);

    /// <summary>[batch, heads, rows, width].</summary>
    public static HeadView<T> HeadsFirst(T* first, int heads, int rows, int width) =>
        new(first, (long)heads * rows * width, (long)rows * width, width);

    /// <summary>[batch, rows, heads * width].</summary>
    public static HeadView<T> RowsFirst(T* first, int heads, int rows, int width) =>
        new(first, (long)rows * heads * width, width, (long)heads * width);

    /// <summary>Copies the rows of all heads of all batches, row by row.</summary>
    public void CopyTo(HeadView<T> target, int batches, int heads, int rows, int width)
    {
        for (int b = 0; b < batches; b++)
        {
            for (int h = 0; h < heads; h++)
            {
                for (int r = 0; r < rows; r++)
                {
                    new ReadOnlySpan<T>(At(b, h, r), width).CopyTo(new Span<T>(target.At(b, h, r), width));
                }
            }
        }
    }
}
