using System.Text;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Elementwise;

public sealed class LogicTests
{
    [Fact]
    public void Every_type_compares()
    {
        foreach (ElementType type in Numbers.All)
        {
            TensorValue a = Numbers.Of(type, [1, 2, 3]);
            TensorValue b = Numbers.Of(type, [2]);
            Assert.Equal([0, 1, 0], Numbers.Run("equal", a, b));
            Assert.Equal([1, 0, 0], Numbers.Run("less", a, b));
            Assert.Equal([1, 1, 0], Numbers.Run("less_or_equal", a, b));
            Assert.Equal([0, 0, 1], Numbers.Run("greater", a, b));
            Assert.Equal([0, 1, 1], Numbers.Run("greater_or_equal", a, b));
        }
    }

    [Fact]
    public void NaN_compares_with_nothing_and_the_zeros_are_equal()
    {
        foreach (ElementType type in Numbers.Floats)
        {
            TensorValue a = Numbers.Of(type, [double.NaN, -0.0]);
            TensorValue b = Numbers.Of(type, [double.NaN, 0.0]);
            Assert.Equal([0, 1], Numbers.Run("equal", a, b));
            Assert.Equal([0, 0], Numbers.Run("less", a, b));
            Assert.Equal([0, 1], Numbers.Run("greater_or_equal", a, b));
        }
    }

    [Fact]
    public void Texts_and_bools_are_equal_or_not()
    {
        TensorValue texts = TensorValue.FromStrings([[1, 2], [], "é"u8.ToArray()], 3);
        TensorValue others = TensorValue.FromStrings([[1, 2], [0], Encoding.UTF8.GetBytes("é")], 3);
        Assert.Equal([1, 0, 1], Numbers.Run("equal", texts, others));
        Assert.Equal([1, 0], Numbers.Run("equal", Numbers.Bools(true, false), Numbers.Bools(true)));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("less", texts, others));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("less", Numbers.Bools(true), Numbers.Bools(true)));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("equal", texts, Numbers.Bools(true)));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("equal",
            TensorValue.Allocate(ElementType.Complex64, 1), TensorValue.Allocate(ElementType.Complex64, 1)));
    }

    [Fact]
    public void Logic_has_its_truth_tables()
    {
        TensorValue a = Numbers.Bools(false, false, true, true);
        TensorValue b = Numbers.Bools(false, true, false, true);
        Assert.Equal([0, 0, 0, 1], Numbers.Run("and", a, b));
        Assert.Equal([0, 1, 1, 1], Numbers.Run("or", a, b));
        Assert.Equal([0, 1, 1, 0], Numbers.Run("xor", a, b));
        Assert.Equal([1, 1, 0, 0], Numbers.Run("not", a));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("and", a, Numbers.Float(1)));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("and", Numbers.Float(1), a));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("not", Numbers.Float(1)));
    }

    [Fact]
    public void Bits_are_combined_in_every_integer_type()
    {
        foreach (ElementType type in Numbers.Integers)
        {
            TensorValue a = Numbers.Of(type, [12, 10]);
            TensorValue b = Numbers.Of(type, [10]);
            Assert.Equal([8, 10], Numbers.Run("bitwise_and", a, b));
            Assert.Equal([14, 10], Numbers.Run("bitwise_or", a, b));
            Assert.Equal([6, 0], Numbers.Run("bitwise_xor", a, b));
            TensorValue turned = KernelEvaluator.EvaluateOne("bitwise_not", KernelAttributes.None, a);
            Assert.Equal(Numbers.Run("neg", Numbers.Of(type, [1, 1])), Numbers.Run("add", turned, a));
        }

        Assert.Equal(KernelFault.WrongType, Numbers.Fault("bitwise_not", Numbers.Float(1)));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("bitwise_or", Numbers.Float(1), Numbers.Float(1)));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault(
            "bitwise_or", Numbers.Of(ElementType.Int8, [1]), Numbers.Of(ElementType.Int16, [1])));
    }

    [Fact]
    public void Bits_are_shifted_out_for_good()
    {
        KernelAttributes left = KernelAttributes.Of(("direction", "LEFT"));
        KernelAttributes right = KernelAttributes.Of(("direction", "RIGHT"));
        foreach (ElementType type in Numbers.Integers.Where(ElementTypes.IsUnsigned))
        {
            Assert.Equal([12, 0], Numbers.Run("bit_shift", left, Numbers.Of(type, [3]), Numbers.Of(type, [2, 64])));
            Assert.Equal([3, 0], Numbers.Run("bit_shift", right, Numbers.Of(type, [12]), Numbers.Of(type, [2, 200])));
        }

        Assert.Equal(KernelFault.WrongType, Numbers.Fault(
            "bit_shift", left, Numbers.Of(ElementType.Int8, [1]), Numbers.Of(ElementType.Int8, [1])));
        Assert.Equal(KernelFault.WrongAttribute, Assert.Throws<KernelException>(
            () => KernelRegistry.Create("bit_shift", KernelAttributes.None)).Fault);
    }

    [Fact]
    public void NaN_and_infinities_are_found_in_every_floating_type()
    {
        double[] x = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1];
        foreach (ElementType type in Numbers.Floats)
        {
            Assert.Equal([1, 0, 0, 0], Numbers.Run("is_nan", Numbers.Of(type, x)));
            Assert.Equal([0, 1, 1, 0], Numbers.Run("is_inf", Numbers.Of(type, x)));
            Assert.Equal([0, 0, 1, 0], Numbers.Run(
                "is_inf", KernelAttributes.Of(("detect_positive", 0L)), Numbers.Of(type, x)));
            Assert.Equal([0, 1, 0, 0], Numbers.Run(
                "is_inf", KernelAttributes.Of(("detect_negative", 0L)), Numbers.Of(type, x)));
        }

        TensorValue small = Numbers.Of(ElementType.Float8E5M2, [0x7C, 0xFC, 0x7F, 0x3C]);
        Assert.Equal([1, 1, 0, 0], Numbers.Run("is_inf", small));
        Assert.Equal([0, 0, 1, 0], Numbers.Run("is_nan", small));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("is_nan", Numbers.Of(ElementType.Int8, [1])));
    }

    [Fact]
    public void Where_takes_any_type()
    {
        TensorValue condition = Numbers.Of(ElementType.Bool, [1, 0], 2, 1);
        foreach (ElementType type in Numbers.All)
        {
            Assert.Equal([1, 2, 9, 9], Numbers.Run(
                "where", condition, Numbers.Of(type, [1, 2]), Numbers.Scalar(type, 9)));
        }

        TensorValue texts = KernelEvaluator.EvaluateOne("where", KernelAttributes.None, Numbers.Bools(true, false),
            TensorValue.FromStrings([[1], [2]], 2), TensorValue.FromStrings([[3]], 1));
        Assert.Equal([[1], [3]], texts.Strings);
        TensorValue complex = TensorValue.Allocate(ElementType.Complex128, 1);
        complex.Span<System.Numerics.Complex>()[0] = new(3, 4);
        Assert.Equal(new System.Numerics.Complex(3, 4), KernelEvaluator.EvaluateOne(
            "where", KernelAttributes.None, Numbers.Bools(true), complex, complex)
            .Span<System.Numerics.Complex>()[0]);
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("where", Numbers.Float(1), Numbers.Float(1),
            Numbers.Float(1)));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault(
            "where", Numbers.Bools(true), Numbers.Float(1), Numbers.Bools(true)));
    }

    [Fact]
    public void Clip_keeps_numbers_between_bounds()
    {
        foreach (ElementType type in Numbers.All)
        {
            TensorValue x = Numbers.Of(type, [1, 5, 9]);
            Assert.Equal([2, 5, 7], Numbers.Run("clip", x, Numbers.Scalar(type, 2), Numbers.Scalar(type, 7)));
            Assert.Equal([2, 5, 9], Numbers.Run("clip", x, Numbers.Scalar(type, 2)));
            Assert.Equal([1, 5, 7], Numbers.Run("clip", x, null, Numbers.Scalar(type, 7)));
            Assert.Equal([1, 5, 9], Numbers.Run("clip", x));
            Assert.Equal([2, 2, 2], Numbers.Run("clip", x, Numbers.Scalar(type, 7), Numbers.Scalar(type, 2)));
        }

        Assert.Equal([double.NaN], Numbers.Run("clip", Numbers.Float(double.NaN), Numbers.Float(0), Numbers.Float(1)));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("clip", Numbers.Float(1), Numbers.Float(0, 1)));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("clip", Numbers.Float(1), Numbers.Bools(true)));
    }
}
