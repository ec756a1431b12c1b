using Nbc.Values;
using static Nbc.Kernels.Tests.Movement.Give;

namespace Nbc.Kernels.Tests.Movement;

public sealed class ArrangeTests
{
    [Fact]
    public void Transpose_turns_axes()
    {
        Is(Run("transpose", Counting(2, 3)), [3, 2], 0f, 3, 1, 4, 2, 5);
        Is(Run("transpose", Attributes(("perm", new long[] { 1, 0, 2 })), Counting(2, 2, 2)),
            [2, 2, 2], 0f, 1, 4, 5, 2, 3, 6, 7);
        Is(Run("transpose", One(5f)), [], 5f);
        Assert.Equal([3, 0], Run("transpose", Counting(0, 3)).Shape.ToArray());
    }

    [Fact]
    public void Transpose_of_axes_of_one_element_copies_nothing()
    {
        TensorValue x = Counting(1, 3, 1, 2);

        TensorValue y = Run("transpose", Attributes(("perm", new long[] { 1, 0, 3, 2 })), x);

        Assert.Same(x.Memory, y.Memory);
        Assert.Equal([3, 1, 2, 1], y.Shape.ToArray());
    }

    [Fact]
    public void Transpose_twice_is_where_it_began() =>
        Gen.Select(Gen.Long[1, 70], Gen.Long[1, 40], Gen.Long[1, 5],
            Gen.Shuffle(new long[] { 0, 1, 2 })).Sample((a, b, c, order) =>
        {
            long[] back = new long[3];
            for (int i = 0; i < 3; i++)
            {
                back[order[i]] = i;
            }

            TensorValue x = Counting(a, b, c);
            TensorValue y = Run("transpose", Attributes(("perm", order)), x);
            TensorValue z = Run("transpose", Attributes(("perm", back)), y);

            Assert.Equal(Values<float>(x), Values<float>(z));
            Assert.Equal(x.Span<float>()[^1], y.Span<float>()[^1]);
        });

    [Fact]
    public void Transpose_refuses_orders_that_are_none()
    {
        Refuses(KernelFault.WrongAttribute, "transpose", Attributes(("perm", new long[] { 0, 0 })), Counting(2, 3));
        Refuses(KernelFault.WrongShape, "transpose", Attributes(("perm", new long[] { 1, 0 })), Counting(2));
    }

    [Fact]
    public void Concat_appends_along_an_axis()
    {
        Is(Run("concat", Attributes(("axis", 1)), Counting(2, 1), Counting(2, 2)), [2, 3], 0f, 0, 1, 1, 2, 3);
        Is(Run("concat", Attributes(("axis", -2)), Counting(1, 2), Counting(0, 2), Counting(1, 2)),
            [2, 2], 0f, 1, 0, 1);
        AreTexts(Run("concat", Attributes(("axis", 0)), Texts([1], "a"), Texts([1], "b")), [2], "a", "b");
        Refuses(KernelFault.WrongShape, "concat", Attributes(("axis", 0)), Counting(1, 2), Counting(1, 3));
        Refuses(KernelFault.WrongType, "concat", Attributes(("axis", 0)), Counting(1), Longs(1));
        Refuses(KernelFault.OutOfRange, "concat", Attributes(("axis", 0)), One(1f), One(1f));
        Refuses(KernelFault.WrongAttribute, "concat", KernelAttributes.None, Counting(1));
        Refuses(KernelFault.WrongAttribute, "concat", Attributes(("axis", "0")), Counting(1));
    }

    [Fact]
    public void Expand_broadcasts_both_ways()
    {
        Is(Run("expand", Counting(2, 1), Longs(1, 2)), [2, 2], 0f, 0, 1, 1);
        Is(Run("expand", Counting(2), Longs(2, 1)), [2, 2], 0f, 1, 0, 1);
        Is(Run("expand", Counting(3), Longs(1)), [3], 0f, 1, 2);
        Assert.Equal([0, 2], Run("expand", Counting(1, 2), Longs(0, 2)).Shape.ToArray());
        Refuses(KernelFault.WrongShape, "expand", KernelAttributes.None, Counting(2), Longs(3));
        Refuses(KernelFault.WrongShape, "expand", KernelAttributes.None, Counting(1), Longs(-3));
        Refuses(KernelFault.TooLarge, "expand", KernelAttributes.None, Counting(1), Longs(1L << 33));
    }

    [Fact]
    public void Tile_repeats_the_whole()
    {
        Is(Run("tile", Counting(2), Longs(3)), [6], 0f, 1, 0, 1, 0, 1);
        Is(Run("tile", Counting(2, 2), Longs(2, 2)), [4, 4], 0f, 1, 0, 1, 2, 3, 2, 3, 0, 1, 0, 1, 2, 3, 2, 3);
        Assert.Equal([0], Run("tile", Counting(2), Longs(0)).Shape.ToArray());
        Refuses(KernelFault.OutOfRange, "tile", KernelAttributes.None, Counting(2), Longs(-1));
        Refuses(KernelFault.TooLarge, "tile", KernelAttributes.None, Counting(2), Longs(long.MaxValue));
        Refuses(KernelFault.WrongShape, "tile", KernelAttributes.None, Counting(2), Longs(1, 1));
    }

    public static TheoryData<string, long, long, float[]> Pads => new()
    {
        // of 0 1 2
        { "constant", 1, 2, [9, 0, 1, 2, 9, 9] },
        { "constant", -1, 1, [1, 2, 9] },
        { "constant", -2, -1, [] },
        { "edge", 2, 1, [0, 0, 0, 1, 2, 2] },
        { "edge", -1, 2, [1, 2, 2, 2] },
        { "reflect", 2, 2, [2, 1, 0, 1, 2, 1, 0] },
        { "reflect", 5, 0, [1, 0, 1, 2, 1, 0, 1, 2] },
        { "reflect", 1, -1, [1, 0, 1] },
        { "wrap", 2, 4, [1, 2, 0, 1, 2, 0, 1, 2, 0] },
        { "wrap", -1, 1, [1, 2, 1] },
    };

    [Theory]
    [MemberData(nameof(Pads))]
    public void Pads_are_filled_as_the_mode_says(string mode, long before, long after, float[] expected) => Is(
        Run("pad", Attributes(("mode", mode)), Counting(3), Longs(before, after), One(9f)),
        [expected.Length], expected);

    [Fact]
    public void Pads_of_several_axes_meet_in_the_corners()
    {
        Is(Run("pad", Counting(1, 2), Longs(1, 1, 0, 0)), [2, 3], 0f, 0, 0, 0, 0, 1);
        Is(Run("pad", Attributes(("mode", "edge")), Counting(2, 2), Longs(1, 1, 0, 0)),
            [3, 3], 0f, 0, 1, 0, 0, 1, 2, 2, 3);
        Is(Run("pad", Attributes(("mode", "reflect")), Counting(2, 2), Longs(1, 0), null, Longs(-2)),
            [3, 2], 2f, 3, 0, 1, 2, 3);
        Is(Run("pad", Attributes(("mode", "reflect")), Counting(1), Longs(1, 1)), [3], 0f, 0, 0);
        Is(Run("pad", Attributes(("mode", "edge")), One(4f), Longs()), [], 4f);
        AreTexts(Run("pad", Texts([1], "a"), Longs(1, 0)), [2], "", "a");
        Is(Run("pad", Counting(2), Longs(-3, 3)), [2], 0f, 0);
    }

    [Fact]
    public void Pads_that_cannot_be_are_refused()
    {
        Refuses(KernelFault.WrongShape, "pad", KernelAttributes.None, Counting(2), Longs(-3, 0));
        Refuses(KernelFault.WrongShape, "pad", KernelAttributes.None, Counting(2), Longs(1));
        Refuses(KernelFault.WrongShape, "pad", Attributes(("mode", "edge")), Counting(0), Longs(1, 0));
        Refuses(KernelFault.WrongShape, "pad", Attributes(("mode", "wrap")), Counting(2), Longs(-3, 3));
        Refuses(KernelFault.TooLarge, "pad", KernelAttributes.None, Counting(2), Longs(long.MaxValue, 0));
        Refuses(KernelFault.OutOfRange, "pad", KernelAttributes.None, Counting(2), Longs(1, 0), null, Longs(1));
        Refuses(KernelFault.WrongType, "pad", KernelAttributes.None, Counting(2), Longs(1, 0), One(1));
        Refuses(KernelFault.WrongShape, "pad", KernelAttributes.None, Counting(2), Longs(1, 0), Row(1f, 2));
        Refuses(KernelFault.WrongAttribute, "pad", Attributes(("mode", "mirror")), Counting(2), Longs(1, 0));
    }

    [Fact]
    public void Trilu_keeps_one_triangle()
    {
        Is(Run("trilu", Counting(2, 3)), [2, 3], 0f, 1, 2, 0, 4, 5);
        Is(Run("trilu", Attributes(("upper", 0)), Counting(2, 3), One(1L)), [2, 3], 0f, 1, 0, 3, 4, 5);
        Is(Run("trilu", Counting(2, 2, 2), One(long.MaxValue)), [2, 2, 2], 0f, 0, 0, 0, 0, 0, 0, 0);
        Is(Run("trilu", Counting(2, 2), One(long.MinValue)), [2, 2], 0f, 1, 2, 3);
        Assert.Equal([2, 0], Run("trilu", Counting(2, 0)).Shape.ToArray());
        Refuses(KernelFault.WrongShape, "trilu", KernelAttributes.None, Counting(2));
    }

    [Fact]
    public void Depth_and_space_change_places()
    {
        TensorValue x = Counting(1, 4, 1, 2);
        Is(Run("depth_to_space", Attributes(("blocksize", 2)), x), [1, 1, 2, 4], 0f, 2, 1, 3, 4, 6, 5, 7);
        TensorValue y = Counting(1, 8, 1, 1);
        Is(Run("depth_to_space", Attributes(("blocksize", 2)), y), [1, 2, 2, 2], 0f, 2, 4, 6, 1, 3, 5, 7);
        Is(Run("depth_to_space", Attributes(("blocksize", 2), ("mode", "CRD")), y), [1, 2, 2, 2], 0f, 1, 2, 3, 4, 5, 6,
            7);
        Is(Run("space_to_depth", Attributes(("blocksize", 2)), Counting(1, 1, 2, 4)),
            [1, 4, 1, 2], 0f, 2, 1, 3, 4, 6, 5, 7);
        Refuses(KernelFault.WrongShape, "depth_to_space", Attributes(("blocksize", 2)), Counting(1, 3, 1, 1));
        Refuses(KernelFault.WrongShape, "space_to_depth", Attributes(("blocksize", 2)), Counting(1, 3, 1, 2));
        Refuses(KernelFault.WrongShape, "space_to_depth", Attributes(("blocksize", 2)), Counting(1));
        Refuses(KernelFault.WrongAttribute, "space_to_depth", KernelAttributes.None, Counting(1, 1, 1, 1));
    }

    [Fact]
    public void Reverse_sequence_turns_the_start_of_each()
    {
        Is(Run("reverse_sequence", Counting(3, 2), Longs(1, 3)), [3, 2], 0f, 5, 2, 3, 4, 1);
        Is(Run("reverse_sequence", Attributes(("batch_axis", 0), ("time_axis", 1)), Counting(2, 3), Longs(2, 0)),
            [2, 3], 1f, 0, 2, 3, 4, 5);
        Refuses(KernelFault.OutOfRange, "reverse_sequence", KernelAttributes.None, Counting(3, 1), Longs(4));
        Refuses(KernelFault.WrongShape, "reverse_sequence", KernelAttributes.None, Counting(3, 1), Longs(1, 1));
        Refuses(KernelFault.WrongShape, "reverse_sequence", KernelAttributes.None, Counting(3), Longs(1));
        Refuses(KernelFault.WrongAttribute, "reverse_sequence", Attributes(("time_axis", 1)), Counting(3, 1), Longs(1));
    }

    [Fact]
    public void Center_crop_pad_does_both_evenly()
    {
        Is(Run("center_crop_pad", Counting(5), Longs(2)), [2], 1f, 2);
        Is(Run("center_crop_pad", Counting(2), Longs(5)), [5], 0f, 0, 1, 0, 0);
        Is(Run("center_crop_pad", Counting(3, 2), Longs(1, 4)), [1, 4], 0f, 2, 3, 0);
        Is(Run("center_crop_pad", Attributes(("axes", new long[] { -1 })), Counting(2, 3), Longs(1)), [2, 1], 1f, 4);
        Refuses(KernelFault.OutOfRange, "center_crop_pad", KernelAttributes.None, Counting(2), Longs(-1));
        Refuses(KernelFault.WrongShape, "center_crop_pad", KernelAttributes.None, Counting(2), Longs(1, 1));
    }
}
