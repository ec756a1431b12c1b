using Nbc.Kernels;

namespace Ahr.Ntir.Tests.Ops;

public sealed class NeuralTests
{
    private static readonly (string, AttributeValue)[] s_none = [];

    [Theory]
    [InlineData("f32[2, 3]", "f32[3, 4]", "f32[2, 4]")]
    [InlineData("f32[b, s, 64]", "f32[64, n]", "f32[b, s, n]")]
    [InlineData("f32[b, 1, 2, 3]", "f32[5, 3, ?]", "f32[b, 5, 2, ?]")]
    [InlineData("f32[3]", "f32[3, 4]", "f32[4]")]
    [InlineData("f32[b, 3]", "f32[3]", "f32[b]")]
    [InlineData("si32[3]", "si32[3]", "si32[]")]
    [InlineData("f16*", "f16[3, 4]", "f16*")]
    public void Products(string a, string b, string expected) =>
        Assert.Equal(expected, Inferred.First("matmul", s_none, a, b));

    [Fact]
    public void Products_that_never_go_together()
    {
        Inferred.Fails("matmul", s_none, "f32[2, 3]", "f32[4, 5]");
        Inferred.Fails("matmul", s_none, "f32[2, 2, 3]", "f32[3, 3, 5]");
        Inferred.Fails("matmul", s_none, "f32[]", "f32[3]");
        Inferred.Fails("gemm", s_none, "f32[2, 3]", "f32[4, 5]");
        Inferred.Fails("gemm", s_none, "f32[2]", "f32[2, 5]");
        Inferred.Fails("einsum", [("equation", "ij,jk->ik")], "f32[2, 3]", "f32[4, 5]");
        Inferred.Fails("einsum", [("equation", "ij,jk->ik")], "f32[2, 3]");
        Inferred.Fails("einsum", [("equation", "ij->i")], "f32[2]");
    }

    [Theory]
    [InlineData(0, 0, "f32[m, 3]", "f32[3, n]", "f32[m, n]")]
    [InlineData(1, 0, "f32[3, m]", "f32[3, n]", "f32[m, n]")]
    [InlineData(0, 1, "f32[m, 3]", "f32[n, 3]", "f32[m, n]")]
    [InlineData(0, 0, "f32*", "f32[3, n]", "f32[?, n]")]
    public void Gemm(long turnA, long turnB, string a, string b, string expected) =>
        Assert.Equal(expected, Inferred.First("gemm", [("transA", turnA), ("transB", turnB)], a, b));

    [Theory]
    [InlineData("ij,jk->ik", "f32[b, 3]", "f32[3, n]", "f32[b, n]")]
    [InlineData("...ij,...jk->...ik", "f32[b, 1, 2, 3]", "f32[4, 3, 5]", "f32[b, 4, 2, 5]")]
    [InlineData("ij,j", "f32[b, 3]", "f32[3]", "f32[b]")]
    [InlineData("...i,i->...", "f32*", "f32[3]", "f32*")]
    [InlineData("i,j->", "f32[2]", "f32[?]", "f32[]")]
    public void Einsum(string equation, string a, string b, string expected) =>
        Assert.Equal(expected, Inferred.First("einsum", [("equation", equation)], a, b));

    [Theory]
    [InlineData("f32[b, 3, 224, 224]", "f32[64, 3, 7, 7]", "f32[b, 64, 112, 112]")]
    [InlineData("f32[b, 3, h, w]", "f32[64, 3, 7, 7]", "f32[b, 64, floordiv(h - 1, 2) + 1, floordiv(w - 1, 2) + 1]")]
    [InlineData("f32*", "f32[64, 3, 7, 7]", "f32[?, 64, ?, ?]")]
    [InlineData("f32[1, 3, 2, 9]", "f32[64, 3, 9, 7]", "f32[1, 64, 0, 3]")]
    public void Windows_of_a_convolution(string x, string w, string expected)
    {
        (string, AttributeValue)[] attributes =
            [("pads", new long[] { 3, 3, 3, 3 }), ("strides", new long[] { 2, 2 })];
        if (x.Contains("2, 9"))
        {
            attributes = [("pads", new long[] { 3, 3, 3, 3 }), ("strides", new long[] { 1, 3 })];
        }

        Assert.Equal(expected, Inferred.First("conv", attributes, x, w));
    }

    [Fact]
    public void More_of_windows()
    {
        Assert.Equal("f32*", Inferred.First("conv", s_none, "f32*", "f32*"));
        Assert.Equal(
            "f32[1, 4, ceildiv(n, 2)]",
            Inferred.First(
                "conv", [("auto_pad", "SAME_UPPER"), ("strides", new long[] { 2 })], "f32[1, 2, n]", "f32[4, 2, 3]"));
        Assert.Equal(
            "f32[1, 4, n - 4]",
            Inferred.First(
                "conv", [("auto_pad", "VALID"), ("dilations", new long[] { 2 }), ("group", 2)], "f32[1, 2, n]",
                "f32[4, 1, 3]"));
        Assert.Equal(
            "f32[1, ?, n - 2]",
            Inferred.First("conv", [("kernel_shape", new long[] { 3 })], "f32[1, 2, n]", "f32*"));
        Inferred.Fails("conv", s_none, "f32[1, 3, 5]", "f32[4, 2, 3]");
        Inferred.Fails("conv", s_none, "f32[1, 3, 5]", "f32[4, 3, 3, 3]");
        Assert.Equal(
            "f32[1, 4, 5, 6]",
            Inferred.First("deform_conv", [("pads", new long[] { 1, 0, 0, 0 })], "f32[1, 2, 6, 7]", "f32[4, 2, 3, 2]",
                "f32[1, 12, 5, 6]"));
        Assert.Equal(
            "f32[?, 4, 5, 6]", Inferred.First("deform_conv", s_none, "f32*", "f32[4, 2, 3, 2]", "f32[1, 12, 5, 6]"));
    }

    [Fact]
    public void A_transposed_convolution_grows()
    {
        (string, AttributeValue)[] two = [("strides", new long[] { 2 })];
        Assert.Equal("f32[b, 6, 2*n]", Inferred.First("conv_transpose", [.. two, ("group", 2)], "f32[b, 4, n]",
            "f32[4, 3, 2]"));
        Assert.Equal(
            "f32[1, 3, 2*n]", Inferred.First("conv_transpose", [.. two, ("auto_pad", "SAME_LOWER")], "f32[1, 4, n]",
                "f32[4, 3, 5]"));
        Assert.Equal(
            "f32[1, 3, 9]",
            Inferred.First("conv_transpose", [.. two, ("output_shape", new long[] { 9 })], "f32[1, 4, n]",
                "f32[4, 3, 5]"));
        Assert.Equal(
            "f32[1, 3, 10]",
            Inferred.First(
                "conv_transpose", [.. two, ("output_padding", new long[] { 1 }), ("pads", new long[] { 1, 1 })],
                "f32[1, 4, 4]", "f32[4, 3, 5]"));
        Assert.Equal("f32[1, 3, 0]", Inferred.First("conv_transpose", two, "f32[1, 4, 0]", "f32[4, 3, 5]"));
        Assert.Equal("f32*", Inferred.First("conv_transpose", two, "f32*", "f32*"));
        Inferred.Fails("conv_transpose", s_none, "f32[1, 3, 5]", "f32[4, 2, 3]");
    }

    [Fact]
    public void Pools()
    {
        (string, AttributeValue)[] two = [("kernel_shape", new long[] { 3 }), ("strides", new long[] { 2 })];
        Assert.Equal(
            ["ui8[b, c, floordiv(n - 3, 2) + 1]", "si64[b, c, floordiv(n - 3, 2) + 1]"],
            Inferred.Types("max_pool", two, 2, "ui8[b, c, n]"));
        Assert.Equal("f32[1, 1, 2]", Inferred.First("average_pool", [.. two, ("ceil_mode", 1)], "f32[1, 1, 4]"));
        Assert.Equal("f32[1, 1, ?]", Inferred.First("average_pool", [.. two, ("ceil_mode", 1)], "f32[1, 1, n]"));
        Assert.Equal(
            "f32[1, 1, 1]",
            Inferred.First(
                "lp_pool",
                [("kernel_shape", new long[] { 1 }), ("strides", new long[] { 2 }), ("ceil_mode", 1),
                    ("pads", new long[] { 0, 1 })],
                "f32[1, 1, 2]"));
        Assert.Equal("f32[?, ?, ?]", Inferred.First("average_pool", two, "f32*"));
        Inferred.Fails("average_pool", two, "f32[1, 1, 4, 4]");
        Assert.Equal("f32[b, c, 1, 1]", Inferred.First("global_average_pool", s_none, "f32[b, c, h, ?]"));
        Assert.Equal("f32*", Inferred.First("global_max_pool", s_none, "f32*"));
    }

    [Fact]
    public void Recurrent_networks()
    {
        Assert.Equal(
            ["f32[s, 2, b, 8]", "f32[2, b, 8]", "f32[2, b, 8]"],
            Inferred.Types("lstm", [("direction", "bidirectional")], 3, "f32[s, b, 4]", "f32[2, 32, 4]",
                "f32[2, 32, 8]"));
        Assert.Equal(
            ["f32[b, s, 1, 8]", "f32[b, 1, 8]"],
            Inferred.Types("gru", [("layout", 1), ("hidden_size", 8)], 2, "f32[b, s, 4]", "f32*", "f32*"));
        Inferred.Fails("rnn", s_none, "f32[1, 2]", "f32[1, 1, 1]", "f32[1, 1, 1]");
    }

    [Fact]
    public void Attention_in_both_layouts_with_a_past()
    {
        Assert.Equal(
            ["f32[b, 8, q, 6]", "f32[b, 2, p + k, 4]", "f32[b, 2, p + k, 6]", "f32[b, 8, q, p + k]"],
            Order(Inferred.Types(
                "attention", s_none, 4, "f32[b, 8, q, 4]", "f32[b, 2, k, 4]", "f32[b, 2, k, 6]", "", "f32[b, 2, p, 4]",
                "f32[b, 2, p, 6]")));
        Assert.Equal(
            ["f32[b, q, 48]", "f32[b, 2, k, 4]"],
            Inferred.Types(
                "attention", [("q_num_heads", 8), ("kv_num_heads", 2)], 2, "f32[b, q, 32]", "f32[b, k, 8]",
                    "f32[b, k, 12]"));
        Assert.Equal("f32*", Inferred.First("attention", s_none, "f32*", "f32*", "f32*"));
        Inferred.Fails("attention", s_none, "f32[1, 2]", "f32[1, 2]", "f32[1, 2]");
        Assert.Equal("f16[b, s, 64]", Inferred.First("rotary_embedding", s_none, "f16[b, s, 64]", "f16*", "f16*"));
    }

    [Fact]
    public void States_from_call_to_call()
    {
        Assert.Equal(
            ["f32[b, c, n]", "f32[b, c, 3]"],
            Inferred.Types("causal_conv_with_state", s_none, 2, "f32[b, c, n]", "f32[c, 1, 4]"));
        Assert.Equal(
            ["f16[b, t, 24]", "f32[b, 2, 4, 6]"],
            Inferred.Types(
                "linear_attention", [("q_num_heads", 4), ("kv_num_heads", 2)], 2, "f16[b, t, 16]", "f16[b, t, 8]",
                "f16[b, t, 12]", "f32[b, 2, 4, 6]"));
    }

    // A sum has no order that a test should hold.
    private static string[] Order(string[] types) => [.. types.Select(type => type.Replace("k + p", "p + k"))];
}
