using Nbc.Kernels.Tests.Elementwise;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Quantised;

public sealed class QlinearTests
{
    private const ElementType U8 = ElementType.UInt8;
    private static readonly TensorValue s_half = Numbers.Float(0.5);
    private static readonly TensorValue s_one = Numbers.Float(1);
    private static readonly TensorValue s_ten = Numbers.Of(U8, [10]);

    [Fact]
    public void Sums_and_products_of_quantised_numbers_broadcast()
    {
        TensorValue a = Numbers.Of(U8, [12, 14, 8], 3, 1);   // 1 2 -1
        TensorValue b = Numbers.Of(U8, [12, 16]);            // 1 3
        Assert.Equal([12, 14, 13, 15, 10, 12], Numbers.Run(
            "ms.qlinear_add", a, s_half, s_ten, b, s_half, s_ten, s_one, s_ten));
        Assert.Equal([11, 13, 12, 16, 9, 7], Numbers.Run(
            "ms.qlinear_mul", a, s_half, s_ten, b, s_half, s_ten, s_one, s_ten));
        Assert.Equal([6, 6, 7, 7, 4, 4], Numbers.Run(
            "ms.qlinear_mul", a, s_half, null, Numbers.Of(U8, [1, 1]), s_one, null, s_one));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault(
            "ms.qlinear_add", a, s_half, s_ten, Numbers.Of(ElementType.Int8, [1]), s_half, s_ten, s_one, s_ten));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault(
            "ms.qlinear_add", a, s_ten, s_ten, b, s_half, s_ten, s_one, s_ten));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault(
            "ms.qlinear_add", a, s_half, s_one, b, s_half, s_ten, s_one, s_ten));
    }

    [Fact]
    public void Functions_of_quantised_numbers_are_quantised_again()
    {
        TensorValue x = Numbers.Of(ElementType.Int8, [-4, 0, 4]);
        TensorValue scale = Numbers.Float(1.0 / 256);
        TensorValue least = Numbers.Of(ElementType.Int8, [-128]);
        double[] y = Numbers.Run("ms.qlinear_sigmoid", x, s_half, null, scale, least);
        Assert.Equal([Math.Round(256 / (1 + Math.Exp(2))) - 128, 0, Math.Round(256 / (1 + Math.Exp(-2))) - 128], y);
        Assert.Empty(Numbers.Run("ms.qlinear_sigmoid", TensorValue.Allocate(U8, 0), s_half, null, scale));
        Assert.Equal([-1, 0, 2], Numbers.Run(
            "ms.qlinear_leaky_relu", KernelAttributes.Of(("alpha", 0.5)), x, s_half, null, s_one));
    }

    [Fact]
    public void Where_quantises_what_it_takes()
    {
        TensorValue condition = Numbers.Of(ElementType.Bool, [1, 0], 2, 1);
        TensorValue x = Numbers.Of(U8, [12, 14]);
        TensorValue y = Numbers.Of(U8, [3]);
        Assert.Equal([1, 2, 3, 3], Numbers.Run(
            "ms.qlinear_where", condition, x, s_half, s_ten, y, s_one, null, s_one, Numbers.Of(U8, [0])));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault(
            "ms.qlinear_where", x, x, s_half, s_ten, y, s_one, null, s_one));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("ms.qlinear_where", condition, x, s_half, s_ten,
            Numbers.Of(ElementType.Int8, [3]), s_one, null, s_one));
    }

    [Fact]
    public void Concat_brings_parts_to_one_scale()
    {
        TensorValue a = Numbers.Of(U8, [12, 14], 2, 1);
        TensorValue b = Numbers.Of(U8, [1, 2, 3, 4], 2, 2);
        KernelAttributes axis = KernelAttributes.Of(("axis", 1L));
        TensorValue zero = Numbers.Of(U8, [0]);
        TensorValue y = KernelEvaluator.EvaluateOne(
            "ms.qlinear_concat", axis, s_one, zero, a, s_half, s_ten, b, s_one, zero);
        Assert.Equal([2, 3], y.Shape.ToArray());
        Assert.Equal([1, 1, 2, 2, 3, 4], Numbers.Back(y));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("ms.qlinear_concat", KernelAttributes.Of(("axis", 0L)),
            s_one, zero, a, s_half, s_ten, b, s_one, zero));
        Assert.Equal(KernelFault.MissingOperand, Numbers.Fault("ms.qlinear_concat", axis, s_one, zero, a, s_half));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("ms.qlinear_concat", axis, s_one, zero, a, s_half, s_ten,
            Numbers.Of(ElementType.Int8, [1, 2], 2, 1), s_one, zero));
    }

    [Fact]
    public void Softmax_takes_one_axis_or_as_in_old_versions_all_from_it_on()
    {
        TensorValue x = Numbers.Of(U8, [0, 0, 0, 0], 1, 2, 2);
        TensorValue scale = Numbers.Float(1.0 / 256);
        TensorValue zero = Numbers.Of(U8, [0]);
        Assert.Equal([128, 128, 128, 128], Numbers.Run(
            "ms.qlinear_softmax", KernelAttributes.Of(("axis", 1L), ("opset", 13L)), x, s_one, zero, scale, zero));
        Assert.Equal([64, 64, 64, 64], Numbers.Run(
            "ms.qlinear_softmax", KernelAttributes.Of(("axis", 1L), ("opset", 12L)), x, s_one, zero, scale, zero));
    }

    [Fact]
    public void Means_are_taken_along_axes()
    {
        TensorValue x = Numbers.Of(U8, [1, 3, 6, 10], 2, 2);
        KernelAttributes attributes = KernelAttributes.Of(("axes", new long[] { 1 }), ("keepdims", 0L));
        TensorValue y = KernelEvaluator.EvaluateOne("ms.qlinear_reduce_mean", attributes, x, s_half, null, s_half,
            s_ten);
        Assert.Equal([2], y.Shape.ToArray());
        Assert.Equal([12, 18], Numbers.Back(y));
        Assert.Equal([15], Numbers.Run("ms.qlinear_reduce_mean", x, s_half, null, s_half, s_ten));
    }

    [Fact]
    public void Pools_take_windows_or_the_whole_plane()
    {
        TensorValue x = Numbers.Of(U8, [1, 2, 3, 4, 5, 6, 7, 8, 9], 1, 1, 3, 3);
        TensorValue zero = Numbers.Of(U8, [0]);
        KernelAttributes two = KernelAttributes.Of(("kernel_shape", new long[] { 2, 2 }));
        TensorValue quarter = Numbers.Float(0.25);
        Assert.Equal([12, 16, 24, 28], Numbers.Run("ms.qlinear_average_pool", two, x, s_one, zero, quarter, zero));
        KernelAttributes padded = two.With("pads", new long[] { 1, 1, 0, 0 }).With("strides", new long[] { 2, 2 });
        Assert.Equal([4, 10, 22, 28], Numbers.Run("ms.qlinear_average_pool", padded, x, s_one, zero, quarter, zero));
        Assert.Equal([1, 5, 11, 28], Numbers.Run(
            "ms.qlinear_average_pool", padded.With("count_include_pad", 1L), x, s_one, zero, quarter, zero));
        KernelAttributes ceil = two.With("ceil_mode", 1L).With("strides", new long[] { 2, 2 });
        Assert.Equal([12, 18, 30, 36], Numbers.Run("ms.qlinear_average_pool", ceil, x, s_one, zero, quarter, zero));
        Assert.Equal([20], Numbers.Run("ms.qlinear_global_average_pool", x, s_one, zero, quarter, zero));
        TensorValue last = Numbers.Of(U8, [1, 10, 3, 20], 1, 2, 2);
        KernelAttributes channelsLast = KernelAttributes.Of(("channels_last", 1L));
        TensorValue y = KernelEvaluator.EvaluateOne(
            "ms.qlinear_global_average_pool", channelsLast, last, s_one, zero, s_one, zero);
        Assert.Equal([1, 1, 2], y.Shape.ToArray());
        Assert.Equal([2, 15], Numbers.Back(y));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault(
            "ms.qlinear_global_average_pool", Numbers.Of(U8, [1], 1, 1), s_one, zero, s_one, zero));
        Assert.Equal(KernelFault.WrongAttribute, Numbers.Fault("ms.qlinear_average_pool", x, s_one, zero, quarter,
            zero));
    }
}
