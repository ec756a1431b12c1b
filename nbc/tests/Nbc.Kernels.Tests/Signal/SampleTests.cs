using Nbc.Values;
using static Nbc.Kernels.Tests.Movement.Give;

namespace Nbc.Kernels.Tests.Signal;

public sealed class SampleTests
{
    // One row of 0 1 2, sampled at one place.
    public static TheoryData<string, string, long, float, float> Places => new()
    {
        // mode, padding, align_corners, place, expected
        { "linear", "zeros", 1, 0, 1 },
        { "linear", "zeros", 1, 0.5f, 1.5f },
        { "linear", "zeros", 0, 2f / 3, 2 },
        { "linear", "zeros", 0, 1, 1 },
        { "linear", "zeros", 0, 5, 0 },
        { "linear", "border", 0, 1, 2 },
        { "linear", "border", 0, -9, 0 },
        { "linear", "reflection", 1, 2, 1 },
        { "linear", "reflection", 1, -2, 1 },
        { "linear", "reflection", 1, 4, 1 },
        { "linear", "reflection", 0, 1, 2 },
        { "linear", "border", 0, float.NaN, 0 },
        { "linear", "reflection", 1, float.PositiveInfinity, 0 },
        { "nearest", "zeros", 1, 0.4f, 1 },
        { "nearest", "zeros", 1, 0.5f, 2 },
        { "nearest", "zeros", 1, 3, 0 },
        { "nearest", "border", 1, 3, 2 },
        { "nearest", "reflection", 1, 1.6f, 1 },
        { "cubic", "zeros", 1, 0, 1 },
        { "cubic", "border", 1, 0.5f, 1.59375f },
        { "cubic", "border", 1, 1.5f, 2.09375f },
        { "cubic", "border", 1, float.PositiveInfinity, 2 },
        { "cubic", "reflection", 1, 0.5f, 1.6875f },
    };

    [Theory]
    [MemberData(nameof(Places))]
    public void A_place_in_a_row_has_its_value(string mode, string padding, long corners, float place,
        float expected) =>
        IsNear(
            Run("grid_sample", Attributes(("mode", mode), ("padding_mode", padding), ("align_corners", corners)),
                Counting(1, 1, 3), Tensor([1, 1, 1], place)),
            [1, 1, 1], 1e-5, expected);

    [Fact]
    public void A_grid_names_the_innermost_axis_first()
    {
        KernelAttributes corners = Attributes(("align_corners", 1));
        Is(Run("grid_sample", corners, Counting(1, 2, 2, 2), Tensor([1, 1, 2, 2], 1f, -1, -1, 1)),
            [1, 2, 1, 2], 1f, 2, 5, 6);
        Is(Run("grid_sample", corners, Counting(1, 1, 2, 2, 2), Tensor([1, 1, 1, 1, 3], 1f, -1, 1)), [1, 1, 1, 1, 1],
            5f);
        Is(Run("grid_sample", corners.With("mode", "nearest"), Tensor([1, 1, 1, 2], 7L, 8),
            Tensor([1, 1, 1, 2], 1f, 0)),
            [1, 1, 1, 1], 8L);
        AreTexts(Run("grid_sample", corners.With("mode", "nearest"), Texts([1, 1, 1, 2], "a", "b"),
            Tensor([1, 1, 2, 2], 1f, 0, 9, 9)), [1, 1, 1, 2], "b", "");
        Is(Run("grid_sample", corners.With("padding_mode", "reflection"), Counting(1, 1, 1), Tensor([1, 1, 1], 5f)),
            [1, 1, 1], 0f);
        Is(Run("grid_sample", Counting(1, 1, 0), Tensor([1, 1, 1], 5f)), [1, 1, 1], 0f);
        Refuses(KernelFault.WrongShape, "grid_sample", corners, Counting(1, 1, 2, 2), Counting(1, 1, 1, 3));
        Refuses(KernelFault.WrongShape, "grid_sample", corners, Counting(1, 1), Counting(1, 1));
        Refuses(KernelFault.Unsupported, "grid_sample", corners, Counting(1, 1, 1, 1, 1, 1, 1, 1, 1),
            Counting(1, 1, 1, 1, 1, 1, 1, 1, 7));
        Refuses(KernelFault.WrongType, "grid_sample", corners, Counting(1, 1, 2), Longs(1));
    }

    [Fact]
    public void An_affine_grid_of_the_identity_is_the_regular_grid()
    {
        TensorValue theta = Tensor([1, 2, 3], 1f, 0, 0, 0, 1, 0);
        IsNear(Run("affine_grid", theta, Longs(1, 1, 2, 2)),
            [1, 2, 2, 2], 1e-6, -0.5, -0.5, 0.5, -0.5, -0.5, 0.5, 0.5, 0.5);
        IsNear(Run("affine_grid", Attributes(("align_corners", 1)), theta, Longs(1, 1, 1, 2)),
            [1, 1, 2, 2], 1e-6, -1, 0, 1, 0);
        TensorValue moved = Tensor([1, 3, 4], 0f, 0, 2, 1, 0, 1, 0, 0, 1, 0, 0, 0);
        IsNear(Run("affine_grid", Attributes(("align_corners", 1)), moved, Longs(1, 1, 2, 1, 1)),
            [1, 2, 1, 1, 3], 1e-6, -1, 0, 0, 3, 0, 0);
        Refuses(KernelFault.WrongShape, "affine_grid", KernelAttributes.None, theta, Longs(1, 1, 2, 2, 2));
        Refuses(KernelFault.WrongShape, "affine_grid", KernelAttributes.None, theta, Longs(1));
        Refuses(KernelFault.TooLarge, "affine_grid", KernelAttributes.None, theta, Longs(1, 1, long.MaxValue, 2));
    }

    [Fact]
    public void Regions_are_aligned()
    {
        TensorValue x = Tensor([1, 1, 2, 2], 1f, 2, 3, 4), roi = Tensor([1, 4], 0f, 0, 2, 2);
        KernelAttributes whole = Attributes(("coordinate_transformation_mode", "output_half_pixel"),
            ("sampling_ratio", 1));
        Is(Run("roi_align", whole, x, roi, Longs(0)), [1, 1, 1, 1], 4f);
        KernelAttributes half = Attributes(("sampling_ratio", 1));
        Is(Run("roi_align", half, x, roi, Longs(0)), [1, 1, 1, 1], 2.5f);
        Is(Run("roi_align", half.With("mode", "max"), x, roi, Longs(0)), [1, 1, 1, 1], 1f);
        Is(Run("roi_align", Attributes(("output_height", 2), ("output_width", 2)), x, roi, Longs(0)),
            [1, 1, 2, 2], 1f, 2, 3, 4);
        Is(Run("roi_align", half, x, Tensor([1, 4], 8f, 8, 9, 9), Longs(0)), [1, 1, 1, 1], 0f);
        Is(Run("roi_align", KernelAttributes.None, x, Tensor([1, 4], 1f, 1, 1, 1), Longs(0)), [1, 1, 1, 1], 0f);
        Is(Run("roi_align", half, Counting(1, 1, 0, 2), roi, Longs(0)), [1, 1, 1, 1], 0f);
        Refuses(KernelFault.OutOfRange, "roi_align", half, x, roi, Longs(1));
        Refuses(KernelFault.OutOfRange, "roi_align", half, x, roi, Longs(-1));
        Refuses(KernelFault.OutOfRange, "roi_align", KernelAttributes.None, x, Tensor([1, 4], 0f, 0, 1e9f, 1),
            Longs(0));
        Refuses(KernelFault.OutOfRange, "roi_align", half, x, Tensor([1, 4], float.NaN, 0, 1, 1), Longs(0));
        Refuses(KernelFault.WrongShape, "roi_align", half, x, Tensor([1, 3], 0f, 0, 1), Longs(0));
        Refuses(KernelFault.WrongAttribute, "roi_align", Attributes(("sampling_ratio", -1)), x, roi, Longs(0));
    }

    [Fact]
    public void The_largest_of_each_bin_of_a_region()
    {
        KernelAttributes two = Attributes(("pooled_shape", new long[] { 2, 2 }));
        Is(Run("max_roi_pool", two, Counting(1, 1, 4, 4), Tensor([1, 5], 0f, 0, 0, 3, 3)), [1, 1, 2, 2], 5f, 7, 13, 15);
        Is(Run("max_roi_pool", two.With("spatial_scale", 0.5), Counting(1, 1, 4, 4), Tensor([1, 5], 0f, 2, 2, 4, 4)),
            [1, 1, 2, 2], 5f, 6, 9, 10);
        Is(Run("max_roi_pool", two, Counting(1, 1, 4, 4), Tensor([1, 5], 0f, 9, 9, 9, 9)), [1, 1, 2, 2], 0f, 0, 0, 0);
        Refuses(KernelFault.OutOfRange, "max_roi_pool", two, Counting(1, 1, 4, 4), Tensor([1, 5], 1f, 0, 0, 3, 3));
        Refuses(KernelFault.OutOfRange, "max_roi_pool", two, Counting(1, 1, 4, 4),
            Tensor([1, 5], 0f, 0, 0, float.NaN, 3));
        Refuses(KernelFault.WrongShape, "max_roi_pool", two, Counting(1, 1, 4, 4), Tensor([1, 4], 0f, 0, 0, 3));
        Refuses(KernelFault.WrongAttribute, "max_roi_pool", Attributes(("pooled_shape", new long[] { 2 })));
        Is(Run("max_roi_pool", two, Counting(1, 1, 0, 4), Tensor([1, 5], 0f, 0, 0, 3, 3)), [1, 1, 2, 2], 0f, 0, 0, 0);
    }
}
