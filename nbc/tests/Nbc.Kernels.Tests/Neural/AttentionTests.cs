using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Neural;

public sealed class AttentionTests
{
    private const int B = 2, H = 4, Kv = 2, Q = 3, K = 5, D = 4, V = 6;

    [Theory]
    [InlineData(ElementType.Float32, 1e-5)]
    [InlineData(ElementType.Float64, 1e-12)]
    [InlineData(ElementType.Float16, 3e-3)]
    public void Heads_share_keys_in_groups(ElementType type, double tolerance)
    {
        TensorValue q = Given.Random(type, 1, B, H, Q, D), k = Given.Random(type, 2, B, Kv, K, D);
        TensorValue v = Given.Random(type, 3, B, Kv, K, V);
        double[] expected = Naive(q, k, v, 1 / Math.Sqrt(D), (_, _, _, _) => 0);
        Given.Near(expected, Given.One("attention", [], q, k, v), tolerance);
    }

    [Fact]
    public void Three_dimensions_hold_the_heads_side_by_side()
    {
        TensorValue q = Given.Random(1, B, H, Q, D), k = Given.Random(2, B, Kv, K, D), v = Given.Random(3, B, Kv, K, V);
        TensorValue y = Given.One(
            "attention", [("q_num_heads", H), ("kv_num_heads", Kv), ("scale", 0.3)], Flat(q, H, Q, D),
                Flat(k, Kv, K, D),
            Flat(v, Kv, K, V));
        Given.Shape(y, B, Q, H * V);
        double[] expected = Naive(q, k, v, 0.3, (_, _, _, _) => 0);
        Given.Near(Given.Doubles(Flat(Given.Floats([B, H, Q, V], [.. expected.Select(e => (float)e)]), H, Q, V)), y);
    }

    [Fact]
    public void Masks_add_forbid_and_broadcast()
    {
        TensorValue q = Given.Random(1, B, H, Q, D), k = Given.Random(2, B, Kv, K, D), v = Given.Random(3, B, Kv, K, V);
        TensorValue bias = Given.Random(4, B, 1, Q, K);
        double[] numbers = Given.Doubles(bias);
        Given.Near(
            Naive(q, k, v, 0.5, (b, _, i, j) => numbers[(((b * Q) + i) * K) + j]),
            Given.One("attention", [], q, k, v, bias));
        byte[] allowed = [1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1];
        TensorValue mask = Given.Bytes(ElementType.Bool, [Q, K], allowed);
        double Forbid(int b, int h, int i, int j) => allowed[(i * K) + j] == 1 ? 0 : double.NegativeInfinity;
        Given.Near(Naive(q, k, v, 0.5, Forbid), Given.One("attention", [], q, k, v, mask));
        TensorValue early = Given.Floats([1, 3], 0, 1, 0);
        Given.Near(
            Naive(q, k, v, 0.5, (_, _, _, j) => j > 2 ? double.NegativeInfinity : j == 1 ? 1 : 0),
            Given.One("attention", [], q, k, v, early));
        TensorValue earlyBool = Given.Bytes(ElementType.Bool, [1, 3], 1, 1, 1);
        Given.Near(
            Naive(q, k, v, 0.5, (_, _, _, j) => j > 2 ? double.NegativeInfinity : 0),
            Given.One("attention", [], q, k, v, earlyBool));
    }

    [Fact]
    public void A_past_comes_before_the_keys_and_moves_the_causal_edge()
    {
        TensorValue q = Given.Random(1, B, H, Q, D), k = Given.Random(2, B, Kv, Q, D), v = Given.Random(3, B, Kv, Q, V);
        TensorValue pastKey = Given.Random(4, B, Kv, 2, D), pastValue = Given.Random(5, B, Kv, 2, V);
        NbcValue?[] found = Given.Run(
            "attention", [("is_causal", 1)], 3, q, k, v, null, pastKey, pastValue);
        TensorValue keys = Joined(pastKey, k, D), values = Joined(pastValue, v, V);
        Given.Near(Given.Doubles(keys), found[1]);
        Given.Near(Given.Doubles(values), found[2]);
        double[] expected = Naive(
            q, keys, values, 0.5, (_, _, i, j) => j <= i + 2 ? 0 : double.NegativeInfinity, 5);
        Given.Near(expected, found[0]);
        Given.Near(expected, Given.One("attention", [("is_causal", 1)], q, k, v, null, pastKey, pastValue));
        NbcValue?[] half = Given.Run(
            "attention", [("is_causal", 1)], 3,
            [.. ((TensorValue?[])[q, k, v, null, pastKey, pastValue]).Select(
                t => t is null ? null : Given.As(t, ElementType.Float16))]);
        Given.Near(expected, half[0], 3e-3);
    }

    [Fact]
    public void Lengths_of_an_outer_cache_end_it_and_move_the_causal_edge()
    {
        TensorValue q = Given.Random(1, B, H, Q, D), k = Given.Random(2, B, Kv, K, D), v = Given.Random(3, B, Kv, K, V);
        TensorValue lengths = Given.Longs([B], 4, 3);
        double Hide(int b, int h, int i, int j) => j < (b == 0 ? 4 : 3) ? 0 : double.NegativeInfinity;
        Given.Near(Naive(q, k, v, 0.5, Hide), Given.One("attention", [], q, k, v, null, null, null, lengths));
        double Edge(int b, int h, int i, int j) => j <= i + (b == 0 ? 1 : 0) ? 0 : double.NegativeInfinity;
        Given.Near(
            Naive(q, k, v, 0.5, Edge),
            Given.One("attention", [("is_causal", 1)], q, k, v, null, null, null, lengths));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1)]
    [InlineData(0, 2)]
    [InlineData(0, 3)]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    public void Scores_are_given_out_at_each_stage(long masksFirst, long mode)
    {
        TensorValue q = Given.Random(1, 1, 1, 2, D), k = Given.Random(2, 1, 1, 3, D), v = Given.Random(3, 1, 1, 3, V);
        TensorValue bias = Given.Random(4, 2, 3);
        NbcValue?[] found = Given.Run(
            "attention",
            [("softcap", 0.4), ("qk_matmul_output_mode", mode), ("mask_before_softcap", masksFirst)], 4, q, k, v, bias);
        double[] x = Given.Doubles(q), y = Given.Doubles(k), numbers = Given.Doubles(bias);
        double[] raw = new double[6], stage = new double[6], last = new double[6];
        for (int i = 0; i < 6; i++)
        {
            raw[i] = Enumerable.Range(0, D).Sum(d => x[(i / 3 * D) + d] * y[(i % 3 * D) + d]) / 2;
            double capped = Cap(raw[i]), masked = raw[i] + numbers[i];
            last[i] = masksFirst == 1 ? Cap(masked) : capped + numbers[i];
            stage[i] = (masksFirst, mode) switch
            {
                (_, 0) => raw[i], (0, 1) => capped, (1, 1) => masked, _ => last[i],
            };
        }

        for (int i = 0; i < 6 && mode == 3; i++)
        {
            double sum = Enumerable.Range(i / 3 * 3, 3).Sum(j => Math.Exp(last[j]));
            stage[i] = Math.Exp(last[i]) / sum;
        }

        Given.Near(stage, found[3]);
    }

    [Fact]
    public void What_does_not_go_together_is_refused()
    {
        TensorValue q = Given.Random(1, B, H, Q, D), k = Given.Random(2, B, Kv, K, D), v = Given.Random(3, B, Kv, K, V);
        Given.Refuses(KernelFault.WrongShape, "attention", [], q, Given.Random(2, B, 3, K, D), v);
        Given.Refuses(KernelFault.WrongShape, "attention", [], q, k, Given.Random(2, B, Kv, 4, V));
        Given.Refuses(KernelFault.WrongShape, "attention", [], q, k, v, Given.Random(1, 2, K));
        Given.Refuses(KernelFault.WrongShape, "attention", [], q, k, v, null, Given.Random(1, B, Kv, 2, D));
        Given.Refuses(KernelFault.WrongShape, "attention", [], Given.Random(1, B, Q, D), Given.Random(2, B, K, D), v);
        Given.Refuses(KernelFault.WrongType, "attention", [], q, Given.As(k, ElementType.Float64), v);
        Given.Refuses(KernelFault.WrongType, "attention", [], Given.Ints([1, 1, 1, 1], 1), k, v);
        Given.Refuses(KernelFault.WrongAttribute, "attention", [("qk_matmul_output_mode", 4)], q, k, v);
        Given.Refuses(KernelFault.WrongAttribute, "attention", [("softmax_precision", 7)], q, k, v);
    }

    private static double Cap(double x) => 0.4 * Math.Tanh(x / 0.4);

    private static double[] Naive(
        TensorValue q, TensorValue k, TensorValue v, double scale, Func<int, int, int, int, double> mask, int keys = K)
    {
        double[] x = Given.Doubles(q), y = Given.Doubles(k), z = Given.Doubles(v), result = new double[B * H * Q * V];
        for (int n = 0; n < B * H * Q; n++)
        {
            int b = n / (H * Q), h = n / Q % H, i = n % Q, shared = (b * Kv) + (h / (H / Kv));
            double[] scores = [.. Enumerable.Range(0, keys).Select(j =>
                (scale * Enumerable.Range(0, D).Sum(d => x[(n * D) + d] * y[(((shared * keys) + j) * D) + d]))
                + mask(b, h, i, j))];
            double max = scores.Max(), sum = scores.Sum(s => Math.Exp(s - max));
            for (int j = 0; j < keys && !double.IsNegativeInfinity(max); j++)
            {
                for (int d = 0; d < V; d++)
                {
                    result[(n * V) + d] += Math.Exp(scores[j] - max) / sum * z[(((shared * keys) + j) * V) + d];
                }
            }
        }

        return result;
    }

    internal static TensorValue Flat(TensorValue tensor, int heads, int rows, int width)
    {
        TensorValue flat = TensorValue.Allocate(tensor.Type, tensor.Shape[0], rows, (long)heads * width);
        for (int i = 0; i < tensor.Count; i++)
        {
            long[] at = Reference.Split(i, [tensor.Shape[0], heads, rows, width]);
            flat.Span<float>()[(int)Reference.Join([at[0], at[2], at[1], at[3]], [at[0] + 1, rows, heads, width])] =
                tensor.Span<float>()[i];
        }

        return flat;
    }

    private static TensorValue Joined(TensorValue past, TensorValue fresh, int width)
    {
        int before = (int)past.Shape[2], rows = (int)fresh.Shape[2], heads = (int)(past.Shape[0] * past.Shape[1]);
        List<float> all = [];
        for (int h = 0; h < heads; h++)
        {
            all.AddRange(past.Span<float>().Slice(h * before * width, before * width).ToArray());
            all.AddRange(fresh.Span<float>().Slice(h * rows * width, rows * width).ToArray());
        }

        return Given.Floats([past.Shape[0], past.Shape[1], before + rows, width], [.. all]);
    }
}
