using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Neural;

/// <summary>Rotation of positions, convolution with a state, linear attention.</summary>
public sealed class SequenceTests
{
    private static readonly TensorValue s_cos = Given.Floats([2, 1], 1, 0), s_sin = Given.Floats([2, 1], 0, 1);

    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float64)]
    [InlineData(ElementType.Float16)]
    public void A_quarter_turn_swaps_a_pair(ElementType type)
    {
        TensorValue x = Given.As(Given.Floats([1, 1, 2, 3], 1, 2, 3, 4, 5, 6), type);
        TensorValue positions = Given.Longs([1, 2], 1, 0);
        TensorValue y = Given.One(
            "rotary_embedding", [("rotary_embedding_dim", 2)], x, Given.As(s_cos, type), Given.As(s_sin, type),
                positions);
        Given.Near([-2, 1, 3, 4, 5, 6], y);
    }

    [Fact]
    public void Pairs_are_halves_or_neighbours_and_heads_lie_side_by_side()
    {
        TensorValue x = Given.Floats([1, 1, 8], 1, 2, 3, 4, 5, 6, 7, 8);
        TensorValue cos = Given.Floats([1, 1, 2], 0, 0), sin = Given.Floats([1, 1, 2], 1, 1);
        Given.Near(
            [-3, -4, 1, 2, -7, -8, 5, 6], Given.One("rotary_embedding", [("num_heads", 2)], x, cos, sin));
        Given.Near(
            [-2, 1, -4, 3, -6, 5, -8, 7],
            Given.One("rotary_embedding", [("num_heads", 2), ("interleaved", 1)], x, cos, sin));
    }

    [Fact]
    public void Positions_outside_of_the_cache_are_refused()
    {
        TensorValue x = Given.Floats([1, 1, 1, 2], 1, 2);
        Given.Refuses(KernelFault.OutOfRange, "rotary_embedding", [], x, s_cos, s_sin, Given.Longs([1, 1], 2));
        Given.Refuses(KernelFault.OutOfRange, "rotary_embedding", [], x, s_cos, s_sin, Given.Longs([1, 1], -1));
        Given.Refuses(KernelFault.WrongShape, "rotary_embedding", [], x, s_cos, s_sin);
        Given.Refuses(
            KernelFault.WrongShape, "rotary_embedding", [], Given.Floats([1, 1, 2], 1, 2), s_cos, s_sin,
            Given.Longs([1, 1], 0));
        Given.Refuses(
            KernelFault.WrongShape, "rotary_embedding", [("rotary_embedding_dim", 4)], x, s_cos, s_sin,
            Given.Longs([1, 1], 0));
        Given.Refuses(KernelFault.WrongType, "rotary_embedding", [], Given.Ints([1, 1, 1, 2], 1, 2), s_cos, s_sin);
    }

    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float64)]
    [InlineData(ElementType.BFloat16)]
    public void A_convolution_over_what_came_before(ElementType type)
    {
        TensorValue x = Given.As(Given.Floats([1, 2, 3], 1, 2, 3, 4, 5, 6), type);
        TensorValue w = Given.As(Given.Floats([2, 1, 2], 10, 1, 0, 1), type);
        TensorValue b = Given.As(Given.Floats([2], 0, 1), type), past = Given.As(Given.Floats([1, 2, 1], 7, 8), type);
        NbcValue?[] found = Given.Run("causal_conv_with_state", [], 2, x, w, b, past);
        Given.Near([71, 12, 23, 5, 6, 7], found[0]);
        Given.Near([3, 6], found[1]);
        Given.Near([1, 12, 23, 4, 5, 6], Given.One("causal_conv_with_state", [], x, w));
    }

    [Fact]
    public void A_short_input_leaves_some_of_the_past_and_silu_bends_the_result()
    {
        TensorValue x = Given.Floats([1, 1, 1], 2), w = Given.Floats([1, 1, 3], 0, 0, 1);
        NbcValue?[] found = Given.Run(
            "causal_conv_with_state", [("activation", "silu")], 2, x, w, null, Given.Floats([1, 1, 2], 8, 9));
        Given.Near([2 / (1 + Math.Exp(-2))], found[0]);
        Given.Near([9, 2], found[1]);
        Given.Near([0, 2], Given.Run("causal_conv_with_state", [], 2, x, w)[1]);
        Given.Refuses(KernelFault.WrongAttribute, "causal_conv_with_state", [("activation", "relu")], x, w);
        Given.Refuses(KernelFault.WrongShape, "causal_conv_with_state", [], x, Given.Floats([1, 1, 0]));
        Given.Refuses(KernelFault.WrongShape, "causal_conv_with_state", [], x, w, null, Given.Floats([1, 1, 1], 1));
        Given.Refuses(KernelFault.WrongType, "causal_conv_with_state", [], Given.Ints([1, 1, 1], 1), w);
    }

    [Theory]
    [InlineData("linear", false)]
    [InlineData("gated", true)]
    [InlineData("delta", false)]
    [InlineData("gated_delta", true)]
    [InlineData("gated_delta", false)]
    public void Linear_attention_equals_its_recurrence(string rule, bool perColumn)
    {
        const int b = 2, t = 3, heads = 4, shared = 2, dk = 3, dv = 2;
        TensorValue q = Given.Random(1, b, t, heads * dk), k = Given.Random(2, b, t, shared * dk);
        TensorValue v = Given.Random(3, b, t, shared * dv), past = Given.Random(4, b, shared, dk, dv);
        bool gated = rule.StartsWith("gated", StringComparison.Ordinal),
            delta = rule.EndsWith("delta", StringComparison.Ordinal);
        TensorValue? decay = gated ? Given.Random(5, b, t, perColumn ? shared * dk : shared) : null;
        TensorValue? beta = delta ? Given.Random(6, b, t, perColumn ? 1 : shared) : null;
        TensorValue? erase = delta && perColumn ? Given.Random(7, b, t, shared * dk) : null;
        (string, AttributeValue)[] attributes =
            [("q_num_heads", heads), ("kv_num_heads", shared), ("update_rule", rule), ("scale", perColumn ? 0.5 : 0.0)];
        (double[] expected, double[] state) = Recurrence(perColumn, q, k, v, past, decay, beta, erase);
        NbcValue?[] found = Given.Run("linear_attention", attributes, 2, q, k, v, past, decay, beta, erase);
        Given.Near(expected, found[0]);
        Given.Near(state, found[1]);
        NbcValue?[] wide = Given.Run(
            "linear_attention", attributes, 2, [.. ((TensorValue?[])[q, k, v, past, decay, beta, erase]).Select(
                tensor => tensor is null ? null : Given.As(tensor, ElementType.Float64))]);
        Given.Near(expected, wide[0], 1e-12);
    }

    [Fact]
    public void Rules_of_linear_attention_and_their_operands_go_together()
    {
        TensorValue q = Given.Random(1, 1, 1, 2);
        (string, AttributeValue)[] one = [("q_num_heads", 1), ("kv_num_heads", 1)];
        Given.Refuses(KernelFault.MissingOperand, "linear_attention", one, q, q, q);
        Given.Refuses(
            KernelFault.WrongShape, "linear_attention", [.. one, ("update_rule", "linear")], q, q, q, null,
            Given.Random(1, 1, 1, 1));
        Given.Refuses(KernelFault.WrongAttribute, "linear_attention", [.. one, ("update_rule", "x")], q, q, q);
        Given.Refuses(KernelFault.WrongAttribute, "linear_attention", [("q_num_heads", 1)], q, q, q);
        Given.Refuses(KernelFault.WrongType, "linear_attention", one, Given.Ints([1, 1, 1], 1), q, q);
    }

    // Two batches of three rows, four query heads that share two of keys 3 wide and values 2 wide.
    private static (double[] Result, double[] State) Recurrence(
        bool perColumn, TensorValue q, TensorValue k, TensorValue v, TensorValue past, TensorValue? decay,
        TensorValue? beta, TensorValue? erase)
    {
        const int b = 2, t = 3, heads = 4, shared = 2, dk = 3, dv = 2;
        double scale = perColumn ? 0.5 : 1 / Math.Sqrt(dk);
        double[] x = Given.Doubles(q), y = Given.Doubles(k), z = Given.Doubles(v),
            expected = new double[b * t * heads * dv];
        double[] state = Given.Doubles(past);
        for (int n = 0; n < b * shared; n++)
        {
            double[] s = state[(n * dk * dv)..((n + 1) * dk * dv)];
            for (int i = 0; i < t; i++)
            {
                int row = (n / shared * t) + i, head = n % shared, at = (row * shared) + head;
                double Decay(int d) => decay is null ? 0
                    : Given.Doubles(decay)[perColumn ? (at * dk) + d : at];
                double Beta() => Given.Doubles(beta)[perColumn ? row : at];
                double Key(int d) => y[(at * dk) + d];
                s = [.. s.Select((value, e) => value * Math.Exp(Decay(e / dv)))];
                double[] write = [.. Enumerable.Range(0, dv).Select(m => z[(at * dv) + m])];
                if (beta is not null)
                {
                    double[] read = [.. Enumerable.Range(0, dv).Select(m => Enumerable.Range(0, dk).Sum(d =>
                        s[(d * dv) + m] * Key(d) * (erase is null ? 1 : Given.Doubles(erase)[(at * dk) + d])))];
                    write = [.. write.Select((value, m) => Beta() * (value - read[m]))];
                }

                s = [.. s.Select((value, e) => value + (Key(e / dv) * write[e % dv]))];
                for (int h = head * 2; h < (head + 1) * 2; h++)
                {
                    for (int m = 0; m < dv; m++)
                    {
                        expected[(((row * heads) + h) * dv) + m] =
                            scale * Enumerable.Range(0, dk).Sum(d =>
                                x[(((row * heads) + h) * dk) + d] * s[(d * dv) + m]);
                    }
                }
            }

            s.CopyTo(state, n * dk * dv);
        }

        return (expected, state);
    }
}
