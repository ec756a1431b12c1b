using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Neural.Products;

/// <summary>A tensor of two or more dimensions, or a vector, as a batch of matrices.</summary>
internal readonly unsafe ref struct MatrixBatch
{
    private readonly ReadOnlySpan<long> _batchShape;
    private readonly long _rowStep, _columnStep, _batchStep;

    public MatrixBatch(TensorValue tensor, MatrixLayout layout, bool isLeft)
    {
        ReadOnlySpan<long> shape = tensor.Shape;
        if (shape.Length == 1)
        {
            Rows = isLeft ? 1 : (int)shape[0];
            Columns = isLeft ? (int)shape[0] : 1;
            (_rowStep, _columnStep) = isLeft ? (shape[0], 1) : (1, 1);
            Batches = 1;
            return;
        }

        int rank = shape.Length;
        bool moved = layout.BatchMoved && rank > 2;
        _batchShape = moved ? shape[1..^1] : shape[..^2];
        Batches = Shapes.Product(_batchShape);
        long first = moved ? shape[0] : shape[^2], last = shape[^1];
        long firstStep = moved ? Batches * last : last;
        _batchStep = moved ? last : first * last;
        Rows = (int)(layout.Transposed ? last : first);
        Columns = (int)(layout.Transposed ? first : last);
        (_rowStep, _columnStep) = layout.Transposed ? (1L, firstStep) : (firstStep, 1L);
    }

    public int Rows { get; }

    public int Columns { get; }

    public long Batches { get; }

    /// <summary>Rows of all batches follow each other.</summary>
    public bool IsDense => _columnStep == 1 && _rowStep == Columns
        && (Batches == 1 || _batchStep == (long)Rows * Columns);

    public Matrix<T> At<T>(T* first, long batch)
        where T : unmanaged => new(first + (batch * _batchStep), Rows, Columns, _rowStep, _columnStep);

    /// <summary>Which matrix of this batch meets the i-th of the broadcast shape.</summary>
    public long IndexOf(long i, ReadOnlySpan<long> broadcast)
    {
        long index = 0, step = 1;
        for (int axis = broadcast.Length - 1, own = _batchShape.Length - 1; axis >= 0; axis--, own--)
        {
            long at = i % broadcast[axis];
            i /= broadcast[axis];
            if (own >= 0)
            {
                index += (_batchShape[own] == 1 ? 0 : at) * step;
                step *= _batchShape[own];
            }
        }

        return index;
    }

    /// <summary>Writes the shape that the batches of both broadcast to.</summary>
    /// <returns>Its rank.</returns>
    public static int Broadcast(MatrixBatch left, MatrixBatch right, TensorValue b, Span<long> shape)
    {
        Operand.Expect(
            Shapes.TryBroadcast(left._batchShape, right._batchShape, shape), b, "B",
            "batches that broadcast with those of A");
        return Math.Max(left._batchShape.Length, right._batchShape.Length);
    }
}
