using Nbc.Values;
using static Nbc.Kernels.Tests.Movement.Give;

namespace Nbc.Kernels.Tests.Movement;

public sealed class ShapeTests
{
    public static TheoryData<long[], long[], bool, long[]> Reshapes => new()
    {
        { [2, 3], [6], false, [6] },
        { [2, 3], [3, -1], false, [3, 2] },
        { [2, 3], [0, 3, -1], false, [2, 3, 1] },
        { [2, 3], [-1], false, [6] },
        { [1], [], false, [] },
        { [0, 3], [3, 0], true, [3, 0] },
        { [0, 3], [0, -1], false, [0, 3] }, // sizes that are kept count on neither side
    };

    [Theory]
    [MemberData(nameof(Reshapes))]
    public void Reshape_gives_the_shape_that_is_meant(long[] from, long[] asked, bool allowZero, long[] shape)
    {
        TensorValue x = Counting(from);

        TensorValue y = Run("reshape", Attributes(("allowzero", allowZero ? 1 : 0)), x, Longs(asked));

        Assert.Equal(shape, y.Shape.ToArray());
        Assert.Equal(Values<float>(x), Values<float>(y));
    }

    [Theory]
    [InlineData(new long[] { 4 })]
    [InlineData(new long[] { -1, -1 })]
    [InlineData(new long[] { -2, 3 })]
    [InlineData(new long[] { 5, -1 })]
    [InlineData(new long[] { 2, 3, 0 })]
    [InlineData(new long[] { long.MaxValue, long.MaxValue })]
    [InlineData(new long[] { long.MaxValue, -1, 2 })]
    public void Reshape_refuses_a_shape_of_other_size(long[] asked) =>
        Refuses(KernelFault.WrongShape, "reshape", KernelAttributes.None, Counting(2, 3), Longs(asked));

    [Fact]
    public void Reshape_with_allowzero_takes_no_open_size_beside_a_zero() => Refuses(
        KernelFault.WrongShape, "reshape", Attributes(("allowzero", 1)), Counting(0, 3), Longs(0, -1));

    [Fact]
    public void More_dimensions_than_are_supported_are_refused() => Refuses(
        KernelFault.TooLarge, "reshape", KernelAttributes.None, Counting(1), Longs([.. Enumerable.Repeat(1L, 65)]));

    [Theory]
    [InlineData(0, new long[] { 1, 24 })]
    [InlineData(1, new long[] { 2, 12 })]
    [InlineData(3, new long[] { 24, 1 })]
    [InlineData(-1, new long[] { 6, 4 })]
    public void Flatten_cuts_the_axes_in_two(long axis, long[] shape)
    {
        TensorValue y = Run("flatten", Attributes(("axis", axis)), Counting(2, 3, 4));

        Assert.Equal(shape, y.Shape.ToArray());
        Assert.Equal(23, y.Span<float>()[23]);
    }

    [Fact]
    public void Flatten_refuses_an_axis_that_is_not_there() =>
        Refuses(KernelFault.OutOfRange, "flatten", Attributes(("axis", 4)), Counting(2, 3, 4));

    [Fact]
    public void Squeeze_and_unsqueeze_are_inverse()
    {
        Assert.Equal([3, 2], Run("squeeze", Counting(1, 3, 1, 2)).Shape.ToArray());
        Assert.Equal([3, 1, 2], Run("squeeze", Counting(1, 3, 1, 2), Longs(-4)).Shape.ToArray());
        Assert.Equal([1, 3, 2, 1], Run("unsqueeze", Counting(3, 2), Longs(-1, 0)).Shape.ToArray());
        Assert.Equal([3], Run("unsqueeze", Counting(3), Row<int>()).Shape.ToArray());
    }

    [Fact]
    public void Squeeze_and_unsqueeze_refuse_axes_that_do_not_fit()
    {
        Refuses(KernelFault.WrongShape, "squeeze", KernelAttributes.None, Counting(1, 3), Longs(1));
        Refuses(KernelFault.OutOfRange, "squeeze", KernelAttributes.None, Counting(1, 3), Longs(2));
        Refuses(KernelFault.OutOfRange, "unsqueeze", KernelAttributes.None, Counting(3), Longs(0, 0));
        Refuses(KernelFault.WrongType, "unsqueeze", KernelAttributes.None, Counting(3), Row(0f));
        Refuses(KernelFault.WrongShape, "unsqueeze", KernelAttributes.None, Counting(3), Tensor<long>([1, 1], 0));
        Refuses(KernelFault.MissingOperand, "unsqueeze", KernelAttributes.None, Counting(3));
    }

    [Theory]
    [InlineData(0, long.MaxValue, new long[] { 2, 3, 4 })]
    [InlineData(1, -1, new long[] { 3 })]
    [InlineData(-2, 9, new long[] { 3, 4 })]
    [InlineData(2, 1, new long[] { })]
    [InlineData(-9, 1, new long[] { 2 })]
    public void Shape_gives_the_sizes_between_two_axes(long start, long end, long[] sizes) => Is(
        Run("shape", Attributes(("start", start), ("end", end)), Counting(2, 3, 4)), [sizes.Length], sizes);

    [Fact]
    public void Size_counts_elements()
    {
        Is(Run("size", Counting(2, 3)), [], 6L);
        Is(Run("size", Texts([0])), [], 0L);
        Is(Run("size", One(1f)), [], 1L);
    }

    [Fact]
    public void Constant_of_shape_fills_with_its_value_or_zero()
    {
        Is(Run("constant_of_shape", Longs(2, 1)), [2, 1], 0f, 0f);
        Is(Run("constant_of_shape", Attributes(("value", Row((short)7))), Longs(2)), [2], (short)7, (short)7);
        Is(Run("constant_of_shape", Attributes(("value", Row(true))), Longs()), [], true);
        AreTexts(Run("constant_of_shape", Attributes(("value", Texts([1], "x"))), Longs(2)), [2], "x", "x");
        Refuses(KernelFault.TooLarge, "constant_of_shape", KernelAttributes.None, Longs(1L << 40));
        Refuses(KernelFault.TooLarge, "constant_of_shape", KernelAttributes.None, Longs(-1));
        Refuses(KernelFault.WrongAttribute, "constant_of_shape", Attributes(("value", Row(1f, 2f))), Longs(1));
    }

    [Fact]
    public void Eye_like_draws_one_diagonal()
    {
        Is(Run("eye_like", Counting(2, 3)), [2, 3], 1f, 0, 0, 0, 1, 0);
        Is(Run("eye_like", Attributes(("k", 1), ("dtype", 6)), Counting(2, 3)), [2, 3], 0, 1, 0, 0, 0, 1);
        Is(Run("eye_like", Attributes(("k", -1), ("dtype", 9)), Counting(2, 2)), [2, 2], false, false, true, false);
        Is(Run("eye_like", Attributes(("k", long.MaxValue)), Counting(1, 2)), [1, 2], 0f, 0);
        Refuses(KernelFault.WrongShape, "eye_like", KernelAttributes.None, Counting(2));
        Refuses(KernelFault.WrongType, "eye_like", Attributes(("dtype", 17)), Counting(2, 2));
    }

    [Fact]
    public void Range_goes_up_and_down()
    {
        Is(Run("range", One(1f), One(4f), One(2f)), [2], 1f, 3f);
        Is(Run("range", One(10), One(6), One(-3)), [2], 10, 7);
        Is(Run("range", One(10L), One(6L), One(1L)), [0], Array.Empty<long>());
        Is(Run("range", One(0.0), One(1.0), One(0.25)), [4], 0, 0.25, 0.5, 0.75);
        Is(Run("range", One(long.MaxValue - 1), One(long.MaxValue), One(long.MaxValue)), [1], long.MaxValue - 1);
        Is(Run("range", One((short)1), One((short)3), One((short)1)), [2], (short)1, (short)2);
        Is(Run("range", One((Half)1), One((Half)2), One((Half)0.5)), [2], (Half)1, (Half)1.5);
    }

    [Fact]
    public void Range_of_small_floats_is_computed_in_the_type_that_is_named()
    {
        // Element 37 is just below the middle of two float16, and single precision rounds it onto the middle.
        Half start = (Half)1.9521484375, limit = (Half)1.955, step = (Half)6.598234176635742e-05;
        TensorValue single = Run("range", One(start), One(limit), One(step));
        TensorValue twice = Run("range", Attributes(("stash_type", 11L)), One(start), One(limit), One(step));
        Assert.Equal((Half)1.955078125, Values<Half>(single)[37]);
        Assert.Equal((Half)1.9541015625, Values<Half>(twice)[37]);
        Assert.Equal(Values<Half>(single)[..37], Values<Half>(twice)[..37]);
        Refuses(KernelFault.WrongAttribute, "range", Attributes(("stash_type", 10L)), One(1f), One(2f), One(1f));
    }

    [Fact]
    public void Range_refuses_steps_that_lead_nowhere_or_too_far()
    {
        Refuses(KernelFault.OutOfRange, "range", KernelAttributes.None, One(1), One(5), One(0));
        Refuses(KernelFault.OutOfRange, "range", KernelAttributes.None, One(1f), One(float.NaN), One(1f));
        Refuses(KernelFault.TooLarge, "range", KernelAttributes.None, One(long.MinValue), One(long.MaxValue), One(1L));
        Refuses(KernelFault.TooLarge, "range", KernelAttributes.None, One(0f), One(float.PositiveInfinity), One(1f));
        Refuses(KernelFault.WrongType, "range", KernelAttributes.None, One(1), One(5L), One(1));
        Refuses(KernelFault.WrongShape, "range", KernelAttributes.None, Row(1, 2), One(5), One(1));
        Refuses(KernelFault.WrongType, "range", KernelAttributes.None, Texts([], "a"), Texts([], "b"), Texts([], "c"));
    }
}
