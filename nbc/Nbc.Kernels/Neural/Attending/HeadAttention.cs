using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Nbc.Kernels.Neural.Products;

namespace Nbc.Kernels.Neural.Attending;

/// <summary>What of the scores is given out beside the result.</summary>
internal enum ScoreStage
{
    /// <summary>Queries times keys, scaled.</summary>
    Product,

    /// <summary>After the soft cap.</summary>
    Capped,

    /// <summary>With the mask, as softmax gets it.</summary>
    Masked,

    /// <summary>The weights of the values.</summary>
    Weights,
}

/// <summary>Scaled dot-product attention over heads, the scores of a block of queries at a time.</summary>
/// <remarks>
/// Meaning: weights = softmax(cap(scale * q k) + mask); result = weights * v. Query heads share key heads in
/// neighbouring groups of equal size.
/// Special values: a query that sees nothing gives zeros.
/// Cost: scratch memory for 64 rows of scores, whatever the number of queries.
/// </remarks>
internal unsafe ref struct HeadAttention<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int QueriesAtOnce = 64;

    public int Batches, Heads, KeyHeads, Queries, Keys, HeadSize, ValueSize;
    public HeadView<T> Query, Key, Value, Result;
    public ScoreMask<T> Mask;
    public T Scale;

    /// <summary>Bound of scores by tanh; 0 for none.</summary>
    public T Softcap;

    /// <summary>The mask goes before the soft cap.</summary>
    public bool MasksFirst;

    /// <summary>[batch, heads, queries, keys]; null for none.</summary>
    public T* Scores;

    /// <summary>Which scores go there.</summary>
    public ScoreStage Stage;

    /// <summary>A score that every softmax of a head takes in beside those of the keys; empty for none.</summary>
    public ReadOnlySpan<T> Sinks;

    public readonly void Run(KernelContext context)
    {
        int block = Math.Min(Queries, QueriesAtOnce);
        Span<T> room = MemoryMarshal.Cast<byte, T>(context.Scratch(checked((long)block * Keys * sizeof(T))));
        T* scores = ConstantMatrix.First(room);
        T* packedKeys = MatrixProduct<T>.Room(context, HeadSize, Keys);
        T* packedValues = MatrixProduct<T>.Room(context, Keys, ValueSize);
        int share = Heads / KeyHeads;
        for (int b = 0; b < Batches; b++)
        {
            for (int h = 0; h < Heads; h++)
            {
                Matrix<T> keys = new(Key.At(b, h / share), Keys, HeadSize, Key.RowStep, 1);
                Matrix<T> values = new(Value.At(b, h / share), Keys, ValueSize, Value.RowStep, 1);
                for (int top = 0; top < Queries; top += QueriesAtOnce)
                {
                    int rows = Math.Min(QueriesAtOnce, Queries - top);
                    MatrixProduct<T>.Multiply(
                        context, new Matrix<T>(Query.At(b, h, top), rows, HeadSize, Query.RowStep, 1),
                        keys.Transposed, packedKeys, scores, Keys, false, Scale);
                    for (int r = 0; r < rows; r++)
                    {
                        Weigh(b, h, top + r, new Span<T>(scores + ((long)r * Keys), Keys));
                    }

                    MatrixProduct<T>.Multiply(
                        context, Matrix<T>.Dense(scores, rows, Keys), values, packedValues,
                        Result.At(b, h, top), Result.RowStep, false, T.One);
                }
            }
        }
    }

    /// <summary>Scores to weights, in place.</summary>
    private readonly void Weigh(int batch, int head, int row, Span<T> scores)
    {
        Give(ScoreStage.Product, batch, head, row, scores);
        if (MasksFirst)
        {
            Mask.Apply(batch, head, row, scores);
            Give(ScoreStage.Capped, batch, head, row, scores);
            Cap(scores);
        }
        else
        {
            Cap(scores);
            Give(ScoreStage.Capped, batch, head, row, scores);
            Mask.Apply(batch, head, row, scores);
        }

        Give(ScoreStage.Masked, batch, head, row, scores);
        Softmax(scores, Sinks.IsEmpty ? T.NegativeInfinity : Sinks[head]);
        Give(ScoreStage.Weights, batch, head, row, scores);
    }

    private readonly void Cap(Span<T> scores)
    {
        if (Softcap > T.Zero)
        {
            TensorPrimitives.Divide(scores, Softcap, scores);
            TensorPrimitives.Tanh(scores, scores);
            TensorPrimitives.Multiply(scores, Softcap, scores);
        }
    }

    private readonly void Give(ScoreStage stage, int batch, int head, int row, ReadOnlySpan<T> scores)
    {
        if (Scores is not null && Stage == stage)
        {
            long place = ((((long)batch * Heads) + head) * Queries) + row;
            scores.CopyTo(new Span<T>(Scores + (place * Keys), Keys));
        }
    }

    /// <summary>exp(x - max) / sum of them, in place; all zero when nothing is above minus infinity.</summary>
    /// <param name="sink">One more score, of which no weight is kept.</param>
    public static void Softmax(Span<T> scores, T sink)
    {
        if (scores.IsEmpty)
        {
            return;
        }

        T max = T.Max(TensorPrimitives.Max<T>(scores), sink);
        if (T.IsNegativeInfinity(max))
        {
            scores.Clear();
            return;
        }

        TensorPrimitives.Subtract(scores, max, scores);
        TensorPrimitives.Exp(scores, scores);
        T sum = TensorPrimitives.Sum<T>(scores) + T.Exp(sink - max);
        TensorPrimitives.Divide(scores, sum, scores);
    }
}
