using System.Numerics;
using System.Runtime.InteropServices;
using Nbc.Kernels.Neural.Products;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Neural.Attending;

/// <summary>Scaled dot-product attention with masks, a cache of keys and values, and shared key heads.</summary>
/// <remarks>
/// Shape: Q, K, V [batch, heads, rows, size], or [batch, rows, heads * size] with the numbers of heads as attributes.
/// The mask broadcasts to [batch, heads, queries, keys]; one that ends early hides the keys behind it.
/// Meaning: is_causal lets query i see keys up to i + offset; the offset is the length of the past, or with
/// nonpad_kv_seqlen and no past that length less the number of queries.
/// Special values: a query that sees nothing gives zeros.
/// Accuracy: float throughout, whatever softmax_precision says of 16 bits.
/// Source: ONNX operator Attention, version 24.
/// </remarks>
internal sealed class AttentionKernel : RealKernel
{
    private readonly bool _isCausal, _masksFirst;
    private readonly long _queryHeads, _keyHeads;
    private readonly double _softcap;
    private readonly double? _scale;
    private readonly ScoreStage _stage;

    public AttentionKernel(KernelAttributes attributes)
        : base("Q")
    {
        _isCausal = attributes.Flag("is_causal");
        _masksFirst = attributes.Flag("mask_before_softcap");
        _queryHeads = attributes.Int("q_num_heads");
        _keyHeads = attributes.Int("kv_num_heads");
        _softcap = attributes.Float("softcap");
        _scale = attributes.Has("scale") ? attributes.Float("scale") : null;
        long mode = attributes.Int("qk_matmul_output_mode");
        _stage = mode is >= 0 and <= 3
            ? (ScoreStage)mode : throw Operand.Attribute("qk_matmul_output_mode", mode, "0 to 3");
        long precision = attributes.Int("softmax_precision", 1);
        if ((ElementType)precision is not (ElementType.Undefined or ElementType.Float32 or ElementType.Float64
            or ElementType.Float16 or ElementType.BFloat16))
        {
            throw Operand.Attribute("softmax_precision", precision, "a floating point type");
        }
    }

    protected override unsafe void Run<T>(KernelContext context, TensorValue q)
    {
        TensorValue k = context.Input(1), v = context.Input(2);
        HeadShape query = Shape(q, "Q", _queryHeads), key = Shape(k, "K", _keyHeads), value = Shape(v, "V", _keyHeads);
        Operand.ExpectType(k, q.Type, "K");
        Operand.Expect(
            key.Batch == query.Batch && key.Width == query.Width && key.Heads > 0 && query.Heads % key.Heads == 0, k,
            "K", $"heads of {query.Width} that {query.Heads} divide into");
        Operand.Expect(
            value.Batch == query.Batch && value.Heads == key.Heads && value.Rows == key.Rows, v, "V",
            $"{key.Rows} rows of {key.Heads} heads");
        Cache<T> keys = new(context, 1, k, key, context.OptionalInput(4));
        Cache<T> values = new(context, 2, v, value, context.OptionalInput(5));
        Operand.Expect(values.Rows == keys.Rows, v, "past_value", $"{keys.Rows} rows with those of V");
        TensorValue result = q.Rank == 4
            ? context.Output(0, q.Type, query.Batch, query.Heads, query.Rows, value.Width)
            : context.Output(0, q.Type, query.Batch, query.Rows, (long)query.Heads * value.Width);
        TensorValue? scores = context.OutputCount > 3 && context.Wants(3)
            ? context.Output(3, q.Type, query.Batch, query.Heads, query.Rows, keys.Rows) : null;
        Span<T> output = Reals.Room<T>(context, result);
        Span<T> given = scores is null ? [] : Reals.Room<T>(context, scores);
        HeadAttention<T> attention = new()
        {
            Batches = query.Batch, Heads = query.Heads, KeyHeads = key.Heads, Queries = query.Rows,
            Keys = keys.Rows, HeadSize = query.Width, ValueSize = value.Width,
            Query = query.View(ConstantMatrix.First(Reals.Read<T>(context, q))), Key = keys.View, Value = values.View,
            Result = (query with { Width = value.Width }).View(ConstantMatrix.First(output)),
            Scale = T.CreateTruncating(_scale ?? (1 / Math.Sqrt(query.Width))),
            Softcap = T.CreateTruncating(_softcap), MasksFirst = _masksFirst,
            Scores = scores is null ? null : ConstantMatrix.First(given), Stage = _stage,
        };
        ReadMask(context, query, keys.Rows, ref attention.Mask);
        ReadLengths(context, query, keys.PastRows, ref attention.Mask);
        attention.Run(context);
        Reals.Write<T>(output, result);
        if (scores is not null)
        {
            Reals.Write<T>(given, scores);
        }

        keys.Write();
        values.Write();
    }

    private static HeadShape Shape(TensorValue tensor, string name, long heads)
    {
        if (tensor.Rank == 4)
        {
            return new HeadShape(
                (int)tensor.Shape[0], (int)tensor.Shape[1], (int)tensor.Shape[2], (int)tensor.Shape[3], true);
        }

        Operand.ExpectRank(tensor, 3, name);
        Operand.Expect(
            heads > 0 && tensor.Shape[2] % heads == 0, tensor, name, $"{heads} heads, given as an attribute");
        return new HeadShape(
            (int)tensor.Shape[0], (int)heads, (int)tensor.Shape[1], (int)(tensor.Shape[2] / heads), false);
    }

    private static unsafe void ReadMask<T>(
        KernelContext context, HeadShape query, int keys, ref ScoreMask<T> mask)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (context.OptionalInput(3) is not { } tensor)
        {
            return;
        }

        Operand.Expect(tensor.Rank is >= 1 and <= 4, tensor, "attn_mask", "one to four dimensions");
        Span<long> shape = stackalloc long[4];
        shape.Fill(1);
        tensor.Shape.CopyTo(shape[(4 - tensor.Rank)..]);
        Operand.Expect(
            (shape[0] == 1 || shape[0] == query.Batch) && (shape[1] == 1 || shape[1] == query.Heads)
                && (shape[2] == 1 || shape[2] == query.Rows) && shape[3] <= keys,
            tensor, "attn_mask", $"what broadcasts to [{query.Batch}, {query.Heads}, {query.Rows}, {keys}]");
        long head = shape[2] * shape[3], batch = shape[1] * head;
        (batch, head) = (shape[0] == 1 ? 0 : batch, shape[1] == 1 ? 0 : head);
        long row = shape[2] == 1 ? 0 : shape[3];
        if (tensor.Type == ElementType.Bool)
        {
            mask.Allowed = new ScoreBias<byte>(new HeadView<byte>(tensor.Pointer, batch, head, row), (int)shape[3]);
            return;
        }

        Operand.ExpectType(tensor, context.Input(0).Type, "attn_mask");
        T* first = ConstantMatrix.First(Reals.Read<T>(context, tensor));
        mask.Bias = new ScoreBias<T>(new HeadView<T>(first, batch, head, row), (int)shape[3]);
    }

    private unsafe void ReadLengths<T>(
        KernelContext context, HeadShape query, int? past, ref ScoreMask<T> mask)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Span<int> numbers = MemoryMarshal.Cast<byte, int>(context.Scratch(2L * query.Batch * sizeof(int)));
        Span<int> offsets = numbers[..query.Batch], counts = numbers[query.Batch..];
        offsets.Fill(past ?? 0);
        if (context.OptionalInput(6) is { } lengths)
        {
            Operand.ExpectType(lengths, ElementType.Int64, "nonpad_kv_seqlen");
            Operand.ExpectShape(lengths, "nonpad_kv_seqlen", query.Batch);
            for (int b = 0; b < query.Batch; b++)
            {
                counts[b] = (int)Math.Clamp(lengths.Span<long>()[b], 0, int.MaxValue);
                offsets[b] = past ?? (counts[b] - query.Rows);
            }

            mask.KeyCounts = ConstantMatrix.First(counts);
        }

        mask.CausalOffsets = _isCausal ? ConstantMatrix.First(offsets) : null;
    }
}
