using System.Buffers.Binary;
using Nbc.Values;
using static Nbc.Kernels.Tests.Movement.Give;

namespace Nbc.Kernels.Tests.Signal;

public sealed class BoxTests
{
    // y1, x1, y2, x2: two that overlap by 0.8 / 1.2, one apart.
    private static readonly float[] s_boxes = [0, 0, 1, 1, 0, 0.2f, 1, 1.2f, 0, 10, 1, 11];

    private static TensorValue Selected(long most, float overlap, float? least, params float[] scores) => Run(
        "non_max_suppression", Tensor([1, 3, 4], s_boxes), Tensor([1, scores.Length / 3, 3], scores),
        Longs(most), Row(overlap), least is { } score ? Row(score) : null);

    [Fact]
    public void Boxes_that_overlap_a_better_one_go()
    {
        Is(Selected(3, 0.5f, null, 0.9f, 0.8f, 0.7f), [2, 3], 0L, 0, 0, 0, 0, 2);
        Is(Selected(3, 0.7f, null, 0.8f, 0.9f, 0.7f), [3, 3], 0L, 0, 1, 0, 0, 0, 0, 0, 2);
        Is(Selected(1, 0.5f, null, 0.5f, 0.5f, 0.5f), [1, 3], 0L, 0, 0);
        Is(Selected(3, 0.5f, 0.75f, 0.9f, 0.8f, 0.75f), [1, 3], 0L, 0, 0);
        Is(Selected(3, 0.5f, null, float.NaN, 0.8f, float.NaN), [1, 3], 0L, 0, 1);
        Is(Selected(1, 0.5f, null, 0.9f, 0.1f, 0.1f, 0.1f, 0.1f, 0.9f), [2, 3], 0L, 0, 0, 0, 1, 2);
        Assert.Equal([0, 3], Selected(0, 0.5f, null, 1, 1, 1).Shape.ToArray());
        Assert.Equal([0, 3], Run("non_max_suppression", Tensor<float>([1, 0, 4]), Tensor<float>([1, 1, 0]),
            Longs(1)).Shape.ToArray());
    }

    [Fact]
    public void Boxes_may_be_given_by_their_middle_or_by_any_corners()
    {
        TensorValue scores = Tensor([1, 1, 2], 0.9f, 0.8f);
        Is(Run("non_max_suppression", Attributes(("center_point_box", 1)),
            Tensor([1, 2, 4], 0.5f, 0.5f, 1, 1, 0.6f, 0.5f, 1, 1),
            scores, Longs(2), Row(0.5f)), [1, 3], 0L, 0, 0);
        Is(Run("non_max_suppression", Tensor([1, 2, 4], 1f, 1, 0, 0, 0, 0.1f, 1, 1.1f), scores, Longs(2), Row(0.5f)),
            [1, 3], 0L, 0, 0);
        Is(Run("non_max_suppression", Tensor([1, 2, 4], 0f, 0, 0, 0, 0, 0, 0, 0), scores, Longs(2), Row(0f)), [2, 3],
            0L, 0, 0, 0, 0, 1);
        Refuses(KernelFault.WrongShape, "non_max_suppression", KernelAttributes.None,
            Tensor<float>([1, 1, 4], 0, 0, 1, 1), scores);
        Refuses(KernelFault.OutOfRange, "non_max_suppression", KernelAttributes.None,
            Tensor<float>([1, 2, 4], 0, 0, 1, 1, 0, 0, 1, 1), scores, Longs(1), Row(2f));
        Refuses(KernelFault.WrongAttribute, "non_max_suppression", Attributes(("center_point_box", 2)));
    }

    // A bitmap of one red and one blue pixel, as the format's text has it: a row of blue, green, red, filled up to
    // four.
    private static byte[] Bitmap(int width = 2)
    {
        byte[] file = new byte[62];
        "BM"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(2), file.Length);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(10), 54);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(14), 40);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(18), width);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), 1);
        file[26] = 1;
        file[28] = 24;
        (file[56], file[57]) = (255, 255);
        return file;
    }

    [Fact]
    public void A_picture_is_decoded_in_each_order_of_channels()
    {
        Is(Run("image_decoder", Row(Bitmap())), [1, 2, 3], (byte)255, (byte)0, (byte)0, (byte)0, (byte)0, (byte)255);
        Is(Run("image_decoder", Attributes(("pixel_format", "BGR")), Row(Bitmap())),
            [1, 2, 3], (byte)0, (byte)0, (byte)255, (byte)255, (byte)0, (byte)0);
        TensorValue grey = Run("image_decoder", Attributes(("pixel_format", "Grayscale")), Row(Bitmap()));
        Assert.Equal([1, 2, 1], grey.Shape.ToArray());
        Assert.Equal(76, grey.Span<byte>()[0]); // 0.299 of 255
        Assert.Equal(29, grey.Span<byte>()[1]); // 0.114 of 255
    }

    [Theory]
    [InlineData("RIFF....WEBP", "WebP")]
    [InlineData("....jP  ", "JPEG 2000")]
    [InlineData("P7 ", "PAM")]
    public void Kinds_of_picture_that_cannot_be_decoded_are_named(string start, string name)
    {
        byte[] bytes = [.. start.Select(c => (byte)c)];
        KernelException refusal = Assert.Throws<KernelException>(() => Run("image_decoder", Row(bytes)));
        Assert.Equal(KernelFault.Unsupported, refusal.Fault);
        Assert.Contains(name, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_picture_is_refused()
    {
        Refuses(KernelFault.Unsupported, "image_decoder", KernelAttributes.None, Row<byte>());
        Refuses(KernelFault.Unsupported, "image_decoder", KernelAttributes.None, Row<byte>(1, 2, 3));
        Refuses(KernelFault.Unsupported, "image_decoder", KernelAttributes.None, Row(Bitmap()[..20]));
        Refuses(KernelFault.TooLarge, "image_decoder", KernelAttributes.None, Row(Bitmap(100_000_000)));
        Refuses(KernelFault.WrongType, "image_decoder", KernelAttributes.None, Longs(1));
    }

    [Fact]
    public void Determinants_follow_their_rules()
    {
        Is(Run("det", Tensor([2, 2], 1f, 2, 3, 4)), [], -2f);
        Is(Run("det", Tensor([3, 2, 2], 0.0, 1, 1, 0, 2, 4, 1, 2, 3, 0, 0, 5)), [3], -1.0, 0, 15);
        Is(Run("det", Tensor<float>([2, 0, 0])), [0 + 2], 1f, 1);
        Refuses(KernelFault.WrongShape, "det", KernelAttributes.None, Counting(2, 3));
        Refuses(KernelFault.WrongType, "det", KernelAttributes.None, Tensor([1, 1], 1L));
    }

    [Fact]
    public void Determinant_of_a_product_is_the_product_of_determinants() =>
        Gen.Double[-2, 2].Array[18].Sample(values =>
        {
            double[] a = values[..9], b = values[9..], c = new double[9];
            for (int i = 0; i < 9; i++)
            {
                c[i] = Enumerable.Range(0, 3).Sum(k => a[(i / 3 * 3) + k] * b[(k * 3) + (i % 3)]);
            }

            double[] dets = Values<double>(Run("det", Tensor<double>([3, 3, 3], [.. a, .. b, .. c])));
            Assert.Equal(dets[0] * dets[1], dets[2], 1e-9);
        });

    [Fact]
    public void Columns_become_a_picture()
    {
        TensorValue x = Tensor([1, 2, 2], 1f, 2, 3, 4);
        Is(Run("col2_im", x, Longs(3), Longs(2)), [1, 1, 3], 1f, 5, 4);
        Is(Run("col2_im", Attributes(("pads", new long[] { 1, 0 }), ("strides", new long[] { 2 })), x, Longs(3),
            Longs(2)),
            [1, 1, 3], 3f, 2, 4);
        Is(Run("col2_im", Attributes(("dilations", new long[] { 2 })), x, Longs(4), Longs(2)), [1, 1, 4], 1f, 2, 3, 4);
        Is(Run("col2_im", Tensor([1, 4, 1], 1, 2, 3, 4), Longs(2, 2), Longs(2, 2)), [1, 1, 2, 2], 1, 2, 3, 4);
        Is(Run("col2_im", Tensor<float>([1, 2, 0]), Longs(1), Longs(2)), [1, 1, 1], 0f);
        Refuses(KernelFault.WrongShape, "col2_im", KernelAttributes.None, x, Longs(4), Longs(2));
        Refuses(KernelFault.WrongShape, "col2_im", KernelAttributes.None, x, Longs(3), Longs(2, 2));
        Refuses(KernelFault.OutOfRange, "col2_im", KernelAttributes.None, x, Longs(3), Longs(0));
        Refuses(KernelFault.TooLarge, "col2_im", KernelAttributes.None, x,
            Longs(1L << 30, 1L << 30), Longs(1, 1));
        Refuses(KernelFault.WrongAttribute, "col2_im", Attributes(("strides", new long[] { 0 })), x, Longs(3),
            Longs(2));
        Refuses(KernelFault.WrongAttribute, "col2_im", Attributes(("strides", new long[] { 1, 1 })), x, Longs(3),
            Longs(2));
    }

    [Fact]
    public void Pooled_elements_go_back_to_their_places()
    {
        KernelAttributes two = Attributes(("kernel_shape", new long[] { 2 }), ("strides", new long[] { 2 }));
        TensorValue x = Tensor([1, 1, 2], 5f, 6);
        Is(Run("max_unpool", two, x, Tensor([1, 1, 2], 1L, 2)), [1, 1, 4], 0f, 5, 6, 0);
        Is(Run("max_unpool", two, x, Tensor([1, 1, 2], 1L, 2), Longs(1, 1, 5)), [1, 1, 5], 0f, 5, 6, 0, 0);
        KernelAttributes square = Attributes(("kernel_shape", new long[] { 2, 2 }), ("strides", new long[] { 2, 2 }));
        Is(Run("max_unpool", square, Tensor([1, 1, 1, 1], 7f), Tensor([1, 1, 1, 1], 2L), Longs(1, 1, 2, 3)),
            [1, 1, 2, 3], 0f, 0, 0, 7, 0, 0);
        Is(Run("max_unpool", two.With("pads", new long[] { 1, 0 }), x, Tensor([1, 1, 2], 0L, 2)), [1, 1, 3], 5f, 0, 6);
        Refuses(KernelFault.OutOfRange, "max_unpool", two, x, Tensor([1, 1, 2], 1L, 4));
        Refuses(KernelFault.OutOfRange, "max_unpool", two, x, Tensor([1, 1, 2], 1L, 3), Longs(1, 1, 3));
        Refuses(KernelFault.WrongShape, "max_unpool", two, x, Tensor([1, 1, 1], 1L));
        Refuses(KernelFault.WrongShape, "max_unpool", two.With("pads", new long[] { 9, 9 }), x,
            Tensor([1, 1, 2], 1L, 2));
        Refuses(KernelFault.TooLarge, "max_unpool", two.With("strides", new long[] { int.MaxValue }),
            Counting(1, 1, 4), Tensor([1, 1, 4], 0L, 0, 0, 0));
        Refuses(KernelFault.WrongAttribute, "max_unpool", Attributes(("kernel_shape", new long[] { 0 })));
    }
}
