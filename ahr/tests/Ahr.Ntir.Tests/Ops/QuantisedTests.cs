using Nbc.Kernels;
using static Ahr.Ntir.Tests.Ops.RuleRun;

namespace Ahr.Ntir.Tests.Ops;

public sealed class QuantisedTests
{
    private static readonly KernelAttributes s_none = KernelAttributes.None;

    [Fact]
    public void The_type_comes_from_zero_point_attribute_or_scale()
    {
        Assert.Equal("ui8 [n]", Type("quantize_linear", "f32 [n]", "f32 []"));
        Assert.Equal("si4 [n]", Type("quantize_linear", "f32 [n]", "f32 []", "si4 []"));
        Assert.Equal("si16 [n]", Type("quantize_linear", KernelAttributes.Of(("output_dtype", 5L)), "f32 [n]",
            "f32 []"));
        Assert.Equal("?", Type("quantize_linear", "f32 [n]", "f32 []", "?"));
        Assert.Equal("f16 [n]", Type("dequantize_linear", "ui8 [n]", "f16 []"));
        Assert.Equal("f32 [n]", Type("dequantize_linear", "ui8 [n]", "f8E8M0FNU []"));
        Assert.Equal("bf16 *", Type("dequantize_linear", KernelAttributes.Of(("output_dtype", 16L)), "ui8 *",
            "f16 []"));
        Assert.Equal("?", Type("dequantize_linear", "ui8 [n]", "?"));
        Assert.Equal(["ui8 [n]", "f32 []", "ui8 []"], ResultTypes("dynamic_quantize_linear", s_none, 3, "f32 [n]"));
    }

    [Fact]
    public void Products_follow_numpys_matmul()
    {
        Assert.Equal("si32 [batch, 2, 4]", Type("matmul_integer", "ui8 [batch, 2, k]", "ui8 [k, 4]"));
        Assert.Equal("si32 []", Type("matmul_integer", "ui8 [3]", "ui8 [3]"));
        Assert.Equal("si32 [2]", Type("matmul_integer", "ui8 [2, 3]", "ui8 [3]"));
        Assert.Equal("fails", Type("matmul_integer", "ui8 [2, 3]", "ui8 [4, 2]"));
        Assert.Equal("fails", Type("matmul_integer", "ui8 []", "ui8 [4, 2]"));
        Assert.Equal("si32 *", Type("matmul_integer", "ui8 *", "ui8 [4, 2]"));
        Assert.Equal("si8 [2, 4]", Type(
            "qlinear_matmul", "ui8 [2, 3]", "f32 []", "ui8 []", "ui8 [3, 4]", "f32 []", "ui8 []", "f32 []", "si8 []"));
        Assert.Equal("f32 [2, 4]", Type("ms.dynamic_quantize_matmul", "f32 [2, 3]", "ui8 [3, 4]", "f32 []"));
        Assert.Equal("f16 [2, 4]", Type("ms.matmul_integer_to_float", "ui8 [2, 3]", "ui8 [3, 4]", "f16 []", "f16 []"));
        Assert.Equal("?", Type("ms.dynamic_quantize_matmul", "?", "ui8 [3, 4]", "f32 []"));
    }

    [Fact]
    public void Qgemm_turns_its_factors()
    {
        KernelAttributes turned = KernelAttributes.Of(("transA", 1L), ("transB", 1L));
        Assert.Equal("f32 [n, 4]", Type(
            "ms.qgemm", turned, "ui8 [3, n]", "f32 []", "ui8 []", "si8 [4, 3]", "f32 []", "si8 []"));
        Assert.Equal("si8 [2, ?]", Type("ms.qgemm",
            "ui8 [2, 3]", "f32 []", "ui8 []", "si8 *", "f32 []", "si8 []", "-", "f32 []", "si8 []"));
        Assert.Equal("fails", Type("ms.qgemm", "ui8 [2, 3]", "f32 []", "ui8 []", "si8 [4, 3]", "f32 []", "si8 []"));
    }

    [Fact]
    public void Windows_slide()
    {
        Assert.Equal("si32 [n, 8, 4, 4]", Type("conv_integer", "ui8 [n, 3, 6, 6]", "ui8 [8, 3, 3, 3]"));
        Assert.Equal("si32 [n, 8, floordiv(h - 1, 2) + 1]", Type("conv_integer", KernelAttributes.Of(
            ("strides", new long[] { 2 }), ("pads", new long[] { 1, 1 })), "ui8 [n, 3, h]", "ui8 [8, 3, 3]"));
        Assert.Equal("si32 [n, 8, ceildiv(h, 2)]", Type("conv_integer", KernelAttributes.Of(
            ("strides", new long[] { 2 }), ("auto_pad", "SAME_UPPER")), "ui8 [n, 3, h]", "ui8 [8, 3, 3]"));
        Assert.Equal("si32 [n, 8, 2]", Type("conv_integer", KernelAttributes.Of(
            ("dilations", new long[] { 2 }), ("group", 3L)), "ui8 [n, 3, 6]", "ui8 [8, 1, 3]"));
        Assert.Equal("fails", Type("conv_integer", "ui8 [n, 3, 2]", "ui8 [8, 3, 3]"));
        Assert.Equal("fails", Type("conv_integer", "ui8 [n, 4, 6]", "ui8 [8, 3, 3]"));
        Assert.Equal("fails", Type("conv_integer", "ui8 [n, 4, 6]", "ui8 [8, 3]"));
        Assert.Equal("si32 [?, ?, ?]", Type("conv_integer", "ui8 [n, 4, 6]", "ui8 *"));
        Assert.Equal("si8 [n, 8, 4]", Type("qlinear_conv", "ui8 [n, 3, 6]", "f32 []", "ui8 []", "ui8 [8, 3, 3]",
            "f32 []", "ui8 []", "f32 []", "si8 []"));
    }

    [Fact]
    public void Pools_shrink_a_plane()
    {
        KernelAttributes two = KernelAttributes.Of(("kernel_shape", new long[] { 2, 2 }), ("strides", new long[] { 2,
            2 }));
        Assert.Equal("ui8 [n, c, 3, 3]", Type("ms.qlinear_average_pool", two, "ui8 [n, c, 7, 7]", "f32 []", "-",
            "f32 []"));
        KernelAttributes ceil = two.With("ceil_mode", 1L);
        Assert.Equal("ui8 [n, c, 4, 4]", Type("ms.qlinear_average_pool", ceil, "ui8 [n, c, 7, 7]", "f32 []", "-",
            "f32 []"));
        Assert.Equal("ui8 [n, 3, ?, c]", Type("ms.qlinear_average_pool", ceil.With("channels_last", 1L),
            "ui8 [n, 6, w, c]", "f32 []", "-", "f32 []"));
        Assert.Equal("fails", Type("ms.qlinear_average_pool", two, "ui8 [n, c, 7]", "f32 []", "-", "f32 []"));
        Assert.Equal("ui8 *", Type("ms.qlinear_average_pool", two, "ui8 *", "f32 []", "-", "f32 []"));
        Assert.Equal("ui8 [n, c, 1, 1]", Type("ms.qlinear_global_average_pool", "ui8 [n, c, h, w]", "f32 []"));
        Assert.Equal("ui8 [n, 1, 1, c]", Type("ms.qlinear_global_average_pool",
            KernelAttributes.Of(("channels_last", 1L)), "ui8 [n, h, w, c]", "f32 []"));
    }

    [Fact]
    public void Parts_and_pairs_keep_the_first_type()
    {
        Assert.Equal("ui8 [2, 3]", Type("ms.qlinear_add", "ui8 [2, 1]", "f32 []", "-", "ui8 [3]", "f32 []", "-",
            "f32 []"));
        Assert.Equal("si8 [n]", Type("ms.qlinear_sigmoid", "si8 [n]", "f32 []", "-", "f32 []"));
        Assert.Equal("ui8 [2, 3]", Type(
            "ms.qlinear_where", "i1 [2, 1]", "ui8 [3]", "f32 []", "-", "ui8 []", "f32 []", "-", "f32 []"));
        KernelAttributes axis = KernelAttributes.Of(("axis", 1L));
        Assert.Equal("ui8 [n, a + 3]", Type(
            "ms.qlinear_concat", axis, "f32 []", "ui8 []", "ui8 [n, a]", "f32 []", "ui8 []", "ui8 [n, 3]", "f32 []",
                "ui8 []"));
        Assert.Equal("fails", Type(
            "ms.qlinear_concat", axis, "f32 []", "ui8 []", "ui8 [2, a]", "f32 []", "ui8 []", "ui8 [3, 3]", "f32 []",
                "ui8 []"));
        Assert.Equal("fails", Type(
            "ms.qlinear_concat", axis, "f32 []", "ui8 []", "ui8 [2, a]", "f32 []", "ui8 []", "ui8 [3]", "f32 []",
                "ui8 []"));
        Assert.Equal("ui8 *", Type("ms.qlinear_concat", axis, "f32 []", "ui8 []", "ui8 *", "f32 []", "ui8 []"));
        KernelAttributes mean = KernelAttributes.Of(("axes", new long[] { 1 }), ("keepdims", 0L));
        Assert.Equal("ui8 [n]", Type("ms.qlinear_reduce_mean", mean, "ui8 [n, 4]", "f32 []"));
        Assert.Equal("ui8 [n, 1]", Type("ms.qlinear_reduce_mean", mean.With("keepdims", 1L), "ui8 [n, 4]", "f32 []"));
        Assert.Equal("ui8 *", Type("ms.qlinear_reduce_mean", mean, "ui8 *", "f32 []"));
    }
}
