using Nbc.Kernels.Tests.Elementwise;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Quantised;

public sealed class LinearTests
{
    public static TheoryData<ElementType, double[]> TypesData => new()
    {   // -1000, -2.5, -1.5, 0.5, 1.5, 2.5, 1e9 with scale 1 and zero point 1
        { ElementType.UInt8, [0, 0, 0, 1, 3, 3, 255] },
        { ElementType.Int8, [-128, -1, -1, 1, 3, 3, 127] },
        { ElementType.UInt16, [0, 0, 0, 1, 3, 3, 65535] },
        { ElementType.Int16, [-999, -1, -1, 1, 3, 3, 32767] },
        { ElementType.UInt4, [0, 0, 0, 1, 3, 3, 15] },
        { ElementType.Int4, [-8, -1, -1, 1, 3, 3, 7] },
        { ElementType.UInt2, [0, 0, 0, 1, 3, 3, 3] },
        { ElementType.Int2, [-2, -1, -1, 1, 1, 1, 1] },
    };

    [Theory]
    [MemberData(nameof(TypesData))]
    public void Numbers_are_rounded_to_even_and_kept_in_range(ElementType type, double[] expected)
    {
        double[] x = [-1000, -2.5, -1.5, 0.5, 1.5, 2.5, 1e9];
        foreach (string name in new[] { "quantize_linear", "ms.quantize_linear" })
        {
            TensorValue y = KernelEvaluator.EvaluateOne(
                name, KernelAttributes.None, Numbers.Float(x), Numbers.Float(1), Numbers.Of(type, [1]));
            Assert.Equal(type, y.Type);
            Assert.Equal(expected, Numbers.Back(y));
        }
    }

    [Fact]
    public void What_is_stored_comes_back_within_half_a_step() =>
        Gen.Int[-30000, 30000].Array[1, 700].Sample(whole =>
        {
            double[] x = [.. whole.Select(item => item / 256.0)];
            TensorValue scale = Numbers.Float(1);
            TensorValue zero = Numbers.Of(ElementType.Int8, [3]);
            TensorValue y = KernelEvaluator.EvaluateOne(
                "quantize_linear", KernelAttributes.None, Numbers.Float(x), scale, zero);
            double[] back = Numbers.Run("dequantize_linear", y, scale, zero);
            Assert.All(x.Zip(back), pair => Assert.InRange(
                pair.Second, Math.Max(-131, pair.First - 0.5), Math.Max(-131, Math.Min(124, pair.First + 0.5))));
        });

    [Fact]
    public void Scales_are_for_all_for_an_axis_or_for_blocks()
    {
        TensorValue x = Numbers.Of(ElementType.Float32, [10, 20, 30, 40, 50, 60], 2, 3);
        Assert.Equal([10, 20, 30, 20, 25, 30], Numbers.Run(
            "quantize_linear", KernelAttributes.Of(("axis", 0L)), x, Numbers.Float(1, 2)));
        Assert.Equal([10, 10, 6, 40, 25, 12], Numbers.Run("quantize_linear", x, Numbers.Float(1, 2, 5)));
        KernelAttributes blocks = KernelAttributes.Of(("axis", 1L), ("block_size", 2L));
        TensorValue scales = Numbers.Of(ElementType.Float32, [1, 2, 5, 10], 2, 2);
        TensorValue y = KernelEvaluator.EvaluateOne("quantize_linear", blocks, x, scales);
        Assert.Equal([10, 20, 15, 8, 10, 6], Numbers.Back(y));
        Assert.Equal(Numbers.Back(x), Numbers.Run("dequantize_linear", blocks, y, scales));
        TensorValue rows = Numbers.Of(ElementType.Float32, [1, 2, 5], 1, 3);
        Assert.Equal([10, 10, 6, 40, 25, 12], Numbers.Run(
            "quantize_linear", KernelAttributes.Of(("axis", 0L), ("block_size", 2L)), x, rows));
    }

    [Fact]
    public void Other_shapes_of_scales_are_refused()
    {
        TensorValue x = Numbers.Of(ElementType.Float32, [1, 2, 3, 4], 2, 2);
        TensorValue three = Numbers.Float(1, 2, 3);
        KernelAttributes blocks = KernelAttributes.Of(("block_size", 2L));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("quantize_linear", x, three));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("quantize_linear", blocks, x, three));
        Assert.Equal(KernelFault.OutOfRange, Numbers.Fault("quantize_linear", Numbers.Float(1, 2), Numbers.Float(1,
            2)));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault(
            "quantize_linear", x, Numbers.Float(1), Numbers.Of(ElementType.UInt8, [1, 2])));
        Assert.Equal(KernelFault.WrongAttribute, Assert.Throws<KernelException>(
            () => KernelRegistry.Create("quantize_linear", KernelAttributes.Of(("block_size", -1L)))).Fault);
    }

    [Fact]
    public void The_result_type_comes_from_the_zero_point_or_an_attribute()
    {
        TensorValue x = Numbers.Float(3);
        TensorValue one = Numbers.Float(1);
        Assert.Equal(ElementType.UInt8, Run(x, one).Type);
        Assert.Equal(ElementType.Int16, Run(x, one, ("output_dtype", (long)ElementType.Int16)).Type);
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("quantize_linear",
            KernelAttributes.Of(("output_dtype", (long)ElementType.Int16)), x, one, Numbers.Of(ElementType.Int8, [0])));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("quantize_linear",
            KernelAttributes.Of(("output_dtype", (long)ElementType.Float64)), x, one));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("quantize_linear", Numbers.Bools(true), one));
        Assert.Equal([3], Numbers.Back(Run(Numbers.Of(ElementType.Int32, [6]), Numbers.Float(2))));
    }

    [Fact]
    public void Float8_and_float4_are_stored_without_a_zero_point()
    {
        TensorValue x = Numbers.Float(2, 1000, -0.5);
        TensorValue half = Numbers.Float(0.5);
        TensorValue y = Run(x, half, ("output_dtype", (long)ElementType.Float8E4M3FN));
        Assert.Equal([0x48, 0x7E, 0xB8], Numbers.Back(y));
        Assert.Equal([2, 224, -0.5], Numbers.Run("dequantize_linear", y, half));
        TensorValue lost = Run(x, half, ("output_dtype", (long)ElementType.Float8E4M3FN), ("saturate", 0L));
        Assert.Equal(0x7F, Numbers.Back(lost)[1]);
        TensorValue small = Run(x, half, ("output_dtype", (long)ElementType.Float4E2M1));
        Assert.Equal([2, 3, -0.5], Numbers.Run("dequantize_linear", small, half));
    }

    [Fact]
    public void Precision_rounds_the_quotient()
    {
        // 1.0005 / 1 is 1 in float16 and bfloat16; 2.4985 is 2.5 in float16, and that is 2.
        TensorValue x = Numbers.Float(2.5015);
        Assert.Equal([3], Numbers.Run("quantize_linear", x, Numbers.Float(1)));
        Assert.Equal([2], Numbers.Run(
            "quantize_linear", KernelAttributes.Of(("precision", (long)ElementType.BFloat16)), x, Numbers.Float(1)));
        Assert.Equal([3], Numbers.Run(
            "quantize_linear", KernelAttributes.Of(("precision", (long)ElementType.Float16)), x, Numbers.Float(1)));
    }

    [Fact]
    public void Every_type_of_scale_serves()
    {
        foreach (ElementType type in new[] { ElementType.Float32, ElementType.Float16, ElementType.BFloat16 })
        {
            TensorValue scale = Numbers.Of(type, [0.5]);
            TensorValue y = KernelEvaluator.EvaluateOne(
                "quantize_linear", KernelAttributes.None, Numbers.Of(type, [3, -1, 200]), scale);
            Assert.Equal([6, 0, 255], Numbers.Back(y));
            TensorValue back = KernelEvaluator.EvaluateOne("dequantize_linear", KernelAttributes.None, y, scale);
            Assert.Equal(type, back.Type);
            Numbers.AssertClose([3, 0, 127.5], Numbers.Back(back), Numbers.Step(type));
        }

        TensorValue power = Numbers.Of(ElementType.Float8E8M0, [126]);
        Assert.Equal([6], Numbers.Run("quantize_linear", Numbers.Float(3), power));
        Assert.Equal([3], Numbers.Run("dequantize_linear", Numbers.Of(ElementType.UInt8, [6]), power));
        KernelAttributes half = KernelAttributes.Of(("output_dtype", (long)ElementType.Float16));
        Assert.Equal(ElementType.Float16, KernelEvaluator.EvaluateOne(
            "dequantize_linear", half, Numbers.Of(ElementType.UInt8, [6]), power).Type);
    }

    [Fact]
    public void Stored_numbers_of_every_type_come_back()
    {
        TensorValue two = Numbers.Float(2);
        foreach (ElementType type in new[]
        {
            ElementType.Int8, ElementType.UInt8, ElementType.Int16, ElementType.UInt16, ElementType.Int32,
            ElementType.Int4, ElementType.UInt4, ElementType.Int2, ElementType.UInt2,
        })
        {
            Assert.Equal([0, -2], Numbers.Run(
                "dequantize_linear", Numbers.Of(type, [1, 0]), two, Numbers.Of(type, [1])));
        }

        TensorValue bytes = Numbers.Of(ElementType.UInt8, [1]);
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("dequantize_linear", bytes, two,
            Numbers.Of(ElementType.Int8, [1])));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("dequantize_linear", Numbers.Of(ElementType.Int64, [1]),
            two));
        Assert.Equal([6], Numbers.Run("ms.dequantize_linear", Numbers.Of(ElementType.UInt8, [3]), two));
    }

    [Fact]
    public void A_scale_is_chosen_so_that_bytes_span_the_numbers_and_zero()
    {
        NbcValue?[] results = Dynamic(Numbers.Float(0, 2, -3, -2.5, 1.34, 0.5));
        Assert.Equal([153, 255, 0, 26, 221, 179], Numbers.Back(results[0]));
        Numbers.AssertClose([5.0 / 255], Numbers.Back(results[1]));
        Assert.Equal([153], Numbers.Back(results[2]));
        Assert.Equal([0], Numbers.Back(Dynamic(Numbers.Float(1, 2))[2]));
        Assert.Equal([255], Numbers.Back(Dynamic(Numbers.Float(-1, -2))[2]));
        results = Dynamic(Numbers.Float(0, 0));
        Assert.Equal([0, 0], Numbers.Back(results[0]));
        Assert.Equal([1], Numbers.Back(results[1]));
        Assert.Empty(Numbers.Back(Dynamic(TensorValue.Allocate(ElementType.Float32, 0))[0]));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("dynamic_quantize_linear", Numbers.Bools(true)));
    }

    private static NbcValue?[] Dynamic(TensorValue x) =>
        KernelEvaluator.Evaluate("dynamic_quantize_linear", KernelAttributes.None, [x], 3);

    private static TensorValue Run(
        TensorValue x, TensorValue scale, params (string Name, AttributeValue Value)[] attributes) =>
        KernelEvaluator.EvaluateOne("quantize_linear", KernelAttributes.Of(attributes), x, scale);
}
