using System.Runtime.InteropServices;
using Nbc.Kernels.Neural;
using Nbc.Kernels.Neural.Attending;
using Nbc.Kernels.Neural.Products;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Microsoft;

/// <summary>Causal attention of a decoder: query heads share key heads, with rotation of positions and a
/// cache.</summary>
/// <remarks>
/// Shape: query [batch, rows, heads * size], key and value [batch, rows, key heads * size], or all packed in the
/// query; past and present [batch, key heads, rows, size]. seqlens_k holds, for each sequence, its length less one.
/// Meaning: new keys go behind the past of their own sequence. The present is as long as the past buffer, or as
/// total_sequence_length where that is more.
/// Source: ONNX Runtime, com.microsoft GroupQueryAttention, version 1.
/// </remarks>
internal sealed class GroupQueryAttentionKernel(KernelAttributes attributes) : Kernel
{
    private readonly int _heads = AttentionKernel.HeadCount(attributes, "num_heads");
    private readonly int _keyHeads = AttentionKernel.HeadCount(attributes, "kv_num_heads");
    private readonly double? _scale = AttentionKernel.ScaleOf(attributes);
    private readonly float _softcap = (float)attributes.Float("softcap");
    private readonly int _window = (int)Math.Clamp(attributes.Int("local_window_size", -1), 0, int.MaxValue);
    private readonly bool _rotates = attributes.Flag("do_rotary");
    private readonly bool _interleaved = attributes.Flag("rotary_interleaved");
    private readonly bool _smooth = attributes.Flag("smooth_softmax");
    private readonly long _scores = attributes.Int("qk_output") is var mode and >= 0 and <= 2
        ? mode : throw Operand.Attribute("qk_output", attributes.Int("qk_output"), "0, 1 or 2");

    /// <inheritdoc/>
    public override unsafe void Run(KernelContext context)
    {
        TensorValue q = context.Input(0);
        if (!Reals.IsSingle(q.Type))
        {
            throw Operand.Type(q, "query");
        }

        Operand.ExpectRank(q, 3, "query");
        Operand.Expect(_heads % _keyHeads == 0, q, "query", "heads that the key heads divide");
        bool packed = !context.Has(1);
        int slots = packed ? _heads + (2 * _keyHeads) : _heads;
        Operand.Expect(q.Shape[2] % slots == 0, q, "query", $"{slots} heads");
        int batch = (int)q.Shape[0], rows = (int)q.Shape[1], size = (int)(q.Shape[2] / slots);
        HeadView<float> query = HeadView<float>.RowsFirst(
            ConstantMatrix.First(Reals.Read<float>(context, q)), slots, rows, size);
        HeadView<float> key = packed ? query.From((long)_heads * size) : Open(context, 1, "key", (batch, rows, size));
        HeadView<float> value = packed
            ? query.From((long)(_heads + _keyHeads) * size) : Open(context, 2, "value", (batch, rows, size));
        Lengths lengths = ReadLengths(context, batch, rows);
        if (_rotates)
        {
            Rotation<float> rotation = Angles(context, q, size);
            query = Turn(context, rotation, query, _heads, lengths, size);
            key = Turn(context, rotation, key, _keyHeads, lengths, size);
        }

        HeadView<float> keys = Remember(context, 1, 3, key, ref lengths, size);
        HeadView<float> values = Remember(context, 2, 4, value, ref lengths, size);
        Attend(context, q, (query, keys, values), lengths, size);
    }

    private unsafe void Attend(
        KernelContext context, TensorValue q, (HeadView<float> Q, HeadView<float> K, HeadView<float> V) views,
        Lengths lengths, int size)
    {
        TensorValue result = context.Output(0, q.Type, lengths.Batch, lengths.Rows, (long)_heads * size);
        Span<float> output = Reals.Room<float>(context, result);
        bool gives = _scores > 0 && context.OutputCount > 3 && context.Wants(3);
        TensorValue? scores = gives
            ? context.Output(3, q.Type, lengths.Batch, _heads, lengths.Rows, lengths.Total) : null;
        Span<float> given = scores is null ? [] : Reals.Room<float>(context, scores);
        HeadAttention<float> attention = new()
        {
            Batches = lengths.Batch, Heads = _heads, KeyHeads = _keyHeads, Queries = lengths.Rows,
            Keys = lengths.Total, HeadSize = size, ValueSize = size, Query = views.Q, Key = views.K, Value = views.V,
            Result = HeadView<float>.RowsFirst(ConstantMatrix.First(output), _heads, lengths.Rows, size),
            Scale = (float)(_scale ?? (1 / Math.Sqrt(size))), Softcap = _softcap,
            Scores = scores is null ? null : ConstantMatrix.First(given),
            Stage = _scores == 1 ? ScoreStage.Masked : ScoreStage.Weights,
        };
        attention.Mask.CausalOffsets = ConstantMatrix.First(lengths.Past);
        attention.Mask.Window = _window;
        attention.Sinks = Sinks(context, q);
        if (context.OptionalInput(10) is { } bias)
        {
            attention.Mask.Bias = MaskReader.Scores(
                context, bias, q, new HeadShape(lengths.Batch, _heads, lengths.Rows, size, false), lengths.Total);
        }

        attention.Run(context);
        Reals.Write<float>(output, result);
        if (scores is not null)
        {
            Reals.Write<float>(given, scores);
        }
    }

    private unsafe ReadOnlySpan<float> Sinks(KernelContext context, TensorValue like)
    {
        if (context.OptionalInput(11) is { } sinks)
        {
            Operand.ExpectType(sinks, like.Type, "head_sink");
            Operand.ExpectShape(sinks, "head_sink", _heads);
            return Reals.Read<float>(context, sinks);
        }

        if (!_smooth)
        {
            return [];
        }

        Span<float> zeros = MemoryMarshal.Cast<byte, float>(context.Scratch((long)_heads * sizeof(float)));
        zeros.Clear();
        return zeros;
    }

    private unsafe HeadView<float> Open(
        KernelContext context, int input, string name, (int Batch, int Rows, int Size) sizes)
    {
        TensorValue tensor = context.Input(input);
        Operand.ExpectType(tensor, context.Input(0).Type, name);
        Operand.ExpectShape(tensor, name, sizes.Batch, sizes.Rows, (long)_keyHeads * sizes.Size);
        return HeadView<float>.RowsFirst(
            ConstantMatrix.First(Reals.Read<float>(context, tensor)), _keyHeads, sizes.Rows, sizes.Size);
    }

    // A first prompt has no past, however long its sequences are; later each has its own.
    private static Lengths ReadLengths(KernelContext context, int batch, int rows)
    {
        TensorValue lengths = context.Input(5), total = context.Input(6);
        Operand.ExpectType(lengths, ElementType.Int32, "seqlens_k");
        Operand.Expect(lengths.Count == batch, lengths, "seqlens_k", $"{batch} numbers");
        Operand.ExpectType(total, ElementType.Int32, "total_sequence_length");
        Operand.Expect(total.Count == 1, total, "total_sequence_length", "one number");
        int all = total.Span<int>()[0];
        if (all < rows)
        {
            throw new KernelException(
                KernelFault.OutOfRange, $"total_sequence_length is {all}, expected {rows} at least");
        }

        Span<int> past = MemoryMarshal.Cast<byte, int>(context.Scratch((long)batch * sizeof(int)));
        for (int b = 0; b < batch; b++)
        {
            long before = all == rows ? 0 : (long)lengths.Span<int>()[b] + 1 - rows;
            if (before < 0 || before + rows > all)
            {
                throw new KernelException(
                    KernelFault.OutOfRange, $"seqlens_k has {before + rows - 1}, expected {rows - 1} to {all - 1}");
            }

            past[b] = (int)before;
        }

        return new Lengths(batch, rows, all, past);
    }

    private Rotation<float> Angles(KernelContext context, TensorValue q, int size)
    {
        TensorValue cos = context.Input(7), sin = context.Input(8);
        Operand.ExpectType(cos, q.Type, "cos_cache");
        Operand.ExpectType(sin, q.Type, "sin_cache");
        Operand.Expect(cos.Rank == 2 && cos.Shape[1] * 2 <= size, cos, "cos_cache", $"{size / 2} columns at most");
        Operand.ExpectShape(sin, "sin_cache", cos.Shape);
        return new Rotation<float>(
            Reals.Read<float>(context, cos), Reals.Read<float>(context, sin), (int)cos.Shape[1] * 2, _interleaved);
    }

    private static unsafe HeadView<float> Turn(
        KernelContext context, Rotation<float> rotation, HeadView<float> source, int heads, Lengths lengths, int size)
    {
        TensorValue? given = context.OptionalInput(9);
        if (given is not null)
        {
            Operand.ExpectType(given, ElementType.Int64, "position_ids");
            Operand.ExpectShape(given, "position_ids", lengths.Batch, lengths.Rows);
        }

        long count = checked((long)lengths.Batch * lengths.Rows * heads * size);
        Span<float> room = MemoryMarshal.Cast<byte, float>(context.Scratch(checked(count * sizeof(float))));
        HeadView<float> target = HeadView<float>.RowsFirst(ConstantMatrix.First(room), heads, lengths.Rows, size);
        for (int i = 0; i < lengths.Batch * lengths.Rows; i++)
        {
            int b = i / lengths.Rows, row = i % lengths.Rows;
            long position = given is null ? lengths.Past[b] + row : given.Span<long>()[i];
            rotation.Check(position);
            for (int h = 0; h < heads; h++)
            {
                rotation.Turn(
                    new ReadOnlySpan<float>(source.At(b, h, row), size), new Span<float>(target.At(b, h, row), size),
                    position);
            }
        }

        return target;
    }

    private unsafe HeadView<float> Remember(
        KernelContext context, int output, int input, HeadView<float> fresh, ref Lengths lengths, int size)
    {
        TensorValue? past = context.OptionalInput(input);
        ElementType type = context.Input(0).Type;
        int before = past is { Rank: 4 } ? (int)past.Shape[2] : 0;
        if (past is not null)
        {
            Operand.ExpectType(past, type, "the past");
            Operand.ExpectShape(past, "the past", lengths.Batch, _keyHeads, before, size);
        }

        int most = Math.Max(before, lengths.Total);
        bool wanted = output < context.OutputCount && context.Wants(output);
        TensorValue? present = wanted ? context.Output(output, type, lengths.Batch, _keyHeads, most, size) : null;
        long count = checked((long)lengths.Batch * _keyHeads * most * size);
        Span<float> room = present is not null
            ? Reals.Room<float>(context, present)
            : MemoryMarshal.Cast<byte, float>(context.Scratch(checked(count * sizeof(float))));
        room.Clear();
        HeadView<float> view = HeadView<float>.HeadsFirst(ConstantMatrix.First(room), _keyHeads, most, size);
        if (past is not null)
        {
            HeadView<float>.HeadsFirst(
                    ConstantMatrix.First(Reals.Read<float>(context, past)), _keyHeads, before, size)
                .CopyTo(view, lengths.Batch, _keyHeads, before, size);
        }

        for (int b = 0; b < lengths.Batch; b++)
        {
            if (lengths.Past[b] > before)
            {
                throw new KernelException(
                    KernelFault.OutOfRange, $"sequence {b} has a past of {lengths.Past[b]} rows, given are {before}");
            }

            fresh.From(b * fresh.BatchStep).CopyTo(
                view.From((b * view.BatchStep) + ((long)lengths.Past[b] * size)), 1, _keyHeads, lengths.Rows, size);
        }

        if (present is not null)
        {
            Reals.Write<float>(room, present);
        }

        return view;
    }

    /// <summary>How long the sequences are: rows now, the past of each, all of the longest.</summary>
    private readonly ref struct Lengths(int batch, int rows, int total, Span<int> past)
    {
        public int Batch => batch;

        public int Rows => rows;

        public int Total => total;

        public Span<int> Past { get; } = past;
    }
}
