using Nbc.Kernels.Tests.Elementwise;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Quantised;

public sealed class ConvTests
{
    private const ElementType U8 = ElementType.UInt8;
    private const ElementType S8 = ElementType.Int8;

    [Fact]
    public void Convolution_slides_over_a_plane_and_pads_with_the_zero_point()
    {
        TensorValue x = Numbers.Of(U8, [2, 3, 4, 5, 6, 7, 8, 9, 10], 1, 1, 3, 3);
        TensorValue w = Numbers.Of(U8, [1, 1, 1, 1], 1, 1, 2, 2);
        TensorValue one = Numbers.Of(U8, [1]);
        Assert.Equal([12, 16, 24, 28], Numbers.Run("conv_integer", x, w, one));
        KernelAttributes padded = KernelAttributes.Of(("pads", new long[] { 1, 1, 1, 1 }));
        Assert.Equal([1, 3, 5, 3, 5, 12, 16, 9, 11, 24, 28, 15, 7, 15, 17, 9], Numbers.Run("conv_integer", padded, x,
            w, one));
        KernelAttributes same = KernelAttributes.Of(("auto_pad", "SAME_UPPER"), ("strides", new long[] { 2, 2 }));
        Assert.Equal([12, 9, 15, 9], Numbers.Run("conv_integer", same, x, w, one));
        KernelAttributes lower = KernelAttributes.Of(("auto_pad", "SAME_LOWER"), ("strides", new long[] { 2, 2 }));
        Assert.Equal([1, 5, 11, 28], Numbers.Run("conv_integer", lower, x, w, one));
        KernelAttributes wide = KernelAttributes.Of(("dilations", new long[] { 2, 2 }), ("auto_pad", "VALID"));
        Assert.Equal([20], Numbers.Run("conv_integer", wide, x, w, one));
    }

    [Fact]
    public void Groups_filters_and_their_zero_points_are_kept_apart()
    {
        TensorValue x = Numbers.Of(U8, [1, 2, 3, 4, 5, 6, 7, 8], 2, 2, 2);
        TensorValue w = Numbers.Of(S8, [1, 2], 2, 1, 1);
        KernelAttributes two = KernelAttributes.Of(("group", 2L));
        Assert.Equal([1, 2, 6, 8, 5, 6, 14, 16], Numbers.Run("conv_integer", two, x, w));
        Assert.Equal([0, 0, -3, -4, 0, 0, -7, -8], Numbers.Run(
            "conv_integer", two, x, w, null, Numbers.Of(S8, [1, 3])));
        TensorValue cube = Numbers.Of(U8, [1, 2, 3, 4, 5, 6, 7, 8], 1, 1, 2, 2, 2);
        Assert.Equal([36], Numbers.Run("conv_integer", cube, Numbers.Of(U8, [1, 1, 1, 1, 1, 1, 1, 1], 1, 1, 2, 2, 2)));
    }

    [Fact]
    public void A_quantised_convolution_has_scales_by_filter_and_a_bias()
    {
        TensorValue x = Numbers.Of(U8, [11, 12, 13], 1, 1, 3);
        TensorValue w = Numbers.Of(S8, [1, 2], 2, 1, 1);
        TensorValue ten = Numbers.Of(U8, [10]);
        TensorValue bias = Numbers.Of(ElementType.Int32, [0, 10]);
        double[] y = Numbers.Run("qlinear_conv", x, Numbers.Float(0.5), ten, w, Numbers.Float(1, 10),
            Numbers.Of(S8, [0, 0]), Numbers.Float(1), Numbers.Of(S8, [1]), bias);
        // 1 2 3 by 0.5: 0.5 1 1.5; (2 4 6 + 10) * 5: 60 70 80; plus 1.
        Assert.Equal([1, 2, 3, 61, 71, 81], y);
        y = Numbers.Run("qlinear_conv", x, Numbers.Float(0.5), ten, w, Numbers.Float(100),
            Numbers.Of(S8, [0]), Numbers.Float(1), Numbers.Of(U8, [0]));
        Assert.Equal([50, 100, 150, 100, 200, 255], y);
    }

    [Fact]
    public void Windows_that_do_not_fit_are_refused()
    {
        TensorValue x = Numbers.Of(U8, [1, 2, 3, 4], 1, 1, 2, 2);
        TensorValue w = Numbers.Of(U8, [1, 1, 1, 1], 1, 1, 2, 2);
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("conv_integer", Numbers.Of(U8, [1], 1, 1, 1, 1), w));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("conv_integer", x, Numbers.Of(U8, [1], 1, 1, 1)));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("conv_integer", KernelAttributes.Of(("group", 2L)), x, w));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("conv_integer", KernelAttributes.Of(("group", 0L)), x, w));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault(
            "conv_integer", KernelAttributes.Of(("pads", new long[] { 1 })), x, w));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault(
            "conv_integer", KernelAttributes.Of(("strides", new long[] { 1 })), x, w));
        Assert.Equal(KernelFault.WrongAttribute, Numbers.Fault(
            "conv_integer", KernelAttributes.Of(("kernel_shape", new long[] { 1, 1 })), x, w));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("conv_integer", x, Numbers.Float(1)));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("conv_integer", x, w, Numbers.Of(U8, [1, 2])));
        Refused(("strides", new long[] { 0, 1 }));
        Refused(("pads", new long[] { -1, 0, 0, 0 }));
        Refused(("auto_pad", "AROUND"));
    }

    private static void Refused((string, AttributeValue) attribute) =>
        Assert.Equal(KernelFault.WrongAttribute, Assert.Throws<KernelException>(
            () => KernelRegistry.Create("conv_integer", KernelAttributes.Of(attribute))).Fault);
}
