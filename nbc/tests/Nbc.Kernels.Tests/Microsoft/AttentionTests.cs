using Nbc.Kernels.Tests.Neural;
using Nbc.Tensors;
using Nbc.Values;
using NeuralTests = Nbc.Kernels.Tests.Neural.AttentionTests;

namespace Nbc.Kernels.Tests.Microsoft;

/// <summary>The attention operators of com.microsoft, against ONNX's own operator with the same mask.</summary>
public sealed class AttentionTests
{
    private const int B = 2, N = 2, S = 3, D = 4, Wide = N * D;
    private const double Filter = -10000;

    [Fact]
    public void A_projection_comes_before_attention()
    {
        TensorValue x = Given.Random(1, B, S, 5), w = Given.Random(2, 5, 3 * Wide), bias = Given.Random(3, 3 * Wide);
        (TensorValue q, TensorValue k, TensorValue v) = Project(x, w, bias);
        double[] expected = Given.Doubles(Standard(q, k, v));
        Given.Near(expected, Given.One("ms.attention", [("num_heads", N)], x, w, bias));
        Kernel kernel = KernelRegistry.Create("ms.attention", KernelAttributes.Of(("num_heads", N)));
        kernel.Prepare([null, w]);
        ReusedContext context = new(1, x, w, bias);
        kernel.Run(context);
        Given.Near(expected, context.Results[0]);
        Given.Near(
            Given.Doubles(Standard(q, k, v, null, ("is_causal", 1))),
            Given.One("ms.attention", [("num_heads", N), ("unidirectional", 1)], x, w, bias));
        TensorValue extra = Given.Random(5, 1, N, S, S);
        Given.Near(
            Given.Doubles(Standard(q, k, v, extra)),
            Given.One("ms.attention", [("num_heads", N)], x, w, bias, null, null, extra));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Every_kind_of_mask_hides_keys(int kind)
    {
        TensorValue x = Given.Random(1, B, S, 5), w = Given.Random(2, 5, 3 * Wide);
        (TensorValue q, TensorValue k, TensorValue v) = Project(x, w, null);
        TensorValue mask = kind switch
        {
            1 => Given.Ints([B], 2, 3),
            2 => Given.Ints([2 * B], 2, 3, 1, 0),
            3 => Given.Ints([B, S], 1, 1, 0, 1, 1, 1),
            4 => Given.Ints([B, S, S], 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1),
            _ => Given.Ints(
                [B, 1, 4, 4], 9, 9, 9, 9, 1, 1, 0, 9, 1, 1, 0, 9, 1, 1, 0, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                    1, 1),
        };
        double[] hidden = new double[B * S * S];
        for (int i = 0; i < hidden.Length; i++)
        {
            int key = i % S, batch = i / (S * S), row = i / S % S;
            bool hides = batch == 0 && (key == 2 || (kind == 2 && key == 0));
            hidden[i] = hides && !(kind == 5 && row == 0) ? Filter : 0;
        }

        TensorValue bias = Given.Floats([B, 1, S, S], [.. hidden.Select(value => (float)value)]);
        Given.Near(
            Given.Doubles(Standard(q, k, v, bias)), Given.One("ms.attention", [("num_heads", N)], x, w, null, mask));
    }

    [Fact]
    public void Past_and_present_lie_in_one_tensor()
    {
        TensorValue x = Given.Random(1, B, S, 5), w = Given.Random(2, 5, 3 * Wide),
            past = Given.Random(4, 2, B, N, 2, D);
        (TensorValue q, TensorValue k, TensorValue v) = Project(x, w, null);
        int half = past.Count / 2;
        TensorValue pastKey = Given.Floats([B, N, 2, D], past.Span<float>()[..half].ToArray());
        TensorValue pastValue = Given.Floats([B, N, 2, D], past.Span<float>()[half..].ToArray());
        NbcValue?[] standard = Given.Run(
            "attention", [("q_num_heads", N), ("kv_num_heads", N), ("is_causal", 1)], 3, q, k, v, null, pastKey,
                pastValue);
        NbcValue?[] found = Given.Run(
            "ms.attention", [("num_heads", N), ("unidirectional", 1)], 2, x, w, null, null, past);
        Given.Near(Given.Doubles(standard[0]), found[0]);
        Given.Near([.. Given.Doubles(standard[1]), .. Given.Doubles(standard[2])], found[1]);
        Given.Near(
            Given.Doubles(standard[0]),
            Given.One("ms.attention", [("num_heads", N), ("unidirectional", 1)], x, w, null, null, past));
    }

    [Fact]
    public void Heads_of_many_layouts_attend_alike()
    {
        TensorValue q = Given.Random(1, B, N, S, D), k = Given.Random(2, B, N, S, D), v = Given.Random(3, B, N, S, D);
        TensorValue fq = NeuralTests.Flat(q, N, S, D), fk = NeuralTests.Flat(k, N, S, D),
            fv = NeuralTests.Flat(v, N, S, D);
        double[] expected = Given.Doubles(Standard(fq, fk, fv));
        (string, AttributeValue)[] heads = [("num_heads", N)];
        Given.Near(expected, Given.One("ms.multi_head_attention", heads, fq, fk, fv));
        Given.Near(expected, Given.One("ms.multi_head_attention", heads, fq, k, v));
        Given.Near(expected, Given.One("ms.multi_head_attention", heads, fq, Packed(fk, fv)));
        Given.Near(expected, Given.One("ms.multi_head_attention", heads, Packed(fq, fk, fv)));
        Given.Near(
            Given.Doubles(Standard(fq, fk, fv, null, ("is_causal", 1))),
            Given.One("ms.multi_head_attention", [.. heads, ("unidirectional", 1)], fq, fk, fv));
        TensorValue mask = Given.Ints([B, S], 1, 1, 0, 1, 1, 1), extra = Given.Random(5, B, 1, S, S);
        float[] sum = [.. Given.Doubles(extra).Select((value, i) =>
            (float)(value + (i < S * S && i % S == 2 ? Filter : 0)))];
        Given.Near(
            Given.Doubles(Standard(fq, fk, fv, Given.Floats([B, 1, S, S], sum))),
            Given.One("ms.multi_head_attention", heads, fq, fk, fv, null, mask, extra));
    }

    [Fact]
    public void A_bias_a_past_and_the_scores_of_many_heads()
    {
        TensorValue q = Given.Random(1, B, S, Wide), k = Given.Random(2, B, S, Wide), v = Given.Random(3, B, S, Wide);
        TensorValue bias = Given.Random(4, 3 * Wide), pastKey = Given.Random(5, B, N, 2, D),
            pastValue = Given.Random(6, B, N, 2, D);
        TensorValue Added(TensorValue x, int part) => Given.Floats(
            [B, S, Wide], [.. x.Span<float>().ToArray().Select((value, i) =>
                value + bias.Span<float>()[(part * Wide) + (i % Wide)])]);
        NbcValue?[] standard = Given.Run(
            "attention", [("q_num_heads", N), ("kv_num_heads", N)], 4, Added(q, 0), Added(k, 1), Added(v, 2), null,
                pastKey,
            pastValue);
        NbcValue?[] found = Given.Run(
            "ms.multi_head_attention", [("num_heads", N)], 4, q, k, v, bias, null, null, pastKey, pastValue);
        for (int i = 0; i < 4; i++)
        {
            Given.Near(Given.Doubles(standard[i]), found[i]);
        }

        Given.Near(
            Given.Doubles(standard[0]),
            Given.One("ms.multi_head_attention", [("num_heads", N)], q, k, v, bias, null, null, pastKey, pastValue));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_decoder_appends_to_its_cache(bool packed)
    {
        const int heads = 4, shared = 2, past = 3, rows = 1;
        TensorValue q = Given.Random(1, B, rows, heads * D), k = Given.Random(2, B, rows, shared * D);
        TensorValue v = Given.Random(3, B, rows, shared * D), pastKey = Given.Random(4, B, shared, past, D);
        TensorValue pastValue = Given.Random(5, B, shared, past, D);
        TensorValue all = Given.Floats(
            [B, rows, (heads + (2 * shared)) * D],
            [.. Enumerable.Range(0, B).SelectMany(b => ((TensorValue[])[q, k, v]).SelectMany(
                t => t.Span<float>().Slice(b * t.Count / B, t.Count / B).ToArray()))]);
        NbcValue?[] standard = Given.Run(
            "attention", [("q_num_heads", heads), ("kv_num_heads", shared), ("is_causal", 1), ("softcap", 0.5)], 3, q,
                k, v,
            null, pastKey, pastValue);
        (string, AttributeValue)[] attributes = [("num_heads", heads), ("kv_num_heads", shared), ("softcap", 0.5)];
        NbcValue?[] found = Given.Run(
            "ms.group_query_attention", attributes, 3, packed ? all : q, packed ? null : k, packed ? null : v, pastKey,
            pastValue, Given.Ints([B], past, past), Given.Ints([], past + rows));
        for (int i = 0; i < 3; i++)
        {
            Given.Near(Given.Doubles(standard[i]), found[i]);
        }
    }

    [Fact]
    public void A_prompt_turns_its_positions_and_sees_a_window()
    {
        TensorValue q = Given.Random(1, B, S, Wide), k = Given.Random(2, B, S, Wide), v = Given.Random(3, B, S, Wide);
        TensorValue cos = Given.Random(4, 8, D / 2), sin = Given.Random(5, 8, D / 2),
            positions = Given.Longs([B, S], 0, 1, 2, 0, 1, 2);
        TensorValue Turned(TensorValue x) =>
            Given.One("rotary_embedding", [("num_heads", N)], x, cos, sin, positions);
        TensorValue window = Given.Floats([S, S], 0, 0, 0, 0, 0, 0, float.NegativeInfinity, 0, 0);
        double[] expected = Given.Doubles(Standard(Turned(q), Turned(k), v, window, ("is_causal", 1)));
        (string, AttributeValue)[] attributes =
            [("num_heads", N), ("kv_num_heads", N), ("do_rotary", 1), ("local_window_size", 2)];
        NbcValue?[] operands = [q, k, v, null, null, Given.Ints([B], S - 1, S - 1), Given.Ints([1], S), cos, sin];
        Given.Near(expected, Given.One("ms.group_query_attention", attributes, operands));
        Given.Near(expected, Given.One("ms.group_query_attention", attributes, [.. operands, positions]));
        TensorValue turned = Given.One("ms.rotary_embedding", [("num_heads", N)], q, positions, cos, sin);
        Given.Near(Given.Doubles(Turned(q)), turned);
        Given.Near(Given.Doubles(Turned(q)), Given.One("ms.rotary_embedding", [], q, Given.Longs([1], 0), cos, sin));
        TensorValue heads = Given.Random(1, B, N, S, D);
        Given.Near(
            Given.Doubles(Given.One("rotary_embedding", [], heads, cos, sin, positions)),
            Given.One("ms.rotary_embedding", [], heads, positions, cos, sin));
    }

    [Fact]
    public void Sinks_take_weight_from_the_keys_and_scores_can_be_given_out()
    {
        TensorValue one = Given.Floats([1, 1, 1], 0), v = Given.Floats([1, 1, 1], 6);
        (string, AttributeValue)[] attributes = [("num_heads", 1), ("kv_num_heads", 1)];
        NbcValue?[] operands = [one, one, v, null, null, Given.Ints([1], 0), Given.Ints([1], 1)];
        Given.Near([6], Given.One("ms.group_query_attention", attributes, operands));
        Given.Near([3], Given.One("ms.group_query_attention", [.. attributes, ("smooth_softmax", 1)], operands));
        NbcValue?[] sink = [.. operands, null, null, null, Given.Floats([1, 1, 1, 1], 0),
            Given.Floats([1], (float)Math.Log(2))];
        NbcValue?[] found = Given.Run("ms.group_query_attention", [.. attributes, ("qk_output", 2)], 4, sink);
        Given.Near([2], found[0]);
        Given.Near([1 / 3.0], found[3]);
        Given.Near([0], Given.Run("ms.group_query_attention", [.. attributes, ("qk_output", 1)], 4, sink)[3]);
    }

    [Fact]
    public void What_does_not_go_together_is_refused()
    {
        TensorValue q = Given.Random(1, 1, 2, 4), w = Given.Random(2, 4, 12), whole = Given.Ints([1, 1, 1], 1);
        (string, AttributeValue)[] two = [("num_heads", 2)], gqa = [("num_heads", 2), ("kv_num_heads", 2)];
        Given.Refuses(KernelFault.WrongAttribute, "ms.attention", [], q, w);
        Given.Refuses(KernelFault.WrongAttribute, "ms.attention", [.. two, ("do_rotary", 1)], q, w);
        Given.Refuses(KernelFault.WrongAttribute, "ms.attention",
            [.. two, ("qkv_hidden_sizes", new long[] { 1, 1, 2 })], q, w);
        Given.Refuses(KernelFault.WrongType, "ms.attention", two, whole, w);
        Given.Refuses(KernelFault.WrongShape, "ms.attention", two, q, Given.Random(1, 4, 13));
        Given.Refuses(KernelFault.WrongShape, "ms.attention", two, q, w, null, Given.Ints([3], 1, 1, 1));
        Given.Refuses(KernelFault.Unsupported, "ms.attention", two, q, w, null, null, null, null, Given.Ints([1], 1));
        Given.Refuses(KernelFault.WrongType, "ms.multi_head_attention", two, whole, q, q);
        Given.Refuses(KernelFault.WrongShape, "ms.multi_head_attention", two, Given.Random(1, 2, 4), q, q);
        Given.Refuses(KernelFault.Unsupported, "ms.multi_head_attention", two, q, q, q, null, null, null, null, null,
            whole);
        Given.Refuses(KernelFault.WrongType, "ms.group_query_attention", gqa, whole, q, q);
        Given.Refuses(
            KernelFault.OutOfRange, "ms.group_query_attention", gqa, q, q, q, null, null, Given.Ints([1], 1),
                Given.Ints([1], 1));
        Given.Refuses(
            KernelFault.OutOfRange, "ms.group_query_attention", gqa, q, q, q, null, null, Given.Ints([1], 5),
                Given.Ints([1], 4));
        Given.Refuses(
            KernelFault.OutOfRange, "ms.group_query_attention", gqa, q, q, q, null, null, Given.Ints([1], 3),
                Given.Ints([1], 4));
        Given.Refuses(KernelFault.WrongAttribute, "ms.group_query_attention", [.. gqa, ("qk_output", 3)], q);
        Given.Refuses(KernelFault.WrongType, "ms.rotary_embedding", [], whole, whole, whole, whole);
        Given.Refuses(KernelFault.WrongAttribute, "ms.rotary_embedding", [("scale", 2.0)], q);
        Given.Refuses(KernelFault.WrongAttribute, "ms.rotary_embedding", [("rotary_embedding_dim", 2)], q);
        TensorValue cache = Given.Random(1, 2, 1);
        Given.Refuses(KernelFault.OutOfRange, "ms.rotary_embedding", [], q, Given.Longs([1], 1), cache, cache);
    }

    private static TensorValue Standard(
        TensorValue q, TensorValue k, TensorValue v, TensorValue? mask = null,
            params (string, AttributeValue)[] more) =>
        Given.One("attention", [("q_num_heads", N), ("kv_num_heads", N), .. more], q, k, v, mask);

    private static (TensorValue Q, TensorValue K, TensorValue V) Project(
        TensorValue x, TensorValue w, TensorValue? bias)
    {
        double[] all = Given.Doubles(Given.One("matmul", [], x, w));
        double[] added = bias is null ? new double[3 * Wide] : Given.Doubles(bias);
        TensorValue Part(int part) => Given.Floats(
            [B, S, Wide],
            [.. Enumerable.Range(0, B * S * Wide).Select(i =>
                (float)(all[(i / Wide * 3 * Wide) + (part * Wide) + (i % Wide)] + added[(part * Wide) + (i % Wide)]))]);
        return (Part(0), Part(1), Part(2));
    }

    // [batch, rows, heads, parts, size].
    private static TensorValue Packed(params TensorValue[] parts)
    {
        TensorValue packed = TensorValue.Allocate(ElementType.Float32, B, S, N, parts.Length, D);
        for (int i = 0; i < packed.Count; i++)
        {
            long[] at = Reference.Split(i, [B, S, N, parts.Length, D]);
            packed.Span<float>()[i] = parts[at[3]].Span<float>()[(int)Reference.Join(
                [at[0], at[1], at[2], at[4]], [B, S, N, D])];
        }

        return packed;
    }
}
