using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Elementwise;

public sealed class ArithmeticTests
{
    private static readonly KernelAttributes s_fmod = KernelAttributes.Of(("fmod", 1L));

    [Fact]
    public void Every_type_adds_subtracts_multiplies_and_divides()
    {
        foreach (ElementType type in Numbers.All)
        {
            TensorValue a = Numbers.Of(type, [6, 8, 20]);
            TensorValue b = Numbers.Of(type, [2, 4, 5]);
            Assert.Equal([8, 12, 25], Numbers.Run("add", a, b));
            Assert.Equal([4, 4, 15], Numbers.Run("sub", a, b));
            Assert.Equal([12, 32, 100], Numbers.Run("mul", a, b));
            Assert.Equal([3, 2, 4], Numbers.Run("div", a, b));
            Assert.Equal([6, 8, 20], Numbers.Run("max", a, b));
            Assert.Equal([2, 4, 5], Numbers.Run("min", a, b));
            Assert.Equal([0, 0, 0], Numbers.Run("mod", s_fmod, a, b));
            Assert.Equal([36, 64], Numbers.Run("pow", Numbers.Of(type, [6, 8]), Numbers.Of(type, [2])));
        }
    }

    public static TheoryData<long[], long[], long[]> ShapesData => new()
    {   // left          right         result
        { [], [], [] }, { [3], [], [3] }, { [], [2, 3], [2, 3] }, { [2, 3], [2, 3], [2, 3] },
        { [2, 3], [3], [2, 3] }, { [2, 1], [1, 3], [2, 3] }, { [4, 1, 2], [3, 1], [4, 3, 2] },
        { [1, 2, 1, 3], [5, 1, 4, 1], [5, 2, 4, 3] }, { [0, 3], [1, 3], [0, 3] }, { [2, 0], [1], [2, 0] },
        { [1, 1, 1], [7], [1, 1, 7] }, { [2, 3, 4, 5], [4, 5], [2, 3, 4, 5] }, { [2, 3, 4], [2, 1, 4], [2, 3, 4] },
    };

    [Theory]
    [MemberData(nameof(ShapesData))]
    public void Shapes_broadcast_by_numpys_rule(long[] left, long[] right, long[] result)
    {
        TensorValue a = Counted(left, 0);
        TensorValue b = Counted(right, 100);
        TensorValue c = KernelEvaluator.EvaluateOne("sub", KernelAttributes.None, a, b);
        Assert.Equal(result, c.Shape.ToArray());
        Assert.Equal(Reference(a, b, result, (x, y) => x - y), Numbers.Back(c));
    }

    [Fact]
    public void Broadcasting_equals_index_arithmetic_for_any_shapes() =>
        Gen.Select(Gen.Int[1, 4].Array[0, 4], Gen.Int[0, 15], Gen.Int[0, 15]).Sample((sizes, ones, others) =>
        {
            long[] shape = [.. sizes.Select(size => (long)size)];
            long[] left = [.. shape.Select((size, d) => (ones & (1 << d)) != 0 ? 1 : size)];
            long[] right = [.. shape.Select((size, d) => (others & (1 << d)) != 0 ? 1 : size).Skip(others % 2)];
            long[] result = [.. shape.Select((_, d) => Math.Max(
                left[d], d >= shape.Length - right.Length ? right[d - (shape.Length - right.Length)] : 1))];
            TensorValue a = Counted(left, 0);
            TensorValue b = Counted(right, 1000);
            Assert.Equal(Reference(a, b, result, (x, y) => x - y), Numbers.Run("sub", a, b));
            Assert.Equal(
                Reference(a, b, result, (x, y) => x > y ? 1 : 0),
                Numbers.Run("greater", a, b));
        });

    [Fact]
    public void Halves_broadcast_too()
    {
        foreach (ElementType type in new[] { ElementType.Float16, ElementType.BFloat16 })
        {
            TensorValue row = Numbers.Of(type, [1, 2, 3]);
            TensorValue column = Numbers.Of(type, [10, 20], 2, 1);
            Assert.Equal([9, 8, 7, 19, 18, 17], Numbers.Run("sub", column, row));
            Assert.Equal([-9, -8, -7, -19, -18, -17], Numbers.Run("sub", row, column));
            Assert.Equal([3.5, 4.5, 5.5], Numbers.Run("add", Numbers.Scalar(type, 2.5), row));
            double[] many = [.. Enumerable.Range(0, 1200).Select(i => (double)(i % 128))];
            Assert.Equal(many.Select(x => x * 2), Numbers.Run(
                "mul", Numbers.Of(type, many), Numbers.Scalar(type, 2)));
        }
    }

    [Fact]
    public void Whole_numbers_wrap_around()
    {
        TensorValue most = Numbers.Of(ElementType.Int8, [127, -128, -128]);
        Assert.Equal([-128, 127, 0], Numbers.Run("add", most, Numbers.Of(ElementType.Int8, [1, -1, -128])));
        Assert.Equal([255], Numbers.Run("sub", Numbers.Of(ElementType.UInt8, [0]), Numbers.Of(ElementType.UInt8, [1])));
        Assert.Equal([44], Numbers.Run("mul", Numbers.Of(ElementType.UInt8, [100]), Numbers.Of(ElementType.UInt8,
            [3])));
    }

    [Theory]
    [InlineData(ElementType.Int8, -128)]
    [InlineData(ElementType.Int16, -32768)]
    [InlineData(ElementType.Int32, -2147483648)]
    [InlineData(ElementType.Int64, long.MinValue)]
    public void The_least_number_by_minus_one_does_not_trap(ElementType type, double least)
    {
        TensorValue a = Numbers.Of(type, [least, 7, -7]);
        Assert.Equal([least, -7, 7], Numbers.Run("div", a, Numbers.Of(type, [-1])));
        Assert.Equal([least, -7, 7], Numbers.Run("div", a, Numbers.Of(type, [-1, -1, -1])));
        Assert.Equal([0, 0, 0], Numbers.Run("mod", a, Numbers.Of(type, [-1])));
        Assert.Equal([0, 0, 0], Numbers.Run("mod", s_fmod, a, Numbers.Of(type, [-1])));
    }

    [Fact]
    public void Whole_numbers_divide_toward_zero_and_never_by_it()
    {
        TensorValue a = Numbers.Of(ElementType.Int32, [7, -7, 7, -7]);
        TensorValue b = Numbers.Of(ElementType.Int32, [2, 2, -2, -2]);
        Assert.Equal([3, -3, -3, 3], Numbers.Run("div", a, b));
        Assert.Equal([1, 1, -1, -1], Numbers.Run("mod", a, b));
        Assert.Equal([1, -1, 1, -1], Numbers.Run("mod", s_fmod, a, b));
        TensorValue zero = Numbers.Scalar(ElementType.Int32, 0);
        Assert.Equal(KernelFault.OutOfRange, Numbers.Fault("div", a, zero));
        Assert.Equal(KernelFault.OutOfRange, Numbers.Fault("mod", a, zero));
        Assert.Empty(Numbers.Run("div", TensorValue.Allocate(ElementType.Int32, 0), zero));
    }

    [Fact]
    public void Floating_point_divides_by_zero_as_IEEE_754_says()
    {
        Assert.Equal(
            [double.PositiveInfinity, double.NegativeInfinity, double.NaN],
            Numbers.Run("div", Numbers.Float(1, -1, 0), Numbers.Float(0)));
        Numbers.AssertClose([-1.5, 1.5], Numbers.Run("mod", s_fmod, Numbers.Float(-4.5, 4.5), Numbers.Float(3, -3)));
        Numbers.AssertClose([1.5, -1.5], Numbers.Run("mod", Numbers.Float(-4.5, 4.5), Numbers.Float(3, -3)));
    }

    [Fact]
    public void NaN_spreads_through_max_and_min()
    {
        TensorValue a = Numbers.Float(double.NaN, 1, 2);
        TensorValue b = Numbers.Float(1, double.NaN, 3);
        Assert.Equal([double.NaN, double.NaN, 3], Numbers.Run("max", a, b));
        Assert.Equal([double.NaN, double.NaN, 2], Numbers.Run("min", a, b));
    }

    [Fact]
    public void Any_number_of_operands_fold()
    {
        TensorValue a = Numbers.Float(1, 2);
        TensorValue b = Numbers.Of(ElementType.Float32, [10, 20, 30], 3, 1);
        Assert.Equal([1, 2], Numbers.Run("sum", a));
        Assert.Equal([12, 14, 22, 24, 32, 34], Numbers.Run("sum", a, b, a));
        Assert.Equal([4, 14.0 / 3, 22.0 / 3, 8, 32.0 / 3, 34.0 / 3], Numbers.Run("mean", a, b, a).Select(
            x => Math.Round(x * 3) / 3).ToArray());
        Assert.Equal([3, 6], Numbers.Run("sum", a, a, a));
        foreach (ElementType type in Numbers.Floats)
        {
            Assert.Equal([2, 3], Numbers.Run("mean", Numbers.Of(type, [1, 2]), Numbers.Of(type, [3, 4])));
        }

        Assert.Equal(KernelFault.WrongType, Numbers.Fault("mean", Whole(2), Whole(3)));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("sum", a, Whole(3)));
    }

    private static TensorValue Whole(double value) => Numbers.Of(ElementType.Int32, [value]);

    [Fact]
    public void A_power_has_the_type_of_its_base()
    {
        Assert.Equal([8, 81], Numbers.Run("pow", Numbers.Of(ElementType.Int32, [2, 3]), Numbers.Float(3, 4)));
        Assert.Equal([1.4142135], Numbers.Run("pow", Numbers.Float(2), Numbers.Of(ElementType.Float64, [0.5]))
            .Select(x => Math.Round(x, 7)));
        Assert.Equal([0.25, 9], Numbers.Run("pow", Numbers.Float(2, 3), Numbers.Of(ElementType.Int64, [-2, 2])));
        Assert.Equal([1, -1, 0], Numbers.Run(
            "pow", Numbers.Of(ElementType.Int64, [1, -1, 5]), Numbers.Of(ElementType.Int32, [-3])));
        Assert.Equal([1], Numbers.Run("pow", Whole(0), Whole(0)));
        Assert.Equal([0], Numbers.Run("pow", Whole(2), Whole(40)));
        Assert.Equal([4], Numbers.Run("pow", Numbers.Of(ElementType.Float16, [2]), Whole(2)));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("pow", Numbers.Bools(true), Whole(2)));
    }

    [Fact]
    public void Prelu_scales_what_is_negative_by_a_slope_that_broadcasts_one_way()
    {
        TensorValue x = Numbers.Of(ElementType.Float32, [-1, 2, -3, 4], 2, 2);
        Assert.Equal([-0.5, 2, -1.5, 4], Numbers.Run("prelu", x, Numbers.Float(0.5)));
        Assert.Equal([-2, 2, -6, 4], Numbers.Run("prelu", x, Numbers.Float(2, 3)));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("prelu", Numbers.Float(1, 2), x));
        Assert.Equal([-6, 5], Numbers.Run("prelu", Numbers.Of(ElementType.Int32, [-2, 5]), Whole(3)));
    }

    [Fact]
    public void Operands_that_do_not_go_together_are_refused()
    {
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("add", Numbers.Float(1, 2), Numbers.Float(1, 2, 3)));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("add", Numbers.Float(1), Whole(1)));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("add", Numbers.Bools(true), Numbers.Bools(true)));
        Assert.Equal(KernelFault.Unsupported, Numbers.Fault(
            "add", TensorValue.Allocate(ElementType.Float32, [.. Enumerable.Repeat(1L, 70)]), Numbers.Float(1)));
    }

    private static TensorValue Counted(long[] shape, double from)
    {
        TensorValue tensor = TensorValue.Allocate(ElementType.Int32, shape);
        for (int i = 0; i < tensor.Count; i++)
        {
            tensor.Span<int>()[i] = (int)from + (i * i);
        }

        return tensor;
    }

    private static double[] Reference(
        TensorValue a, TensorValue b, long[] shape, Func<double, double, double> definition)
    {
        double[] result = new double[shape.Aggregate(1L, (x, y) => x * y)];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = definition(At(a, shape, i), At(b, shape, i));
        }

        return result;
    }

    private static double At(TensorValue tensor, long[] shape, int index)
    {
        long at = 0;
        long step = 1;
        for (int d = shape.Length - 1; d >= 0; d--)
        {
            long position = index % shape[d];
            index /= (int)shape[d];
            int own = d - (shape.Length - tensor.Rank);
            if (own >= 0)
            {
                at += tensor.Shape[own] == 1 ? 0 : position * step;
                step *= tensor.Shape[own];
            }
        }

        return tensor.Span<int>()[(int)at];
    }
}
