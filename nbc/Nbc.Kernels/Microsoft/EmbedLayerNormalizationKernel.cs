using System.Numerics.Tensors;
using Nbc.Kernels.Neural;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Microsoft;

/// <summary>The start of a BERT encoder: sums word, position and segment embeddings, then normalises the
/// rows.</summary>
/// <remarks>
/// Shape: input_ids [batch, rows], embeddings [.., width], result [batch, rows, width]; mask_index [batch] counts the
/// ones of the mask, 0 without a mask.
/// Source: ONNX Runtime, com.microsoft EmbedLayerNormalization, version 1.
/// </remarks>
internal sealed class EmbedLayerNormalizationKernel(KernelAttributes attributes) : Kernel
{
    private readonly double _epsilon = attributes.Float("epsilon", 1e-12);

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue ids = context.Input(0), words = context.Input(2), positions = context.Input(3);
        TensorValue? segmentIds = context.OptionalInput(1), segments = context.OptionalInput(4);
        TensorValue? given = context.OptionalInput(8);
        Operand.ExpectRank(ids, 2, "input_ids");
        if (!Reals.IsSingle(words.Type))
        {
            throw Operand.Type(words, "word_embedding");
        }

        Operand.ExpectRank(words, 2, "word_embedding");
        int rows = (int)ids.Shape[1], width = (int)words.Shape[1];
        ReadOnlySpan<float> word = Table(context, words, words, "word_embedding", width);
        ReadOnlySpan<float> position = Table(context, words, positions, "position_embedding", width);
        ReadOnlySpan<float> segment = segments is null || segmentIds is null
            ? [] : Table(context, words, segments, "segment_embedding", width);
        ReadOnlySpan<float> gamma = Table(context, words, context.Input(5), "gamma", width);
        ReadOnlySpan<float> beta = Table(context, words, context.Input(6), "beta", width);
        if (segmentIds is not null)
        {
            Operand.ExpectShape(segmentIds, "segment_ids", ids.Shape);
        }

        Operand.Expect(
            given is null || (given.Rank == 2 && given.Shape[1] == rows && given.Shape[0] is var n
                && (n == 1 || n == ids.Shape[0])),
            given ?? ids, "position_ids", $"[1 or {ids.Shape[0]}, {rows}]");
        TensorValue result = context.Output(0, words.Type, ids.Shape[0], rows, width);
        TensorValue? sums = context.OutputCount > 2 && context.Wants(2)
            ? context.Output(2, words.Type, ids.Shape[0], rows, width) : null;
        Span<float> target = Reals.Room<float>(context, result);
        Span<float> sum = sums is null ? target : Reals.Room<float>(context, sums);
        for (int i = 0; i < ids.Count; i++)
        {
            Span<float> row = sum.Slice(i * width, width);
            long place = given is null ? i % rows : Operand.WholeAt(given, i % given.Count);
            TensorPrimitives.Add(
                At(word, Operand.WholeAt(ids, i), width, "input_ids"), At(position, place, width, "position"), row);
            if (!segment.IsEmpty)
            {
                TensorPrimitives.Add(
                    row, At(segment, Operand.WholeAt(segmentIds!, i), width, "segment_ids"), row);
            }

            RowNormalization.Run(row, gamma, beta, _epsilon, false, target.Slice(i * width, width));
        }

        Reals.Write<float>(target, result);
        if (sums is not null)
        {
            Reals.Write<float>(sum, sums);
        }

        CountMask(context, ids);
    }

    private static ReadOnlySpan<float> Table(
        KernelContext context, TensorValue words, TensorValue table, string name, int width)
    {
        Operand.ExpectType(table, words.Type, name);
        Operand.Expect(table.Rank is 1 or 2 && table.Shape[^1] == width, table, name, $"rows of {width}");
        return Reals.Read<float>(context, table);
    }

    private static ReadOnlySpan<float> At(ReadOnlySpan<float> table, long row, int width, string name) =>
        row >= 0 && (row + 1) * width <= table.Length
            ? table.Slice((int)row * width, width)
            : throw new KernelException(
                KernelFault.OutOfRange, $"{name} has {row}, its table has {table.Length / Math.Max(width, 1)} rows");

    private static void CountMask(KernelContext context, TensorValue ids)
    {
        if (context.OutputCount < 2 || !context.Wants(1))
        {
            return;
        }

        Span<int> counts = context.Output(1, ElementType.Int32, ids.Shape[0]).Span<int>();
        counts.Clear();
        if (context.OptionalInput(7) is { } mask)
        {
            Operand.ExpectType(mask, ElementType.Int32, "mask");
            Operand.ExpectShape(mask, "mask", ids.Shape);
            for (int i = 0; i < mask.Count; i++)
            {
                counts[i / (int)ids.Shape[1]] += mask.Span<int>()[i] == 1 ? 1 : 0;
            }
        }
    }
}
