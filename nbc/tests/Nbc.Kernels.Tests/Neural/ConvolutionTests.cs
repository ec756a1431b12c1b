using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Neural;

public sealed class ConvolutionTests
{
    public sealed record Case(
        long[] X, long[] W, long[]? Pads = null, long[]? Strides = null, long[]? Dilations = null, long Group = 1,
        bool Bias = true);

    public static TheoryData<Case> Cases =>
    [
        new Case([1, 1, 5], [1, 1, 3]),
        new Case([2, 3, 7], [4, 3, 2], [1, 0], [2]),
        new Case([1, 3, 6, 7], [5, 3, 3, 3], [1, 1, 1, 1]),
        new Case([2, 4, 6, 7], [6, 2, 3, 2], [0, 1, 2, 0], [2, 1], [1, 2], 2),
        new Case([1, 70, 4, 5], [3, 70, 1, 1]),
        new Case([1, 40, 9, 9], [33, 40, 3, 3], [1, 1, 1, 1], Bias: false),
        new Case([2, 4, 7, 8], [4, 1, 3, 3], [1, 1, 1, 1], null, null, 4),
        new Case([1, 3, 9, 9], [6, 1, 3, 3], [1, 1, 0, 1], [2, 2], [1, 2], 3),
        new Case([1, 2, 4, 5, 6], [3, 2, 2, 3, 2], [1, 0, 1, 0, 1, 0], [1, 2, 1]),
        new Case([1, 1, 30, 30], [2, 1, 2, 2]),
        new Case([1, 1, 6], [1, 1, 2], [-1, 0]),
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Conv_equals_its_definition(Case given)
    {
        TensorValue x = Given.Random(1, given.X), w = Given.Random(2, given.W);
        TensorValue? b = given.Bias ? Given.Random(3, given.W[0]) : null;
        double[] expected = Reference.Conv(x, w, b, given, out long[] shape);
        TensorValue y = Given.One("conv", Attributes(given), x, w, b);
        Given.Shape(y, shape);
        Given.Near(expected, y);
        Given.Near(
            expected,
            Given.One(
                "conv", Attributes(given), Given.As(x, ElementType.Float64), Given.As(w, ElementType.Float64),
                b is null ? null : Given.As(b, ElementType.Float64)));
        if (b is not null)
        {
            TensorValue half = Given.One(
                "conv", Attributes(given), Given.As(x, ElementType.Float16), Given.As(w, ElementType.Float16),
                Given.As(b, ElementType.Float16));
            Given.Near(expected, half, 2e-3);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void ConvTranspose_gives_back_the_gradient_of_Conv(Case given)
    {
        // sum(conv(x, w) * y) = sum(x * conv_transpose(y, w)): that is what a transpose is.
        if (given.Pads is [-1, 0])
        {
            return;
        }

        TensorValue x = Given.Random(1, given.X), w = Given.Random(2, given.W);
        TensorValue forward = Given.One("conv", Attributes(given), x, w);
        TensorValue y = Given.Random(4, forward.Shape.ToArray());
        long[] spatial = given.X[2..];
        TensorValue back = Given.One(
            "conv_transpose", [.. Attributes(given), ("output_padding", Missing(given, forward, spatial))], y, w);
        Given.Shape(back, given.X);
        double left = Given.Doubles(forward).Zip(Given.Doubles(y), (a, b) => a * b).Sum();
        double right = Given.Doubles(x).Zip(Given.Doubles(back), (a, b) => a * b).Sum();
        Assert.Equal(left, right, 1e-3);
    }

    [Theory]
    [InlineData("SAME_UPPER", 2, 3)]
    [InlineData("SAME_LOWER", 2, 3)]
    [InlineData("VALID", 2, 2)]
    public void Automatic_pads_give_the_size_they_say(string pad, long stride, long expected)
    {
        TensorValue x = Given.Floats([1, 1, 5], 1, 2, 3, 4, 5), w = Given.Floats([1, 1, 2], 1, 10);
        TensorValue y = Given.One("conv", [("auto_pad", pad), ("strides", new long[] { stride })], x, w);
        Given.Shape(y, 1, 1, expected);
        Given.Near(
            pad switch { "SAME_UPPER" => [21, 43, 5], "SAME_LOWER" => [10, 32, 54], _ => [21, 43] }, y);
    }

    [Theory]
    [InlineData("SAME_UPPER", new double[] { 1, 11, 12, 22 })]
    [InlineData("SAME_LOWER", new double[] { 11, 12, 22, 20 })]
    public void A_transpose_with_automatic_pads_grows_by_the_stride(string pad, double[] expected)
    {
        TensorValue x = Given.Floats([1, 1, 2], 1, 2), w = Given.Floats([1, 1, 3], 1, 11, 10);
        TensorValue y = Given.One("conv_transpose", [("auto_pad", pad), ("strides", new long[] { 2 })], x, w);
        Given.Near(expected, y);
    }

    [Fact]
    public void A_transpose_to_a_given_size_pads_or_fills_with_the_bias()
    {
        TensorValue x = Given.Floats([1, 1, 2], 1, 2), w = Given.Floats([1, 1, 2], 1, 10), b = Given.Floats([1], 100);
        Given.Near(
            [101, 112, 120, 100], Given.One("conv_transpose", [("output_shape", new long[] { 4 })], x, w, b));
        Given.Near([112], Given.One("conv_transpose", [("output_shape", new long[] { 1 })], x, w, b));
        Given.Near([112], Given.One("conv_transpose", [("output_shape", new long[] { 1, 1, 1 })], x, w, b));
        Given.Near(
            [101, 112, 120], Given.One("conv_transpose", [], Given.As(x, ElementType.Float64),
                Given.As(w, ElementType.Float64), Given.As(b, ElementType.Float64)));
    }

    [Fact]
    public void Pads_of_a_transpose_cut_its_result()
    {
        TensorValue x = Given.Floats([1, 1, 3], 1, 2, 3), w = Given.Floats([1, 1, 2], 1, 10);
        Given.Near([12, 23], Given.One("conv_transpose", [("pads", new long[] { 1, 1 })], x, w));
        Given.Near([0, 1, 12, 23, 30], Given.One("conv_transpose", [("pads", new long[] { -1, 0 })], x, w));
    }

    [Fact]
    public void An_empty_batch_or_a_window_that_never_fits_gives_an_empty_result()
    {
        Given.Shape(Given.One("conv", [], Given.Floats([0, 1, 5]), Given.Random(1, 2, 1, 3)), 0, 2, 3);
        Given.Shape(Given.One("conv", [], Given.Random(1, 1, 1, 2), Given.Random(1, 2, 1, 3)), 1, 2, 0);
        Given.Shape(Given.One("conv_transpose", [], Given.Floats([1, 1, 0]), Given.Random(1, 1, 2, 3)), 1, 2, 0);
        Given.Near([7, 7], Given.One("conv", [], Given.Floats([1, 0, 2]), Given.Floats([1, 0, 1]),
            Given.Floats([1], 7)));
    }

    [Fact]
    public void A_bent_window_without_offsets_is_a_convolution()
    {
        TensorValue x = Given.Random(1, 2, 4, 5, 6), w = Given.Random(2, 6, 2, 2, 3), b = Given.Random(3, 6);
        Case plain = new([2, 4, 5, 6], [6, 2, 2, 3], [1, 0, 0, 1], [1, 2], [2, 1], 2);
        TensorValue expected = Given.One("conv", Attributes(plain), x, w, b);
        long[] shape = expected.Shape.ToArray();
        TensorValue offset = Zeros(2, 2 * 2 * 6, shape[2], shape[3]);
        (string, AttributeValue)[] attributes = [.. Attributes(plain), ("offset_group", 2)];
        Given.Near(Given.Doubles(expected), Given.One("deform_conv", attributes, x, w, offset, b));
        TensorValue mask = Zeros(2, 2 * 6, shape[2], shape[3]);
        mask.Span<float>().Fill(0.5f);
        TensorValue none = Given.One("conv", Attributes(plain), x, w);
        Given.Near(
            [.. Given.Doubles(none).Select(value => value / 2)],
            Given.One("deform_conv", attributes, x, w, offset, null, mask));
    }

    [Fact]
    public void Offsets_move_where_a_bent_window_reads()
    {
        TensorValue x = Given.Floats([1, 1, 2, 2], 1, 2, 3, 4), w = Given.Floats([1, 1, 1, 1], 1);
        TensorValue offset = Given.Floats(
            [1, 2, 2, 2], 0.5f, 0, 0, float.NaN, 0.5f, -0.25f, 9, 0);
        TensorValue y = Given.One("deform_conv", [], x, w, offset);

        // (0.5, 0.5): the mean; (0, 0.75): 1.75; (1, 9): outside; NaN: nothing.
        Given.Near([2.5, 1.75, 0, 0], y);
        Given.Near(
            [2.5, 1.75, 0, 0],
            Given.One(
                "deform_conv", [], Given.As(x, ElementType.Float64), Given.As(w, ElementType.Float64),
                Given.As(offset, ElementType.Float64)));
    }

    [Fact]
    public void What_does_not_go_together_is_refused()
    {
        TensorValue x = Given.Random(1, 1, 2, 5), w = Given.Random(2, 3, 2, 2);
        Given.Refuses(KernelFault.WrongShape, "conv", [], x, Given.Random(2, 3, 3, 2));
        Given.Refuses(KernelFault.WrongShape, "conv", [], Given.Random(1, 2, 5), w);
        Given.Refuses(KernelFault.WrongShape, "conv", [("kernel_shape", new long[] { 3 })], x, w);
        Given.Refuses(KernelFault.WrongAttribute, "conv", [("strides", new long[] { 0 })], x, w);
        Given.Refuses(KernelFault.WrongAttribute, "conv", [("strides", new long[] { 1, 1 })], x, w);
        Given.Refuses(KernelFault.WrongAttribute, "conv", [("pads", new long[] { 1L << 40, 0 })], x, w);
        Given.Refuses(KernelFault.WrongAttribute, "conv", [("group", 0)], x, w);
        Given.Refuses(KernelFault.WrongAttribute, "conv", [("auto_pad", "SAME")], x, w);
        Given.Refuses(KernelFault.WrongShape, "conv", [], x, w, Given.Random(3, 2));
        Given.Refuses(KernelFault.WrongType, "conv", [], Given.Ints([1, 1, 1], 1), Given.Ints([1, 1, 1], 1));
        Given.Refuses(KernelFault.WrongType, "conv_transpose", [], Given.Ints([1, 1, 1], 1), Given.Ints([1, 1, 1], 1));
        Given.Refuses(KernelFault.WrongShape, "conv_transpose", [], x, w);
        Given.Refuses(KernelFault.WrongAttribute, "conv_transpose", [("group", -1)], x, w);
        Given.Refuses(
            KernelFault.WrongAttribute, "conv_transpose", [("output_padding", new long[] { 1, 2 })], x,
            Given.Random(1, 2, 1, 2));
        Given.Refuses(KernelFault.WrongType, "deform_conv", [], Given.Ints([1, 1, 1], 1));
        TensorValue image = Given.Random(1, 1, 1, 2, 2), one = Given.Random(1, 1, 1, 1, 1);
        Given.Refuses(KernelFault.WrongShape, "deform_conv", [], image, one, Zeros(1, 2, 2, 3));
        Given.Refuses(KernelFault.WrongAttribute, "deform_conv", [("offset_group", 0)], image, one, image);
    }

    internal static (string, AttributeValue)[] Attributes(Case given)
    {
        List<(string, AttributeValue)> attributes = [("group", given.Group)];
        foreach ((string name, long[]? values) in
            ((string, long[]?)[])[("pads", given.Pads), ("strides", given.Strides), ("dilations", given.Dilations)])
        {
            if (values is not null)
            {
                attributes.Add((name, values));
            }
        }

        return [.. attributes];
    }

    private static long[] Missing(Case given, TensorValue forward, long[] spatial)
    {
        long[] missing = new long[spatial.Length];
        for (int i = 0; i < spatial.Length; i++)
        {
            long dilation = given.Dilations?[i] ?? 1, stride = given.Strides?[i] ?? 1;
            long pads = given.Pads is null ? 0 : given.Pads[i] + given.Pads[i + spatial.Length];
            missing[i] = spatial[i] + pads - (((forward.Shape[i + 2] - 1) * stride) + ((given.W[i + 2] - 1) * dilation)
                + 1);
        }

        return missing;
    }

    private static TensorValue Zeros(params long[] shape)
    {
        TensorValue zeros = TensorValue.Allocate(ElementType.Float32, shape);
        zeros.Span<float>().Clear();
        return zeros;
    }
}
