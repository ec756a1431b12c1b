using Nbc.Tensors;
using Nbc.Values;
using static Nbc.Kernels.Tests.Movement.Give;

namespace Nbc.Kernels.Tests.Movement;

public sealed class IndexTests
{
    [Fact]
    public void Gather_picks_slices()
    {
        Is(Run("gather", Counting(3, 2), Longs(2, -3)), [2, 2], 4f, 5, 0, 1);
        Is(Run("gather", Attributes(("axis", 1)), Counting(2, 3), Tensor<long>([1, 2], 0, 2)), [2, 1, 2], 0f, 2, 3, 5);
        Is(Run("gather", Counting(3), One(1)), [], 1f);
        Is(Run("gather", Counting(0, 2), Longs()), [0, 2], Array.Empty<float>());
    }

    [Fact]
    public void Gather_elements_replaces_one_coordinate()
    {
        Is(Run("gather_elements", Attributes(("axis", 1)), Counting(2, 2), Tensor([2, 2], 0, 0, 1, -2)),
            [2, 2], 0f, 0, 3, 2);
        Is(Run("gather_elements", Counting(3, 2), Tensor([1, 2], 2L, 0)), [1, 2], 4f, 1);
    }

    [Fact]
    public void Gather_nd_takes_whole_coordinates()
    {
        Is(Run("gather_nd", Counting(2, 2), Tensor([2, 2], 0L, 0, 1, 1)), [2], 0f, 3);
        Is(Run("gather_nd", Counting(2, 2), Tensor([2, 1], 1L, -2)), [2, 2], 2f, 3, 0, 1);
        Is(Run("gather_nd", Attributes(("batch_dims", 1)), Counting(2, 2, 2), Tensor([2, 1], 1L, 0)),
            [2, 2], 2f, 3, 4, 5);
        Assert.Equal([0, 2], Run("gather_nd", Counting(2, 2), Tensor<long>([0, 1])).Shape.ToArray());
    }

    [Fact]
    public void Indices_outside_are_refused_before_they_are_used()
    {
        KernelAttributes none = KernelAttributes.None;
        Refuses(KernelFault.OutOfRange, "gather", none, Counting(3), Longs(3));
        Refuses(KernelFault.OutOfRange, "gather", none, Counting(3), Longs(-4));
        Refuses(KernelFault.OutOfRange, "gather", none, Counting(0, 2), Longs(0));
        Refuses(KernelFault.OutOfRange, "gather", none, Counting(3), Longs(long.MinValue));
        Refuses(KernelFault.WrongType, "gather", none, Counting(3), Row(0f));
        Refuses(KernelFault.OutOfRange, "gather_elements", none, Counting(3), Longs(3));
        Refuses(KernelFault.WrongShape, "gather_elements", none, Counting(3, 1), Tensor<long>([1, 2], 0, 0));
        Refuses(KernelFault.OutOfRange, "gather_nd", none, Counting(3), Tensor([1, 1], 3L));
        Refuses(KernelFault.WrongShape, "gather_nd", none, Counting(3), Tensor([1, 2], 0L, 0));
        Refuses(KernelFault.WrongShape, "gather_nd", Attributes(("batch_dims", 1)), Counting(2, 2), Tensor([1, 1], 0L));
        Refuses(KernelFault.WrongAttribute, "gather_nd", Attributes(("batch_dims", -1)), Counting(2), Longs(0));
        Refuses(KernelFault.OutOfRange, "scatter_elements", none, Counting(3), Longs(3), Row(1f));
        Refuses(KernelFault.WrongShape, "scatter_elements", none, Counting(3), Longs(0), Row(1f, 2));
        Refuses(KernelFault.WrongType, "scatter_elements", none, Counting(3), Longs(0), Longs(1));
        Refuses(KernelFault.OutOfRange, "scatter_nd", none, Counting(3), Tensor([1, 1], -4L), Row(1f));
        Refuses(KernelFault.WrongShape, "scatter_nd", none, Counting(3), Tensor([1, 1], 0L), Row(1f, 2));
        Refuses(KernelFault.WrongShape, "scatter_nd", none, Counting(3), Tensor([1, 2], 0L, 0), Row(1f));
        Refuses(KernelFault.WrongAttribute, "scatter_nd", Attributes(("reduction", "or")), Counting(3), Longs(0),
            One(1f));
    }

    public static TheoryData<string, float[]> Reductions => new()
    {
        { "none", [0, 7, 2] },
        { "add", [0, 13, 2] },
        { "mul", [0, 35, 2] },
        { "max", [0, 7, 2] },
        { "min", [0, 1, 2] },
    };

    [Theory]
    [MemberData(nameof(Reductions))]
    public void Scattered_updates_meet_what_is_there(string reduction, float[] expected)
    {
        KernelAttributes attributes = Attributes(("reduction", reduction));
        Is(Run("scatter_elements", attributes, Counting(3), Longs(1, -2), Row(5f, 7)), [3], expected);
        Is(Run("scatter_nd", attributes, Counting(3), Tensor([2, 1], 1L, -2), Row(5f, 7)), [3], expected);
    }

    [Fact]
    public void Scatter_does_not_change_its_operand()
    {
        TensorValue x = Counting(2, 2);

        TensorValue y = Run("scatter_nd", x, Tensor([1, 1], 1L), Tensor([1, 2], 8f, 9));
        TensorValue z = Run("scatter_elements", Attributes(("axis", 1)), x, Tensor([1, 1], 1), Tensor([1, 1], 8f));

        Is(x, [2, 2], 0f, 1, 2, 3);
        Is(y, [2, 2], 0f, 1, 8, 9);
        Is(z, [2, 2], 0f, 8, 2, 3);
    }

    [Fact]
    public void Reductions_hold_for_every_type_of_numbers()
    {
        Sum<sbyte>(127, 1, -128);
        Sum<byte>(255, 2, 1);
        Sum<short>(1, 2, 3);
        Sum<ushort>(1, 2, 3);
        Sum(int.MaxValue, 1, int.MinValue);
        Sum(1u, 2u, 3u);
        Sum(long.MaxValue, 1, long.MinValue);
        Sum(1ul, 2ul, 3ul);
        Sum(1.5, 2, 3.5);
        Sum((Half)1.5, (Half)2, (Half)3.5);
        Sum((BFloat16)1.5f, (BFloat16)2f, (BFloat16)3.5f);
        Sum(true, true, true);
        Sum(false, false, false);

        static void Sum<T>(T old, T update, T expected)
            where T : unmanaged => Is(
                Run("scatter_elements", Attributes(("reduction", "add")), Row(old), Longs(0), Row(update)), [1],
                    expected);
    }

    [Theory]
    [InlineData("mul", 3, 0.75f)]
    [InlineData("max", 1.5f, 1.5f)]
    [InlineData("min", 0.5f, 0.5f)]
    public void Bfloat16_is_reduced_by_every_rule(string reduction, float first, float expected)
    {
        float update = reduction == "mul" ? 0.25f : reduction == "max" ? 0.5f : 1.5f;
        Is(Run("scatter_nd", Attributes(("reduction", reduction)), Row((BFloat16)first), Tensor([1, 1], 0L),
            Row((BFloat16)update)), [1], (BFloat16)expected);
    }

    [Fact]
    public void Nan_spreads_through_a_reduction_and_bool_multiplies_as_and()
    {
        KernelAttributes max = Attributes(("reduction", "max"));
        Assert.Equal([float.NaN],
            Values<float>(Run("scatter_nd", max, Row(1f), Tensor([1, 1], 0L), Row(float.NaN))));
        Is(Run("scatter_nd", Attributes(("reduction", "mul")), Row(true), Tensor([1, 1], 0L), Row(false)), [1], false);
        Refuses(KernelFault.WrongType, "scatter_nd", max, Texts([1], "a"), Tensor([1, 1], 0L), Texts([1], "b"));
        AreTexts(Run("scatter_nd", Texts([1], "a"), Tensor([1, 1], 0L), Texts([1], "b")), [1], "b");
    }

    [Fact]
    public void Tensor_scatter_writes_from_each_start_on()
    {
        TensorValue cache = Counting(2, 4, 1), update = Tensor([2, 2, 1], 8f, 9, 6, 7);
        Is(Run("tensor_scatter", cache, update, Longs(1, 2)), [2, 4, 1], 0f, 8, 9, 3, 4, 5, 6, 7);
        Is(Run("tensor_scatter", cache, update), [2, 4, 1], 8f, 9, 2, 3, 6, 7, 6, 7);
        Is(Run("tensor_scatter", Attributes(("mode", "circular")), cache, update, Longs(3, 5)),
            [2, 4, 1], 9f, 1, 2, 8, 4, 6, 7, 7);
        Is(Run("tensor_scatter", Attributes(("axis", 2)), Counting(1, 2, 2), Tensor([1, 2, 1], 8f, 9), Longs(1)),
            [1, 2, 2], 0f, 8, 2, 9);
        KernelAttributes none = KernelAttributes.None;
        Refuses(KernelFault.OutOfRange, "tensor_scatter", none, cache, update, Longs(3, 0));
        Refuses(KernelFault.OutOfRange, "tensor_scatter", none, cache, update, Longs(-1, 0));
        Refuses(KernelFault.WrongShape, "tensor_scatter", none, cache, update, Longs(0));
        Refuses(KernelFault.WrongShape, "tensor_scatter", none, Counting(2, 1, 1), update);
        Refuses(KernelFault.WrongShape, "tensor_scatter", Attributes(("axis", 0)), cache, Counting(1, 4, 1));
    }

    [Fact]
    public void Compress_keeps_what_the_condition_says()
    {
        Is(Run("compress", Counting(2, 2), Row(false, true, true)), [2], 1f, 2);
        Is(Run("compress", Attributes(("axis", 1)), Counting(2, 2), Row(false, true)), [2, 1], 1f, 3);
        Is(Run("compress", Attributes(("axis", 0)), Counting(2, 2), Row(true)), [1, 2], 0f, 1);
        Refuses(KernelFault.WrongShape, "compress", KernelAttributes.None, Counting(1), Row(true, true));
        Refuses(KernelFault.WrongType, "compress", KernelAttributes.None, Counting(1), Longs(1));
        Refuses(KernelFault.WrongShape, "compress", KernelAttributes.None, Counting(1), One(true));
    }

    [Fact]
    public void One_hot_lights_one_place()
    {
        Is(Run("one_hot", Longs(0, 2, -1, 5), One(3L), Row(0f, 1)),
            [4, 3], 1f, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0);
        Is(Run("one_hot", Attributes(("axis", 0)), Row(1.7f, 0), Row(2f), Row(5, 7)), [2, 2], 5, 7, 7, 5);
        AreTexts(Run("one_hot", One(0L), One(2), Texts([2], "off", "on")), [2], "on", "off");
        Assert.Equal([1, 0], Run("one_hot", Longs(0), One(0L), Row(0f, 1)).Shape.ToArray());
        Refuses(KernelFault.OutOfRange, "one_hot", KernelAttributes.None, Longs(0), One(-1L), Row(0f, 1));
        Refuses(KernelFault.OutOfRange, "one_hot", KernelAttributes.None, Longs(0), One(float.NaN), Row(0f, 1));
        Refuses(KernelFault.WrongShape, "one_hot", KernelAttributes.None, Longs(0), One(1L), Row(0f));
        Refuses(KernelFault.TooLarge, "one_hot", KernelAttributes.None, Longs(0, 1), One((double)int.MaxValue),
            Row(0f, 1));
    }

    [Fact]
    public void Non_zero_gives_coordinates()
    {
        Is(Run("non_zero", Tensor([2, 2], 0f, -0f, float.NaN, 1)), [2, 2], 1L, 1, 0, 1);
        Is(Run("non_zero", One(true)), [0, 1], Array.Empty<long>());
        Is(Run("non_zero", One(false)), [0, 0], Array.Empty<long>());
        Is(Run("non_zero", Texts([2], "", "a")), [1, 1], 1L);
        Is(Run("non_zero", Row(0ul, ulong.MaxValue)), [1, 1], 1L);
        Is(Run("non_zero", Counting(0)), [1, 0], Array.Empty<long>());
        Is(Run("non_zero", Complex64(0, 0, 0, 1)), [1, 1], 1L);
        Is(Run("non_zero", Complex128(0, 0, 0, 1)), [1, 1], 1L);
    }

    [Theory]
    [InlineData(ElementType.Float8E4M3FN, 0x80, 0)]
    [InlineData(ElementType.Float8E4M3FNUZ, 0x80, 1)]
    [InlineData(ElementType.Float4E2M1, 0x8, 0)]
    [InlineData(ElementType.Float8E8M0, 0, 1)]
    [InlineData(ElementType.Int4, 0xF8, 1)]
    public void Non_zero_knows_the_zeros_of_small_types(ElementType type, byte bits, long found) =>
        Assert.Equal(found, Run("non_zero", TensorValue.From<byte>(type, [bits], 1)).Shape[1]);

    [Fact]
    public void Unique_sorts_and_counts()
    {
        NbcValue?[] results = KernelEvaluator.Evaluate(
            "unique", KernelAttributes.None, [Row(2f, 1, 1, 3, 4, 3)], 4);
        Is((TensorValue)results[0]!, [4], 1f, 2, 3, 4);
        Is((TensorValue)results[1]!, [4], 1L, 0, 3, 4);
        Is((TensorValue)results[2]!, [6], 1L, 0, 0, 2, 3, 2);
        Is((TensorValue)results[3]!, [4], 2L, 1, 2, 1);
    }

    [Fact]
    public void Unique_in_order_of_appearance_and_along_an_axis()
    {
        NbcValue?[] results = KernelEvaluator.Evaluate(
            "unique", Attributes(("sorted", 0)), [Texts([4], "b", "a", "b", "c")], 4);
        AreTexts((TensorValue)results[0]!, [3], "b", "a", "c");
        Is((TensorValue)results[2]!, [4], 0L, 1, 0, 2);
        Is((TensorValue)results[3]!, [3], 2L, 1, 1);
        Is(Run("unique", Attributes(("axis", 0)), Tensor([3, 2], 1, 0, 1, 0, 0, 5)), [2, 2], 0, 5, 1, 0);
        Is(Run("unique", Attributes(("axis", -1)), Tensor([2, 3], 2L, 1, 2, 0, 0, 0)), [2, 2], 1L, 2, 0, 0);
    }

    [Fact]
    public void Unique_knows_zeros_nans_and_every_order()
    {
        float[] floats = Values<float>(Run("unique",
            Row(float.NaN, 0f, -0f, float.NegativeInfinity, float.NaN)));
        Assert.Equal([float.NegativeInfinity, 0, float.NaN], floats);
        Is(Run("unique", Row(ulong.MaxValue, 1ul, 1ul)), [2], 1ul, ulong.MaxValue);
        Is(Run("unique", Row<sbyte>(1, -1, 1)), [2], (sbyte)-1, (sbyte)1);
        Is(Run("unique", Row((Half)1, (Half)(-1))), [2], (Half)(-1), (Half)1);
        Is(Run("unique", Counting(0)), [0], Array.Empty<float>());
        Assert.Equal([2], Run("unique", Complex64(1, 2, 1, 1, 1, 2)).Shape.ToArray());
        Assert.Equal([1], Run("unique", Complex128(1, 2, 1, 2)).Shape.ToArray());
        Refuses(KernelFault.WrongType, "unique", KernelAttributes.None,
            TensorValue.From<byte>(ElementType.Float8E5M2, [1], 1));
    }

    [Fact]
    public void Unique_puts_together_again_what_it_took_apart() =>
        Gen.Int[-3, 3].Array[0, 60].Sample(values =>
        {
            NbcValue?[] results = KernelEvaluator.Evaluate("unique", KernelAttributes.None, [Row(values)], 4);
            int[] y = Values<int>(((TensorValue)results[0]!));
            long[] first = Values<long>(((TensorValue)results[1]!));
            long[] inverse = Values<long>(((TensorValue)results[2]!));
            Assert.Equal(values.Distinct().Order(), y);
            Assert.Equal(values, inverse.Select(i => y[i]));
            Assert.Equal(y.Select(value => (long)Array.IndexOf(values, value)), first);
        });
}
