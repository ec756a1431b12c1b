using Nbc.Tensors;
using Nbc.Values;
using static Nbc.Kernels.Tests.Movement.Give;

namespace Nbc.Kernels.Tests.Signal;

/// <summary>Expected values are those that the operator's text gives for these cases, or follow from its
/// formulas.</summary>
public sealed class ResizeTests
{
    private static readonly TensorValue s_square = Tensor([1, 1, 2, 2], 1f, 2, 3, 4);

    private static readonly TensorValue s_sixteen =
        Tensor([4, 4], [.. Enumerable.Range(1, 16).Select(value => (float)value)]);

    [Fact]
    public void Nearest_repeats_and_drops()
    {
        Is(Run("resize", s_square, null, Row(1f, 1, 2, 3)),
            [1, 1, 4, 6], 1f, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 3, 3, 3, 4, 4, 4);
        Is(Run("resize", Tensor([2, 4], 1f, 2, 3, 4, 5, 6, 7, 8), null, Row(0.6f, 0.6f)), [1, 2], 1f, 3);
    }

    public static TheoryData<string, float[]> Roundings => new()
    {
        { "round_prefer_floor", [0, 0, 1, 1] },
        { "round_prefer_ceil", [0, 1, 1, 1] },
        { "floor", [0, 0, 1, 1] },
        { "ceil", [0, 1, 1, 1] },
    };

    [Theory]
    [MemberData(nameof(Roundings))]
    public void Nearest_rounds_as_it_is_told(string rounding, float[] expected) => Is(
        Run("resize", Attributes(("nearest_mode", rounding), ("coordinate_transformation_mode", "asymmetric")),
            Counting(2), null, Row(2f)), [4], expected);

    public static TheoryData<string, string, float[], double[]> Cases => new()
    {
        { "linear", "half_pixel", [1, 1, 2, 2],
            [1, 1.25, 1.75, 2, 1.5, 1.75, 2.25, 2.5, 2.5, 2.75, 3.25, 3.5, 3, 3.25, 3.75, 4] },
        { "linear", "align_corners", [1, 1, 1, 2], [1, 4.0 / 3, 5.0 / 3, 2, 3, 10.0 / 3, 11.0 / 3, 4] },
        { "linear", "asymmetric", [1, 1, 1, 2], [1, 1.5, 2, 2, 3, 3.5, 4, 4] },
        { "linear", "pytorch_half_pixel", [1, 1, 0.5f, 1], [1, 2] },
        { "linear", "half_pixel", [1, 1, 0.5f, 1], [2, 3] },
        { "linear", "half_pixel_symmetric", [1, 1, 1, 2.94f],
            [1, 1.15986395, 1.5, 1.84013605, 2, 3, 3.15986395, 3.5, 3.84013605, 4] },
        { "linear", "tf_half_pixel_for_nn", [1, 1, 1, 2], [1.25, 1.75, 2, 2, 3.25, 3.75, 4, 4] },
        { "cubic", "half_pixel", [1, 1, 1, 2],
            [0, 0, 0, 0] }, // computed below
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Places_are_interpolated(string mode, string coordinates, float[] scales, double[] expected)
    {
        KernelAttributes attributes = Attributes(("mode", mode), ("coordinate_transformation_mode", coordinates));
        TensorValue y = Run("resize", attributes, s_square, null, Row(scales));
        if (mode == "cubic")
        {
            IsNear(y, y.Shape.ToArray(), 1e-5, [.. Cubic(expected.Length)]);
            return;
        }

        IsNear(y, y.Shape.ToArray(), 1e-5, expected);
        Assert.Equal(expected.Length, y.Count);
    }

    // One row of 1 2 twice as long: the definition, tap by tap.
    private static IEnumerable<double> Cubic(int count)
    {
        double[] row = [1, 2];
        for (int i = 0; i < count; i++)
        {
            double x = ((i + 0.5) / 2) - 0.5, sum = 0;
            for (int tap = (int)Math.Floor(x) - 1; tap <= (int)Math.Floor(x) + 2; tap++)
            {
                double d = Math.Abs(x - tap);
                double weight = d <= 1 ? (1.25 * d * d * d) - (2.25 * d * d) + 1
                    : (-0.75 * d * d * d) + (3.75 * d * d) - (6 * d) + 3;
                sum += weight * row[Math.Clamp(tap, 0, 1)];
            }

            yield return sum;
        }
    }

    [Fact]
    public void Cubic_and_antialiased_cases_of_the_operator_text()
    {
        TensorValue cubic = Run("resize", Attributes(("mode", "cubic")), s_sixteen, null, Row(2f, 2));
        IsNear(cubic, [8, 8], 1e-5,
            0.47265625, 0.76953125, 1.24609375, 1.875, 2.28125, 2.91015625, 3.38671875, 3.68359375);
        IsNear(Run("resize", Attributes(("mode", "linear"), ("antialias", 1)), s_sixteen, null, Row(0.6f, 0.6f)),
            [2, 2], 1e-5, 2.875, 4.5, 9.375, 11.0);
        IsNear(Run("resize", Attributes(("mode", "cubic"), ("antialias", 1)), s_sixteen, null, Row(0.6f, 0.6f)),
            [2, 2], 1e-5, 2.5180721, 4.2858863, 9.589329, 11.357142);
        IsNear(Run("resize", Attributes(("mode", "cubic"), ("cubic_coeff_a", -0.5), ("exclude_outside", 1)),
            s_sixteen, null, Row(0.8f, 0.8f)), [3, 3], 1e-5,
            1.36812675, 2.6695014, 4.0133367, 6.57362535, 7.875, 9.2188353, 11.94896657, 13.25034122, 14.59417652);
    }

    [Fact]
    public void Sizes_may_keep_the_ratio()
    {
        static TensorValue Keeping(string policy) => Run(
            "resize", Attributes(("axes", new long[] { 2, 3 }), ("keep_aspect_ratio_policy", policy)),
            s_square, null, null, Longs(7, 8));
        Assert.Equal([1, 1, 7, 7], Keeping("not_larger").Shape.ToArray());
        Assert.Equal([1, 1, 8, 8], Keeping("not_smaller").Shape.ToArray());
        Assert.Equal([1, 1, 7, 8], Keeping("stretch").Shape.ToArray());
    }

    [Fact]
    public void What_is_cropped_from_outside_is_the_extrapolation_value()
    {
        KernelAttributes attributes = Attributes(
            ("coordinate_transformation_mode", "tf_crop_and_resize"), ("mode", "linear"),
                ("extrapolation_value", 10.0));
        IsNear(Run("resize", attributes, s_sixteen, Row(0.4f, 0.6f, 1.2f, 1.7f), null, Longs(3, 3)),
            [3, 3], 1e-5, 7.6, 10, 10, 12.4, 10, 10, 10, 10, 10);
        IsNear(Run("resize", attributes, Counting(3), Row(0f, 1f), null, Longs(1)), [1], 1e-6, 1);
        Is(Run("resize", attributes.With("mode", "nearest"), Counting(3), Row(0f, 2f), null, Longs(3)), [3], 0f, 2, 10);
        Refuses(KernelFault.MissingOperand, "resize", attributes, Counting(3), null, null, Longs(1));
        Refuses(KernelFault.WrongShape, "resize", attributes, Counting(3), Row(1f), null, Longs(1));
        Refuses(KernelFault.OutOfRange, "resize", attributes, Counting(3), Row(0f, float.NaN), null, Longs(1));
    }

    [Fact]
    public void Every_kind_of_number_is_interpolated()
    {
        KernelAttributes linear = Attributes(("mode", "linear"));
        Is(Run("resize", linear, Row<byte>(0, 200), null, Row(2f)), [4], (byte)0, (byte)50, (byte)150, (byte)200);
        Is(Run("resize", linear, Row<sbyte>(0, -2), null, Row(2f)), [4], (sbyte)0, (sbyte)0, (sbyte)-1, (sbyte)-2);
        Is(Run("resize", linear, Row((Half)0, (Half)2), null, Row(2f)), [4], (Half)0, (Half)0.5, (Half)1.5, (Half)2);
        Is(Run("resize", linear, Row(0.0, 2), null, Row(2f)), [4], 0, 0.5, 1.5, 2.0);
        Is(Run("resize", linear, Row((BFloat16)0f, (BFloat16)2f), null, Row(2f)),
            [4], (BFloat16)0f, (BFloat16)0.5f, (BFloat16)1.5f, (BFloat16)2f);
        Refuses(KernelFault.WrongType, "resize", linear, Texts([2], "a", "b"), null, Row(2f));
    }

    [Fact]
    public void A_neighbour_of_no_weight_does_not_count() => Is(
        Run("resize", Attributes(("mode", "linear"), ("coordinate_transformation_mode", "asymmetric")),
            Tensor([4, 1], 1f, float.NaN, 2, 3), null, null, Longs(2, 1)), [2, 1], 1f, 2);

    [Fact]
    public void Sizes_and_scales_that_cannot_be_are_refused()
    {
        KernelAttributes none = KernelAttributes.None;
        Refuses(KernelFault.MissingOperand, "resize", none, Counting(2));
        Refuses(KernelFault.MissingOperand, "resize", none, Counting(2), null, Row(2f), Longs(4));
        Refuses(KernelFault.OutOfRange, "resize", none, Counting(2), null, Row(0f));
        Refuses(KernelFault.OutOfRange, "resize", none, Counting(2), null, Row(float.NaN));
        Refuses(KernelFault.OutOfRange, "resize", none, Counting(2), null, null, Longs(-1));
        Refuses(KernelFault.WrongShape, "resize", none, Counting(2), null, Row(1f, 1));
        Refuses(KernelFault.WrongShape, "resize", none, Counting(0), null, null, Longs(2));
        Refuses(KernelFault.WrongType, "resize", none, Counting(2), null, Row(2.0));
        Refuses(KernelFault.TooLarge, "resize", none, Counting(2), null, Row(1e30f));
        Refuses(KernelFault.WrongAttribute, "resize", Attributes(("mode", "area")), Counting(2), null, Row(1f));
        Assert.Equal([0, 3], Run("resize", Counting(0, 3), null, Row(2f, 1)).Shape.ToArray());
        Assert.Equal([0], Run("resize", Counting(2), null, Row(0.1f)).Shape.ToArray());
    }
}
