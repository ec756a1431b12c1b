using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Neural;

public sealed class PoolTests
{
    private static readonly TensorValue s_ramp = Given.Floats(
        [1, 1, 3, 3], 1, 2, 3, 4, 5, 6, 7, 8, 9);

    [Fact]
    public void Pools_of_two_by_two()
    {
        (string, AttributeValue)[] two = [("kernel_shape", new long[] { 2, 2 })];
        Given.Near([5, 6, 8, 9], Given.One("max_pool", two, s_ramp));
        Given.Near([3, 4, 6, 7], Given.One("average_pool", two, s_ramp));
        Given.Near(
            [Math.Sqrt(1 + 4 + 16 + 25), Math.Sqrt(4 + 9 + 25 + 36), Math.Sqrt(16 + 25 + 49 + 64),
                Math.Sqrt(25 + 36 + 64 + 81)],
            Given.One("lp_pool", two, s_ramp));
        Given.Near([12, 16, 24, 28], Given.One("lp_pool", [.. two, ("p", 1)], s_ramp));
        Given.Near(
            [Math.Cbrt(1 + 8 + 64 + 125)], Given.One("lp_pool", [.. two, ("p", 3), ("strides", new long[] { 2, 2 })],
                s_ramp));
    }

    [Theory]
    [InlineData(ElementType.Float64)]
    [InlineData(ElementType.Float16)]
    [InlineData(ElementType.BFloat16)]
    public void Every_floating_type_pools(ElementType type)
    {
        TensorValue x = Given.As(s_ramp, type);
        (string, AttributeValue)[] two = [("kernel_shape", new long[] { 2, 2 })];
        Given.Near([5, 6, 8, 9], Given.One("max_pool", two, x));
        Given.Near([3, 4, 6, 7], Given.One("average_pool", two, x));
        Given.Near([5], Given.One("global_average_pool", [], x));
        Given.Near([9], Given.One("global_max_pool", [], x));
        Given.Near([45], Given.One("global_lp_pool", [("p", 1)], x));
    }

    [Fact]
    public void Eight_bits_know_their_maximum()
    {
        (string, AttributeValue)[] two = [("kernel_shape", new long[] { 2 }), ("pads", new long[] { 1, 0 })];
        TensorValue unsigned = Given.Bytes(ElementType.UInt8, [1, 1, 3], 200, 3, 100);
        TensorValue signed = Given.Bytes(ElementType.Int8, [1, 1, 3], 200, 3, 100);
        Given.Near([200, 200, 100], Given.One("max_pool", two, unsigned));
        Given.Near([-56, 3, 100], Given.One("max_pool", two, signed));
    }

    [Fact]
    public void Places_count_over_the_whole_tensor_in_both_orders()
    {
        TensorValue x = Given.Floats([1, 2, 2, 3], 1, 9, 3, 4, 5, 6, 6, 5, 4, 3, 2, 1);
        (string, AttributeValue)[] two = [("kernel_shape", new long[] { 2, 2 })];
        NbcValue?[] rows = Given.Run("max_pool", two, 2, x);
        Given.Near([9, 9, 6, 5], rows[0]);
        Given.Near([1, 1, 6, 7], rows[1]);
        Given.Near([2, 2, 6, 8], Given.Run("max_pool", [.. two, ("storage_order", 1)], 2, x)[1]);
        Given.Near([1, 1, 6, 7], Given.Run("max_pool", two, 2, Given.As(x, ElementType.Float16))[1]);
        Given.Near([1, 1, 6, 7], Given.Run("max_pool", two, 2, Given.As(x, ElementType.Float64))[1]);
    }

    [Fact]
    public void Pads_count_for_the_mean_only_when_asked()
    {
        TensorValue x = Given.Floats([1, 1, 3], 3, 6, 9);
        (string, AttributeValue)[] padded =
            [("kernel_shape", new long[] { 3 }), ("pads", new long[] { 1, 1 })];
        Given.Near([4.5, 6, 7.5], Given.One("average_pool", padded, x));
        Given.Near([3, 6, 5], Given.One("average_pool", [.. padded, ("count_include_pad", 1)], x));
    }

    [Fact]
    public void A_rounded_up_last_window_counts_what_it_holds()
    {
        TensorValue x = Given.Floats([1, 1, 4], 1, 2, 3, 4);
        (string, AttributeValue)[] ceil =
            [("kernel_shape", new long[] { 3 }), ("strides", new long[] { 2 }), ("ceil_mode", 1)];
        Given.Near([3, 4], Given.One("max_pool", ceil, x));
        Given.Near([2, 3.5], Given.One("average_pool", [.. ceil, ("count_include_pad", 1)], x));

        // Size 2, kernel 1, stride 2, pad 1 after: a third window would start behind the data.
        Given.Shape(
            Given.One(
                "average_pool",
                [("kernel_shape", new long[] { 1 }), ("strides", new long[] { 2 }), ("ceil_mode", 1),
                    ("pads", new long[] { 0, 1 })],
                Given.Floats([1, 1, 2], 1, 2)),
            1, 1, 1);
    }

    [Fact]
    public void Dilated_windows_skip()
    {
        TensorValue x = Given.Floats([1, 1, 5], 5, 9, 1, 2, 3);
        (string, AttributeValue)[] dilated = [("kernel_shape", new long[] { 2 }), ("dilations", new long[] { 2 })];
        Given.Near([5, 9, 3], Given.One("max_pool", dilated, x));
        Given.Near([3, 5.5, 2], Given.One("average_pool", dilated, x));
        Given.Near(
            [9, 5, 9, 3, 2], Given.One("max_pool", [.. dilated, ("pads", new long[] { 1, 1 })], x));
    }

    [Fact]
    public void NaN_counts_for_a_maximum_only_when_alone()
    {
        TensorValue x = Given.Floats([1, 1, 4], float.NaN, float.NaN, 1, float.NegativeInfinity);
        Given.Near(
            [double.NaN, 1, 1], Given.One("max_pool", [("kernel_shape", new long[] { 2 })], x));
        Given.Near([double.NaN], Given.One("global_average_pool", [], x));
    }

    [Fact]
    public void Windows_wholly_in_the_pads_have_no_mean_and_no_maximum()
    {
        (string, AttributeValue)[] far = [("kernel_shape", new long[] { 1 }), ("pads", new long[] { 1, 0 })];
        TensorValue x = Given.Floats([1, 1, 1], 5);
        Given.Near([double.NegativeInfinity, 5], Given.One("max_pool", far, x));
        Given.Near([double.NaN, 5], Given.One("average_pool", far, x));
        Given.Near([0, 5], Given.One("average_pool", [.. far, ("count_include_pad", 1)], x));
        Given.Near([0, 5], Given.One("lp_pool", far, x));
    }

    [Theory]
    [InlineData("SAME_UPPER", new double[] { 2, 3, 3 })]
    [InlineData("SAME_LOWER", new double[] { 1, 2, 3 })]
    [InlineData("VALID", new double[] { 2, 3 })]
    public void Automatic_pads(string pad, double[] expected) =>
        Given.Near(
            expected,
            Given.One(
                "max_pool", [("kernel_shape", new long[] { 2 }), ("auto_pad", pad)], Given.Floats([1, 1, 3], 1, 2, 3)));

    [Fact]
    public void Maxima_row_by_row_are_those_of_window_by_window() => Gen.Select(
        Gen.Int[3, 40], Gen.Int[1, 4], Gen.Int[1, 3], Gen.Int[0, 2], Gen.Int[0, 3], Gen.Bool).Sample(
        (width, kernel, stride, before, after, ceil) =>
        {
            (string, AttributeValue)[] window =
            [
                ("kernel_shape", new long[] { 2, kernel }), ("strides", new long[] { stride, stride }),
                ("pads", new long[] { 1, before, 0, after }), ("ceil_mode", ceil ? 1 : 0),
            ];
            TensorValue x = Given.Random(width, 1, 2, 4, width + kernel);
            x.Span<float>()[..2].Fill(float.NaN);
            x.Span<float>()[^1] = float.NegativeInfinity;

            // Asked for places too, each window is walked on its own.
            Given.Near(Given.Doubles(Given.Run("max_pool", window, 2, x)[0]), Given.One("max_pool", window, x), 0);
        });

    [Fact]
    public void Empty_images_give_empty_results()
    {
        (string, AttributeValue)[] two = [("kernel_shape", new long[] { 2 })];
        Given.Shape(Given.One("average_pool", two, Given.Floats([0, 1, 5])), 0, 1, 4);
        Given.Shape(Given.Run("max_pool", two, 2, Given.Floats([1, 1, 1], 3))[1], 1, 1, 0);
        Given.Near([double.NaN], Given.One("global_average_pool", [], Given.Floats([1, 1, 0])));
        Given.Near([double.NegativeInfinity], Given.One("global_max_pool", [], Given.Floats([1, 1, 0])));
        Given.Near([0], Given.One("global_lp_pool", [], Given.Floats([1, 1, 0])));
    }

    [Fact]
    public void What_cannot_be_pooled_is_refused()
    {
        Given.Refuses(KernelFault.WrongAttribute, "max_pool", [], s_ramp);
        Given.Refuses(KernelFault.WrongAttribute, "max_pool", [("kernel_shape", new long[] { 2 })], s_ramp);
        Given.Refuses(KernelFault.WrongShape, "max_pool", [("kernel_shape", new long[] { 2 })],
            Given.Floats([2], 1, 2));
        Given.Refuses(
            KernelFault.WrongType, "average_pool", [("kernel_shape", new long[] { 1 })], Given.Ints([1, 1, 1], 1));
        Given.Refuses(
            KernelFault.WrongType, "max_pool", [("kernel_shape", new long[] { 1 })], Given.Ints([1, 1, 1], 1));
        Given.Refuses(KernelFault.WrongAttribute, "lp_pool", [("kernel_shape", new long[] { 2 }), ("p", 0)], s_ramp);
        Given.Refuses(KernelFault.WrongType, "global_max_pool", [], Given.Ints([1, 1, 1], 1));
        Given.Refuses(KernelFault.WrongShape, "global_max_pool", [], Given.Floats([1], 1));
    }
}
