using System.Runtime.InteropServices;
using Nbc.Kernels.Neural;
using Nbc.Kernels.Neural.Attending;
using Nbc.Kernels.Neural.Products;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Microsoft;

/// <summary>The masks of com.microsoft's attention as numbers to add to the scores.</summary>
/// <remarks>
/// Meaning: what is masked gets the operator's filter value, not minus infinity: a row that is masked whole keeps
/// the weights of its scores, as ONNX Runtime's does.
/// </remarks>
internal static class MaskReader
{
    /// <summary>A mask of int32 by one of its shapes: [batch] ends, [2 * batch] ends and starts, [batch, keys],
    /// [batch, queries, keys], [batch, 1, most, most].</summary>
    public static ScoreBias<float> Keys(
        KernelContext context, TensorValue mask, HeadShape query, int keys, float filter, string name)
    {
        Operand.ExpectType(mask, ElementType.Int32, name);
        int batch = query.Batch;
        bool perQuery = mask.Rank >= 3;
        int rows = perQuery ? query.Rows : 1;
        Check(mask, query, keys, name);
        Span<float> room = MemoryMarshal.Cast<byte, float>(
            context.Scratch(checked((long)batch * rows * keys * sizeof(float))));
        ReadOnlySpan<int> values = mask.Span<int>();
        for (int i = 0; i < batch * rows; i++)
        {
            int b = i / rows;
            Span<float> row = room.Slice(i * keys, keys);
            if (mask.Rank == 1)
            {
                long start = values.Length == 2 * batch ? values[batch + b] : 0;
                Fill(row, start, values[b], filter);
                continue;
            }

            ReadOnlySpan<int> source = mask.Rank switch
            {
                2 => values.Slice(b * keys, keys),
                3 => values.Slice(i * keys, keys),
                _ => Square(values, (int)mask.Shape[3], b, keys - query.Rows + (i % rows), keys),
            };
            for (int k = 0; k < keys; k++)
            {
                row[k] = source[k] > 0 ? 0 : filter;
            }
        }

        return View(room, perQuery ? (long)rows * keys : keys, 0, perQuery ? keys : 0, keys);
    }

    /// <summary>Numbers of [batch or 1, heads or 1, queries, keys].</summary>
    public static ScoreBias<float> Scores(
        KernelContext context, TensorValue bias, TensorValue like, HeadShape query, int keys)
    {
        Operand.ExpectType(bias, like.Type, "attention_bias");
        Operand.ExpectRank(bias, 4, "attention_bias");
        Operand.Expect(
            (bias.Shape[0] == 1 || bias.Shape[0] == query.Batch) && (bias.Shape[1] == 1 || bias.Shape[1] == query.Heads)
                && bias.Shape[2] == query.Rows && bias.Shape[3] >= keys,
            bias, "attention_bias", $"[1 or {query.Batch}, 1 or {query.Heads}, {query.Rows}, {keys}]");
        long row = bias.Shape[3], head = row * query.Rows;
        return View(
            Reals.Read<float>(context, bias), bias.Shape[0] == 1 ? 0 : head * bias.Shape[1],
            bias.Shape[1] == 1 ? 0 : head, row, keys);
    }

    private static void Check(TensorValue mask, HeadShape query, int keys, string name)
    {
        ReadOnlySpan<long> shape = mask.Shape;
        bool known = shape.Length switch
        {
            1 => shape[0] == query.Batch || shape[0] == 2L * query.Batch,
            2 => shape[0] == query.Batch && shape[1] == keys,
            3 => shape[0] == query.Batch && shape[1] == query.Rows && shape[2] == keys,
            4 => shape[0] == query.Batch && shape[1] == 1 && shape[2] == shape[3] && shape[3] >= keys,
            _ => false,
        };
        Operand.Expect(known, mask, name, $"a mask of {query.Batch} sequences of {keys} keys");
    }

    private static ReadOnlySpan<int> Square(ReadOnlySpan<int> values, int most, int batch, int row, int keys) =>
        values.Slice(((batch * most) + row) * most, keys);

    private static void Fill(Span<float> row, long start, long end, float filter)
    {
        row.Fill(filter);
        int from = (int)Math.Clamp(start, 0, row.Length), to = (int)Math.Clamp(end, from, row.Length);
        row[from..to].Clear();
    }

    private static unsafe ScoreBias<float> View(Span<float> values, long batch, long head, long row, int keys) =>
        new(new HeadView<float>(ConstantMatrix.First(values), batch, head, row), keys);
}
