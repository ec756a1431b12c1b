using System.Runtime.InteropServices;
using Nbc.Kernels.Neural;
using Nbc.Kernels.Neural.Attending;
using Nbc.Kernels.Neural.Products;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Microsoft;

/// <summary>Attention over queries, keys and values that are projected already.</summary>
/// <remarks>
/// Shape: query [batch, rows, heads * size], key and value the same, or [batch, heads, keys, size], or the key packed
/// with the value [batch, keys, heads, 2, size] or the query with both [batch, rows, heads, 3, size].
/// Source: ONNX Runtime, com.microsoft MultiHeadAttention, version 1; past_sequence_length, cache_indirection and
/// cumulated sequence lengths are refused.
/// </remarks>
internal sealed class MultiHeadAttentionKernel(KernelAttributes attributes) : Kernel
{
    private readonly int _heads = AttentionKernel.HeadCount(attributes, "num_heads");
    private readonly bool _isCausal = attributes.Flag("unidirectional");
    private readonly float _filter = (float)attributes.Float("mask_filter_value", -10000);
    private readonly double? _scale = AttentionKernel.ScaleOf(attributes);

    /// <inheritdoc/>
    public override unsafe void Run(KernelContext context)
    {
        TensorValue q = context.Input(0);
        if (!Reals.IsSingle(q.Type))
        {
            throw Operand.Type(q, "query");
        }

        if (context.Has(8) || context.Has(9))
        {
            throw new KernelException(KernelFault.Unsupported, "shared caches are not supported");
        }

        Heads query = Open(context, q, "query", 3), key, value;
        if (q.Rank == 5)
        {
            Operand.Expect(!context.Has(1) && !context.Has(2), q, "query", "no key and value beside a packed query");
            (query, key, value) = (query.Slot(0), query.Slot(1), query.Slot(2));
        }
        else
        {
            TensorValue k = context.Input(1);
            key = Open(context, k, "key", 2);
            (key, value) = k.Rank == 5
                ? (key.Slot(0), key.Slot(1)) : (key, Open(context, context.Input(2), "value", 1));
        }

        Operand.Expect(
            key.Batch == query.Batch && value.Batch == query.Batch && key.Rows == value.Rows && key.Size == query.Size,
                q,
            "query", $"{key.Batch} batches and heads of {key.Size}, as the key");
        AddBias(context, q, ref query, ref key, ref value);
        Memory keys = Remember(context, 1, 6, q.Type, key), values = Remember(context, 2, 7, q.Type, value);
        Operand.Expect(keys.Rows == values.Rows, q, "past_value", "as many rows as past_key");
        Attend(context, q, query, (keys, values, value.Size, keys.Rows - key.Rows));
    }

    private unsafe void Attend(
        KernelContext context, TensorValue q, Heads query, (Memory Keys, Memory Values, int Size, int Past) other)
    {
        TensorValue result = context.Output(0, q.Type, query.Batch, query.Rows, (long)_heads * other.Size);
        Span<float> output = Reals.Room<float>(context, result);
        HeadShape shape = new(query.Batch, _heads, query.Rows, query.Size, false);
        int total = other.Keys.Rows;
        HeadAttention<float> attention = new()
        {
            Batches = query.Batch, Heads = _heads, KeyHeads = _heads, Queries = query.Rows, Keys = total,
            HeadSize = query.Size, ValueSize = other.Size, Query = query.View, Key = other.Keys.View,
            Value = other.Values.View,
            Result = HeadView<float>.RowsFirst(ConstantMatrix.First(output), _heads, query.Rows, other.Size),
            Scale = (float)(_scale ?? (1 / Math.Sqrt(query.Size))), Stage = ScoreStage.Product,
        };
        TensorValue? scores = context.OutputCount > 3 && context.Wants(3)
            ? context.Output(3, q.Type, query.Batch, _heads, query.Rows, total) : null;
        Span<float> given = scores is null ? [] : Reals.Room<float>(context, scores);
        attention.Scores = scores is null ? null : ConstantMatrix.First(given);
        if (context.OptionalInput(4) is { } mask)
        {
            attention.Mask.Bias = MaskReader.Keys(context, mask, shape, total, _filter, "key_padding_mask");
        }

        if (context.OptionalInput(5) is { } bias)
        {
            attention.Mask.SecondBias = MaskReader.Scores(context, bias, q, shape, total);
        }

        if (_isCausal)
        {
            Span<int> offsets = MemoryMarshal.Cast<byte, int>(context.Scratch((long)query.Batch * sizeof(int)));
            offsets.Fill(other.Past);
            attention.Mask.CausalOffsets = ConstantMatrix.First(offsets);
        }

        attention.Run(context);
        Reals.Write<float>(output, result);
        if (scores is not null)
        {
            Reals.Write<float>(given, scores);
        }
    }

    private unsafe Heads Open(KernelContext context, TensorValue tensor, string name, int packed)
    {
        Operand.ExpectType(tensor, context.Input(0).Type, name);
        float* first = ConstantMatrix.First(Reals.Read<float>(context, tensor));
        ReadOnlySpan<long> shape = tensor.Shape;
        switch (tensor.Rank)
        {
            case 3:
                Operand.Expect(shape[2] % _heads == 0, tensor, name, $"{_heads} heads");
                int size = (int)(shape[2] / _heads);
                return new Heads(
                    (int)shape[0], (int)shape[1], size, HeadView<float>.RowsFirst(first, _heads, (int)shape[1], size),
                        0);
            case 4 when packed < 3:
                Operand.Expect(shape[1] == _heads, tensor, name, $"{_heads} heads");
                return new Heads(
                    (int)shape[0], (int)shape[2], (int)shape[3],
                    HeadView<float>.HeadsFirst(first, _heads, (int)shape[2], (int)shape[3]), 0);
            case 5 when packed > 1:
                Operand.Expect(shape[2] == _heads && shape[3] == packed, tensor, name,
                    $"[.., {_heads}, {packed}, size]");
                long row = _heads * packed * shape[4];
                return new Heads(
                    (int)shape[0], (int)shape[1], (int)shape[4],
                    new HeadView<float>(first, shape[1] * row, packed * shape[4], row), (int)shape[4]);
            default:
                throw new KernelException(
                    KernelFault.WrongShape, $"{name} is {Shapes.Text(shape)}, expected heads in a layout it knows");
        }
    }

    // The bias of all three, one after the other; what it is added to is copied first.
    private unsafe void AddBias(
        KernelContext context, TensorValue like, ref Heads query, ref Heads key, ref Heads value)
    {
        if (context.OptionalInput(3) is not { } bias)
        {
            return;
        }

        int width = _heads * query.Size;
        Operand.ExpectType(bias, like.Type, "bias");
        Operand.ExpectShape(bias, "bias", (2L * width) + ((long)_heads * value.Size));
        Span<float> values = Reals.Read<float>(context, bias);
        query = Added(context, query, values[..width]);
        key = Added(context, key, values.Slice(width, width));
        value = Added(context, value, values[(2 * width)..]);
    }

    private unsafe Heads Added(KernelContext context, Heads heads, ReadOnlySpan<float> bias)
    {
        long count = checked((long)heads.Batch * _heads * heads.Rows * heads.Size);
        Span<float> room = MemoryMarshal.Cast<byte, float>(context.Scratch(checked(count * sizeof(float))));
        HeadView<float> target = HeadView<float>.HeadsFirst(
            ConstantMatrix.First(room), _heads, heads.Rows, heads.Size);
        heads.View.CopyTo(target, heads.Batch, _heads, heads.Rows, heads.Size);
        for (int row = 0; heads.Size > 0 && row < room.Length / heads.Size; row++)
        {
            Span<float> numbers = room.Slice(row * heads.Size, heads.Size);
            System.Numerics.Tensors.TensorPrimitives.Add(
                numbers, bias.Slice(row / heads.Rows % _heads * heads.Size, heads.Size), numbers);
        }

        return heads with { View = target };
    }

    private unsafe Memory Remember(KernelContext context, int output, int input, ElementType type, Heads fresh)
    {
        TensorValue? past = context.OptionalInput(input);
        bool wanted = output < context.OutputCount && context.Wants(output);
        if (past is null && !wanted)
        {
            return new Memory(fresh.View, fresh.Rows);
        }

        int before = past is { Rank: 4 } ? (int)past.Shape[2] : 0, total = checked(before + fresh.Rows);
        if (past is not null)
        {
            Operand.ExpectType(past, type, "the past");
            Operand.ExpectShape(past, "the past", fresh.Batch, _heads, before, fresh.Size);
        }

        TensorValue? present = wanted ? context.Output(output, type, fresh.Batch, _heads, total, fresh.Size) : null;
        long count = checked((long)fresh.Batch * _heads * total * fresh.Size);
        Span<float> room = present is not null
            ? Reals.Room<float>(context, present)
            : MemoryMarshal.Cast<byte, float>(context.Scratch(checked(count * sizeof(float))));
        HeadView<float> view = HeadView<float>.HeadsFirst(ConstantMatrix.First(room), _heads, total, fresh.Size);
        if (past is not null)
        {
            HeadView<float>.HeadsFirst(
                    ConstantMatrix.First(Reals.Read<float>(context, past)), _heads, before, fresh.Size)
                .CopyTo(view, fresh.Batch, _heads, before, fresh.Size);
        }

        fresh.View.CopyTo(
            view.From((long)before * fresh.Size), fresh.Batch, _heads, fresh.Rows, fresh.Size);
        if (present is not null)
        {
            Reals.Write<float>(room, present);
        }

        return new Memory(view, total);
    }

    /// <param name="SlotStep">From one part of a packed operand to the next; 0 when it is not packed.</param>
    private readonly record struct Heads(int Batch, int Rows, int Size, HeadView<float> View, int SlotStep)
    {
        public Heads Slot(int i) => this with { View = View.From((long)i * SlotStep) };
    }

    private readonly record struct Memory(HeadView<float> View, int Rows);
}
