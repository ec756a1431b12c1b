using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Ntir.Tests.Ops;

public sealed class MicrosoftTests
{
    private static readonly (string, AttributeValue)[] s_none = [], s_heads = [("num_heads", 4)];

    [Theory]
    [InlineData("ms.gelu")]
    [InlineData("ms.bias_gelu")]
    [InlineData("ms.rotary_embedding")]
    [InlineData("ms.bias_softmax")]
    public void What_keeps_the_shape_of_its_first_operand(string name) =>
        Assert.Equal("f16[b, s, 8]", Inferred.First(name, s_none, "f16[b, s, 8]", "f16[8]"));

    [Fact]
    public void Normalisations()
    {
        Assert.Equal(
            ["f64[b, s, 8]", "f64[b, 1, 1]", "f64[b, 1, 1]"],
            Inferred.Types("ms.layer_normalization", [("axis", 1)], 3, "f64[b, s, 8]", "f64[8]"));
        Assert.Equal(["f16*", "f32*"], Inferred.Types("ms.simplified_layer_normalization", s_none, 2, "f16*",
            "f16[8]"));
        Inferred.Fails("ms.layer_normalization", [("axis", 3)], "f32[1, 2]", "f32[2]");
        Assert.Equal(
            ["f32[b, s, 8]", "!ntir.unknown", "!ntir.unknown", "f32[b, s, 8]"],
            Inferred.Types("ms.skip_layer_normalization", s_none, 4, "f32[b, s, 8]", "f32[b, s, 8]", "f32[8]"));
        Assert.Equal(
            ["f32[b, s, 64]", "si32[b]", "f32[b, s, 64]"],
            Inferred.Types(
                "ms.embed_layer_normalization", s_none, 3, "si32[b, s]", "", "f32[100, 64]", "f32[512, 64]", "",
                    "f32[64]",
                "f32[64]"));
    }

    [Fact]
    public void Attention_of_every_kind()
    {
        Assert.Equal(
            ["f32[b, s, 64]", "f32[2, b, 4, s + 3, 16]"],
            Inferred.Types("ms.attention", s_heads, 2, "f32[b, s, 32]", "f32[32, 192]", "", "", "f32[2, b, 4, 3, 16]"));
        Assert.Equal(
            "f32[b, s, 128]",
            Inferred.First("ms.attention", [.. s_heads, ("qkv_hidden_sizes", new long[] { 32, 32, 128 })],
                "f32[b, s, 32]", "f32[32, 192]"));
        Assert.Equal(
            ["f32[b, s, 64]", "f32[b, 4, k, 8]", "f32[b, 4, k, 16]", "f32[b, 4, s, k]"],
            Inferred.Types("ms.multi_head_attention", s_heads, 4, "f32[b, s, 32]", "f32[b, k, 32]", "f32[b, k, 64]"));
        Assert.Equal(
            "f32[b, s, 32]", Inferred.First("ms.multi_head_attention", s_heads, "f32[b, s, 32]", "f32[b, 4, k, 8]",
                "f32[b, 4, k, 8]"));
        Assert.Equal("f32[b, s, 32]", Inferred.First("ms.multi_head_attention", s_heads, "f32[b, s, 32]",
            "f32[b, k, 4, 2, 8]"));
        Assert.Equal("f32[b, s, 32]", Inferred.First("ms.multi_head_attention", s_heads, "f32[b, s, 4, 3, 8]"));
        (string, AttributeValue)[] grouped = [.. s_heads, ("kv_num_heads", 2)];
        Dictionary<int, TensorValue> total = new() { [6] = TensorValue.From<int>(ElementType.Int32, [9]) };
        Assert.Equal(
            ["f32[b, 1, 32]", "f32[b, 2, 12, 8]", "f32[b, 2, 12, 8]"],
            Inferred.Types(
                "ms.group_query_attention", grouped, 3, total, "f32[b, 1, 32]", "f32[b, 1, 16]", "f32[b, 1, 16]",
                "f32[b, 2, 12, 8]", "f32[b, 2, 12, 8]", "si32[b]", "si32[]"));
        Assert.Equal(
            ["f32[b, 1, 32]", "f32[b, 2, ?, 8]"],
            Inferred.Types(
                "ms.group_query_attention", grouped, 2, "f32[b, 1, 64]", "", "", "", "", "si32[b]", "si32[]"));
    }

    [Fact]
    public void Fused_and_quantised_products_and_windows()
    {
        Assert.Equal("f32[b, s, 7]", Inferred.First("ms.matmul_nbits", [("K", 5), ("N", 7)], "f32[b, s, 5]", "ui8*",
            "f32*"));
        Assert.Equal("f32*", Inferred.First("ms.matmul_nbits", [("K", 5), ("N", 7)], "f32*", "ui8*", "f32*"));
        Inferred.Fails("ms.matmul_nbits", [("K", 5), ("N", 7)], "f32[b, 6]", "ui8*", "f32*");
        Assert.Equal("f32[b, m, n]", Inferred.First("ms.fused_matmul", [("transA", 1), ("transB", 1)], "f32[b, 3, m]",
            "f32[b, n, 3]"));
        Assert.Equal("f32[b, m, n]", Inferred.First("ms.fused_matmul", [("transBatchA", 1)], "f32[m, b, 3]",
            "f32[b, 3, n]"));
        Assert.Equal("f32[m, n]", Inferred.First("ms.fused_gemm", s_none, "f32[m, 3]", "f32[3, n]"));
        Assert.Equal("f32[1, 4, 3]", Inferred.First("ms.fused_conv", s_none, "f32[1, 2, 5]", "f32[4, 2, 3]"));
        Assert.Equal("f32[1, 3, 4, 6]", Inferred.First("ms.nhwc_conv", s_none, "f32[1, 5, 5, 2]", "f32[6, 2, 3, 2]"));
        Dictionary<int, TensorValue> pads = new() { [2] = TensorValue.From<long>(ElementType.Int64, [1, 2], 2) };
        Assert.Equal(
            ["f32[1, 3, 3]"],
            Inferred.Types("ms.conv_transpose_with_dynamic_pads", s_none, 1, pads, "f32[1, 2, 4]", "f32[2, 3, 3]",
                "si64[2]"));
        Assert.Equal(
            "f32[1, 3, ?]", Inferred.First("ms.conv_transpose_with_dynamic_pads", s_none, "f32[1, 2, 4]",
                "f32[2, 3, 3]", "si64[2]"));
        Assert.Equal(
            "f32[s, 1, b, 8]", Inferred.First("ms.dynamic_quantize_lstm", s_none, "f32[s, b, 4]", "si8[1, 4, 32]",
                "si8[1, 8, 32]"));
    }

    [Fact]
    public void Small_operators()
    {
        Assert.Equal("f32[m, n]", Inferred.First("ms.cdist", s_none, "f32[m, 3]", "f32[n, 3]"));
        Inferred.Fails("ms.cdist", s_none, "f32[m, 3]", "f32[n, 4]");
        Dictionary<int, TensorValue> axis = new() { [1] = TensorValue.From<int>(ElementType.Int32, [-1]) };
        Assert.Equal(["f32[m, 3, 1]"], Inferred.Types("ms.expand_dims", s_none, 1, axis, "f32[m, 3]", "si32[]"));
        Assert.Equal("f32[?, ?, ?]", Inferred.First("ms.expand_dims", s_none, "f32[m, 3]", "si32[]"));
        Assert.Equal("f32*", Inferred.First("ms.expand_dims", s_none, "f32*", "si32[]"));
        Assert.Equal("i1[]", Inferred.First("ms.is_all_finite", s_none, "f32*"));
    }
}
