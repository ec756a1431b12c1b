using Nbc.Values;
using static Nbc.Kernels.Tests.Movement.Give;

namespace Nbc.Kernels.Tests.Movement;

public sealed class SliceTests
{
    public static TheoryData<long, long, long, float[]> Cuts => new()
    {
        // start, end, step of 0 1 2 3 4
        { 1, 3, 1, [1, 2] },
        { 0, 100, 2, [0, 2, 4] },
        { -2, long.MaxValue, 1, [3, 4] },
        { 4, 0, -1, [4, 3, 2, 1] },
        { -1, long.MinValue, -2, [4, 2, 0] },
        { 100, -100, -1, [4, 3, 2, 1, 0] },
        { 3, 1, 1, [] },
        { 1, 3, -1, [] },
        { 2, 5, long.MaxValue, [2] },
        { 2, -100, long.MinValue, [2] },
    };

    [Theory]
    [MemberData(nameof(Cuts))]
    public void A_slice_is_what_numpy_gives(long start, long end, long step, float[] expected) => Is(
        Run("slice", Counting(5), Longs(start), Longs(end), Longs(0), Longs(step)), [expected.Length], expected);

    [Fact]
    public void Slices_of_several_axes_keep_their_order()
    {
        Is(Run("slice", Counting(3, 4), Longs(1, 2), Longs(3, 4)), [2, 2], 6f, 7, 10, 11);
        Is(Run("slice", Counting(3, 4), Row(-1), Row(-4), Row(-2), Row(-1)),
            [3, 4], 8f, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
        Is(Run("slice", Counting(2, 2, 2), Longs(1), Longs(2), Longs(1)), [2, 1, 2], 2f, 3, 6, 7);
    }

    [Fact]
    public void An_outer_slice_shares_the_memory_of_its_operand()
    {
        TensorValue x = Counting(4, 3);

        TensorValue rows = Run("slice", x, Longs(1), Longs(3));
        TensorValue columns = Run("slice", x, Longs(1), Longs(3), Longs(1));

        Assert.Same(x.Memory, rows.Memory);
        Is(rows, [2, 3], 3f, 4, 5, 6, 7, 8);
        Assert.NotSame(x.Memory, columns.Memory);
        AreTexts(Run("slice", Texts([3], "a", "b", "c"), Longs(1), Longs(3)), [2], "b", "c");
    }

    [Fact]
    public void Slices_that_cannot_be_are_refused()
    {
        Refuses(KernelFault.OutOfRange, "slice", KernelAttributes.None, Counting(3), Longs(0), Longs(1), Longs(1));
        Refuses(KernelFault.OutOfRange, "slice", KernelAttributes.None, Counting(3), Longs(0, 0), Longs(1, 1),
            Longs(0, 0));
        Refuses(
            KernelFault.OutOfRange, "slice", KernelAttributes.None, Counting(3), Longs(0), Longs(1), Longs(0),
                Longs(0));
        Refuses(KernelFault.WrongShape, "slice", KernelAttributes.None, Counting(3), Longs(0), Longs(1, 2));
        Refuses(KernelFault.WrongType, "slice", KernelAttributes.None, Counting(3), Row(0f), Longs(1));
    }

    [Fact]
    public void Slices_equal_a_walk_from_start_to_end() =>
        Gen.Select(Gen.Long[0, 6], Gen.Long[-8, 8], Gen.Long[-8, 8], Gen.Long[-3, 3].Where(step => step != 0))
            .Sample((size, start, end, step) =>
            {
                TensorValue y = Run(
                    "slice", Counting(2, size, 2), Longs(start), Longs(end), Longs(1), Longs(step));

                List<float> expected = [];
                for (int outer = 0; outer < 2; outer++)
                {
                    foreach (long i in Walk(size, start, end, step))
                    {
                        expected.Add((((outer * size) + i) * 2) + 0);
                        expected.Add((((outer * size) + i) * 2) + 1);
                    }
                }

                Assert.Equal(expected, Values<float>(y));
            });

    // Every index in the direction of the step that lies in the axis, from the first at or behind start, before end.
    private static IEnumerable<long> Walk(long size, long start, long end, long step)
    {
        long from = start < 0 ? start + size : start, to = end < 0 ? end + size : end;
        to = end < 0 && to < 0 ? (step > 0 ? 0 : -1) : to;
        from = step > 0 ? Math.Max(from, 0) : Math.Min(from, size - 1);
        for (long i = from; step > 0 ? i < to && i < size : i > to && i >= 0; i += step)
        {
            yield return i;
        }
    }

    [Fact]
    public void Split_cuts_equally_or_as_it_is_told()
    {
        NbcValue?[] equal = KernelEvaluator.Evaluate("split", Attributes(("num_outputs", 3)), [Counting(7)], 3);
        Is((TensorValue)equal[0]!, [3], 0f, 1, 2);
        Is((TensorValue)equal[2]!, [1], 6f);

        NbcValue?[] told = KernelEvaluator.Evaluate(
            "split", Attributes(("axis", -1)), [Counting(2, 3), Longs(1, 0, 2)], 3);
        Is((TensorValue)told[0]!, [2, 1], 0f, 3);
        Is((TensorValue)told[1]!, [2, 0], Array.Empty<float>());
        Is((TensorValue)told[2]!, [2, 2], 1f, 2, 4, 5);
    }

    [Fact]
    public void Split_refuses_sizes_that_do_not_add_up()
    {
        Refuses(KernelFault.WrongShape, "split", KernelAttributes.None, Counting(3), Longs(2));
        Refuses(KernelFault.WrongShape, "split", KernelAttributes.None, Counting(3), Longs(4));
        Refuses(KernelFault.WrongShape, "split", KernelAttributes.None, Counting(3), Longs(-1));
        Refuses(KernelFault.WrongShape, "split", KernelAttributes.None, Counting(3), Longs(1, 2));
        Refuses(KernelFault.WrongShape, "split", Attributes(("num_outputs", 2)), Counting(3));
        Refuses(KernelFault.WrongAttribute, "split", Attributes(("num_outputs", 0)), Counting(3));
        Refuses(KernelFault.OutOfRange, "split", Attributes(("axis", 1)), Counting(3));
    }
}
