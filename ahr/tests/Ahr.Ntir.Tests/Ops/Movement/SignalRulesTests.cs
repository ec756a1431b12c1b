using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;
using static Ahr.Ntir.Tests.Ops.Movement.TypeScene;

namespace Ahr.Ntir.Tests.Ops.Movement;

public sealed class SignalRulesTests
{
    private static readonly KernelAttributes s_none = KernelAttributes.None;

    [Fact]
    public void Transforms_keep_or_halve_their_lines()
    {
        Assert.Equal("f32 [n, s, 2]", Infer("dft", "f32 [n, s, 1]"));
        Assert.Equal("f32 [n, 5, 2]", Infer("dft", With(("onesided", 1)), "f32 [n, 8, 1]"));
        Assert.Equal("f32 [n, 16, 2]", Infer("dft", "f32 [n, 8, 1]", new long[] { 16 }));
        Assert.Equal("f32 [8, n, 2]",
            Infer("dft", "f32 [?, n, 2]", TensorValue.From<long>(ElementType.Int64, [8]),
                TensorValue.From<long>(ElementType.Int64, [0])));
        Assert.Equal("f32 [n, 8, 1]", Infer("dft", With(("onesided", 1), ("inverse", 1)), "f32 [n, 5, 2]"));
        Assert.Equal("f32 [?, ?, ?]", Infer("dft", "f32 [n, 8, 1]", null, "si64 []"));
        Assert.Equal("f32 *", Infer("dft", "f32 *"));
        Assert.Equal("f32 [n, 4, 3, 2]", Infer("stft", "f32 [n, 10, 1]", new long[] { 2 }, "f32 [4]"));
        Assert.Equal("f32 [n, ?, ?, 2]", Infer("stft", "f32 [n, 10, 1]", "si64 []", null, "si64 []"));
        Refuses("dft", s_none, "f32 [n, 8, 3]");
        Refuses("dft", s_none, "f32 [n, 8, 1]", null, new long[] { -1 });
        Refuses("stft", s_none, "f32 [n]", new long[] { 1 });
    }

    [Fact]
    public void Resized_tensors_have_the_sizes_that_are_told_or_scaled()
    {
        Assert.Equal("f32 [n, 3, 2*h, floordiv(w, 2)]", Infer("resize", "f32 [n, 3, h, w]", null, Row(1, 1, 2, 0.5f)));
        Assert.Equal("f32 [1, 2]", Infer("resize", "f32 [2, 4]", null, Row(0.6f, 0.6f)));
        Assert.Equal("f32 [?]", Infer("resize", "f32 [n]", null, Row(0.6f)));
        Assert.Equal("f32 [n, 7]",
            Infer("resize", With(("axes", new long[] { 1 })), "f32 [n, 4]", null, null, new long[] { 7 }));
        KernelAttributes notLarger = With(("keep_aspect_ratio_policy", "not_larger"));
        Assert.Equal("f32 [7, 7]", Infer("resize", notLarger, "f32 [2, 2]", null, null, new long[] { 7, 8 }));
        Assert.Equal("f32 [?, ?]", Infer("resize", notLarger, "f32 [n, 2]", null, null, new long[] { 7, 8 }));
        Assert.Equal("f32 [?, ?]", Infer("resize", "f32 [n, 2]", null, "f32 [2]"));
        Assert.Equal("f32 *", Infer("resize", "f32 *", null, "f32 [2]"));
        Refuses("resize", s_none, "f32 [n, 2]", null, Row(1));
        Refuses("resize", With(("axes", new long[] { 2 })), "f32 [n, 2]", null, Row(1));
    }

    [Fact]
    public void Samples_take_the_shape_of_their_grid()
    {
        Assert.Equal("f32 [n, 3, a, b]", Infer("grid_sample", "f32 [n, 3, h, w]", "f32 [?, a, b, 2]"));
        Assert.Equal("f32 [?, ?, ?, ?]", Infer("grid_sample", "f32 [n, 3, h, w]", "f32 *"));
        Assert.Equal("f32 [2, 5, 6, 2]", Infer("affine_grid", "f32 [2, 2, 3]", new long[] { 2, 3, 5, 6 }));
        Assert.Equal("f32 *", Infer("affine_grid", "f32 [2, 2, 3]", "si64 [?]"));
        Assert.Equal("f32 [r, c, 7, 5]",
            Infer("roi_align", With(("output_height", 7), ("output_width", 5)), "f32 [n, c, h, w]", "f32 [r, 4]",
                "si64 [r]"));
        Assert.Equal("f32 [?, ?, 2, 3]",
            Infer("max_roi_pool", With(("pooled_shape", new long[] { 2, 3 })), "f32 *", "f32 *"));
        Refuses("grid_sample", s_none, "f32 [n, 3, h, w]", "f32 [n, a, b, 3]");
        Refuses("affine_grid", s_none, "f32 [2, 2, 3]", new long[] { 2 });
        Refuses("roi_align", s_none, "f32 [n, c, h, w]", "f32 [r, 5]", "si64 [r]");
        Refuses("max_roi_pool", s_none, "f32 [n, c, h, w]", "f32 [r, 5]");
    }

    [Fact]
    public void Boxes_pictures_and_matrices()
    {
        Assert.Equal("si64 [?, 3]", Infer("non_max_suppression", "f32 [n, b, 4]", "f32 [n, c, b]"));
        Assert.Equal("ui8 [?, ?, 3]", Infer("image_decoder", "ui8 [?]"));
        Assert.Equal("ui8 [?, ?, 1]", Infer("image_decoder", With(("pixel_format", "Grayscale")), "ui8 [?]"));
        Assert.Equal("f32 [n]", Infer("det", "f32 [n, 3, 3]"));
        Assert.Equal("f32 *", Infer("det", "f32 *"));
        Assert.Equal("f32 [n, 3, 5, 6]", Infer("col2_im", "f32 [n, 12, l]", new long[] { 5, 6 }, new long[] { 2, 2 }));
        Assert.Equal("f32 *", Infer("col2_im", "f32 [n, 12, l]", "si64 [?]", "si64 [?]"));
        KernelAttributes two = With(("kernel_shape", new long[] { 2 }), ("strides", new long[] { 2 }));
        Assert.Equal("f32 [n, c, 2*w]", Infer("max_unpool", two, "f32 [n, c, w]", "si64 [n, c, w]"));
        Assert.Equal("f32 [1, 2, 9]",
            Infer("max_unpool", two, "f32 [n, c, w]", "si64 [n, c, w]", new long[] { 1, 2, 9 }));
        Assert.Equal("f32 [?, ?, ?]", Infer("max_unpool", two, "f32 [n, c, w]", "si64 [n, c, w]", "si64 [?]"));
        Refuses("det", s_none, "f32 [n, 3, 4]");
        Refuses("col2_im", s_none, "f32 [n]", new long[] { 5 }, new long[] { 2 });
        Refuses("max_unpool", two, "f32 [n]", "si64 [n]");
    }

    private static TensorValue Row(params float[] values) =>
        TensorValue.From<float>(ElementType.Float32, values, values.Length);
}
