using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Neural.Attending;

/// <summary>Attention as a recurrence over a state of keys by values, with decay and correction.</summary>
/// <remarks>
/// Shape: query, key [batch, rows, heads * dk], value [batch, rows, key heads * dv], states
/// [batch, key heads, dk, dv], decay [.., key heads] or [.., key heads * dk], beta [.., key heads] or [.., 1],
/// erase_gate [.., key heads * dk].
/// Meaning, for each row: S = exp(decay) S (gated rules); v = beta (v - S' (erase k)) (delta rules); S = S + k v';
/// result = scale * S' q.
/// Accuracy: the state is float, or double for double.
/// Source: ONNX operator LinearAttention, version 27.
/// </remarks>
internal sealed class LinearAttentionKernel : RealKernel
{
    private readonly int _queryHeads, _keyHeads;
    private readonly bool _decays, _corrects;
    private readonly double _scale;

    public LinearAttentionKernel(KernelAttributes attributes)
        : base("query")
    {
        long queries = attributes.Int("q_num_heads"), keys = attributes.Int("kv_num_heads");
        if (keys <= 0 || queries <= 0 || queries > int.MaxValue || queries % keys != 0)
        {
            throw Operand.Attribute("q_num_heads", queries, $"a multiple of kv_num_heads, {keys}");
        }

        (_queryHeads, _keyHeads) = ((int)queries, (int)keys);
        _scale = attributes.Float("scale");
        string rule = attributes.Text("update_rule", "gated_delta");
        (_decays, _corrects) = rule switch
        {
            "linear" => (false, false),
            "gated" => (true, false),
            "delta" => (false, true),
            "gated_delta" => (true, true),
            _ => throw Operand.Attribute("update_rule", rule, "linear, gated, delta or gated_delta"),
        };
    }

    protected override unsafe void Run<T>(KernelContext context, TensorValue q)
    {
        TensorValue k = context.Input(1), v = context.Input(2);
        Sizes sizes = Measure(q, k, v);
        TensorValue? past = context.OptionalInput(3);
        ElementType stateType = past?.Type ?? q.Type;
        ReadOnlySpan<T> decay = Rows<T>(context, 4, "decay", _decays, q, [_keyHeads, _keyHeads * sizes.KeyWidth]);
        ReadOnlySpan<T> beta = Rows<T>(context, 5, "beta", _corrects, q, [_keyHeads, 1]);
        ReadOnlySpan<T> erase = context.Has(6)
            ? Rows<T>(context, 6, "erase_gate", _corrects, q, [_keyHeads * sizes.KeyWidth, _keyHeads * sizes.KeyWidth])
            : [];
        int stateSize = sizes.KeyWidth * sizes.ValueWidth;
        long stateCount = checked((long)sizes.Batch * _keyHeads * stateSize);
        Span<T> state = MemoryMarshal.Cast<byte, T>(context.Scratch(checked(stateCount * sizeof(T))));
        state.Clear();
        if (past is not null)
        {
            Operand.Expect(
                Reals.IsSingle(past.Type) ? typeof(T) == typeof(float) : past.Type == q.Type, past, "past_state",
                "a type as wide as the query");
            Operand.ExpectShape(past, "past_state", sizes.Batch, _keyHeads, sizes.KeyWidth, sizes.ValueWidth);
            Reals.Read<T>(context, past).CopyTo(state);
        }

        TensorValue result = context.Output(0, q.Type, sizes.Batch, sizes.Rows, (long)_queryHeads * sizes.ValueWidth);
        Span<T> output = Reals.Room<T>(context, result);
        Recurrence<T> recurrence = new()
        {
            Query = Reals.Read<T>(context, q), Key = Reals.Read<T>(context, k), Value = Reals.Read<T>(context, v),
            Decay = decay, Beta = beta, Erase = erase, Result = output, Sizes = sizes, KeyHeads = _keyHeads,
            Share = _queryHeads / _keyHeads,
            Room = MemoryMarshal.Cast<byte, T>(context.Scratch((long)sizes.ValueWidth * sizeof(T))),
            Scale = T.CreateTruncating(_scale == 0 ? 1 / Math.Sqrt(sizes.KeyWidth) : _scale),
        };
        for (int i = 0; i < sizes.Batch * _keyHeads; i++)
        {
            for (int t = 0; t < sizes.Rows; t++)
            {
                recurrence.Step((i / _keyHeads * sizes.Rows) + t, i % _keyHeads, state.Slice(i * stateSize, stateSize));
            }

            context.ThrowIfCancelled();
        }

        Reals.Write<T>(output, result);
        if (context.OutputCount > 1 && context.Wants(1))
        {
            TensorValue present = context.Output(
                1, stateType, sizes.Batch, _keyHeads, sizes.KeyWidth, sizes.ValueWidth);
            Span<T> target = Reals.Room<T>(context, present);
            state.CopyTo(target);
            Reals.Write<T>(target, present);
        }
    }

    private Sizes Measure(TensorValue q, TensorValue k, TensorValue v)
    {
        Operand.ExpectRank(q, 3, "query");
        Operand.ExpectType(k, q.Type, "key");
        Operand.ExpectType(v, q.Type, "value");
        Operand.Expect(q.Shape[2] % _queryHeads == 0, q, "query", $"{_queryHeads} heads");
        Operand.ExpectShape(k, "key", q.Shape[0], q.Shape[1], q.Shape[2] / _queryHeads * _keyHeads);
        Operand.Expect(
            v.Rank == 3 && v.Shape[0] == q.Shape[0] && v.Shape[1] == q.Shape[1] && v.Shape[2] % _keyHeads == 0, v,
            "value", $"{_keyHeads} heads of as many rows");
        return new Sizes(
            (int)q.Shape[0], (int)q.Shape[1], (int)(q.Shape[2] / _queryHeads), (int)(v.Shape[2] / _keyHeads));
    }

    // One row of numbers for each row of the query, or a refusal where the rule does not go with the operand.
    private static ReadOnlySpan<T> Rows<T>(
        KernelContext context, int input, string name, bool wanted, TensorValue q, ReadOnlySpan<int> widths)
        where T : unmanaged
    {
        if (context.OptionalInput(input) is not { } tensor)
        {
            return wanted
                ? throw new KernelException(KernelFault.MissingOperand, $"this update_rule needs {name}") : [];
        }

        Operand.Expect(wanted, tensor, name, "nothing with this update_rule");
        Operand.ExpectType(tensor, q.Type, name);
        Operand.Expect(
            tensor.Rank == 3 && tensor.Shape[0] == q.Shape[0] && tensor.Shape[1] == q.Shape[1]
                && (tensor.Shape[2] == widths[0] || tensor.Shape[2] == widths[1]),
            tensor, name, $"rows of {widths[0]} or {widths[1]}");
        return Reals.Read<T>(context, tensor);
    }

    private readonly record struct Sizes(int Batch, int Rows, int KeyWidth, int ValueWidth);

    /// <summary>One step of one head.</summary>
    private ref struct Recurrence<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public ReadOnlySpan<T> Query, Key, Value, Decay, Beta, Erase;
        public Span<T> Result, Room;
        public Sizes Sizes;
        public int KeyHeads, Share;
        public T Scale;

        public readonly void Step(int row, int head, Span<T> state)
        {
            int dk = Sizes.KeyWidth, dv = Sizes.ValueWidth, rows = Sizes.Batch * Sizes.Rows;
            ReadOnlySpan<T> key = Key.Slice(((row * KeyHeads) + head) * dk, dk);
            Span<T> value = Room;
            Value.Slice(((row * KeyHeads) + head) * dv, dv).CopyTo(value);
            int decays = Decay.Length / rows, betas = Beta.Length / rows;
            for (int i = 0; i < dk && decays > 0; i++)
            {
                T log = Decay[(row * decays) + (decays == KeyHeads ? head : (head * dk) + i)];
                Span<T> line = state.Slice(i * dv, dv);
                TensorPrimitives.Multiply(line, T.Exp(log), line);
            }

            if (betas > 0)
            {
                for (int i = 0; i < dk; i++)
                {
                    T factor = Erase.IsEmpty ? key[i] : key[i] * Erase[(((row * KeyHeads) + head) * dk) + i];
                    TensorPrimitives.MultiplyAdd(state.Slice(i * dv, dv), -factor, value, value);
                }

                TensorPrimitives.Multiply(value, Beta[(row * betas) + (betas == 1 ? 0 : head)], value);
            }

            for (int i = 0; i < dk; i++)
            {
                Span<T> line = state.Slice(i * dv, dv);
                TensorPrimitives.MultiplyAdd(value, key[i], line, line);
            }

            for (int h = head * Share; h < (head + 1) * Share; h++)
            {
                int place = (row * KeyHeads * Share) + h;
                Span<T> target = Result.Slice(place * dv, dv);
                target.Clear();
                for (int i = 0; i < dk; i++)
                {
                    TensorPrimitives.MultiplyAdd(
                        state.Slice(i * dv, dv), Query[(place * dk) + i] * Scale, target, target);
                }
            }
        }
    }
}
