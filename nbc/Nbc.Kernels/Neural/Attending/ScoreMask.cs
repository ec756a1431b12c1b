using System.Numerics;
using System.Numerics.Tensors;

namespace Nbc.Kernels.Neural.Attending;

/// <summary>A number for each score of a row, from a tensor that may broadcast.</summary>
/// <remarks>Shape: as <see cref="HeadView{T}"/>, a step of 0 where it broadcasts. Columns: how many it has.</remarks>
internal readonly unsafe struct ScoreBias<T>(HeadView<T> view, int columns)
    where T : unmanaged
{
    public bool IsGiven => view.First is not null;

    public int Columns => columns;

    public ReadOnlySpan<T> Row(int batch, int head, int row) => new(view.At(batch, head, row), columns);
}

/// <summary>Which keys a query may see, and what is added to their scores.</summary>
internal unsafe struct ScoreMask<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Added; a column behind its end sees nothing.</summary>
    public ScoreBias<T> Bias;

    /// <summary>Added too.</summary>
    public ScoreBias<T> SecondBias;

    /// <summary>Zero bytes forbid; a column behind its end is forbidden.</summary>
    public ScoreBias<byte> Allowed;

    /// <summary>For each batch: query i sees keys up to i + offset; null for all.</summary>
    public int* CausalOffsets;

    /// <summary>For each batch how many keys there are; null for all.</summary>
    public int* KeyCounts;

    /// <summary>With <see cref="CausalOffsets"/>: how many keys a query sees at most; 0 for no bound.</summary>
    public int Window;

    /// <summary>Applies everything to the scores of one query.</summary>
    public readonly void Apply(int batch, int head, int row, Span<T> scores)
    {
        Add(Bias, batch, head, row, scores);
        Add(SecondBias, batch, head, row, scores);
        if (Allowed.IsGiven)
        {
            ReadOnlySpan<byte> allowed = Allowed.Row(batch, head, row);
            for (int i = 0; i < scores.Length; i++)
            {
                if (i >= allowed.Length || allowed[i] == 0)
                {
                    scores[i] = T.NegativeInfinity;
                }
            }
        }

        if (KeyCounts is not null)
        {
            scores[Math.Clamp(KeyCounts[batch], 0, scores.Length)..].Fill(T.NegativeInfinity);
        }

        if (CausalOffsets is not null)
        {
            long end = (long)row + CausalOffsets[batch] + 1;
            scores[(int)Math.Clamp(end, 0, scores.Length)..].Fill(T.NegativeInfinity);
            if (Window > 0)
            {
                scores[..(int)Math.Clamp(end - Window, 0, scores.Length)].Fill(T.NegativeInfinity);
            }
        }
    }

    private static void Add(ScoreBias<T> bias, int batch, int head, int row, Span<T> scores)
    {
        if (!bias.IsGiven)
        {
            return;
        }

        ReadOnlySpan<T> values = bias.Row(batch, head, row);
        int count = Math.Min(values.Length, scores.Length);
        TensorPrimitives.Add(scores[..count], values[..count], scores[..count]);
        scores[count..].Fill(T.NegativeInfinity);
    }
}
