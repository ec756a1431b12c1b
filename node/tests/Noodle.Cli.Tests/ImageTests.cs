using Nbc.Tensors;
using Noodle.Cli.Inputs;
using static Noodle.Cli.Tests.InputFiles;

namespace Noodle.Cli.Tests;

public sealed class ImageTests
{
    // Two pixels: red, then (10, 20, 30).
    private static readonly byte[] s_png = Png(2, 1, 2, [255, 0, 0, 10, 20, 30]);

    [Theory]
    [InlineData(new long[] { -1, 3, 1, 2 }, new long[] { 1, 3, 1, 2 }, new byte[] { 255, 10, 0, 20, 0, 30 })]
    [InlineData(new long[] { 3, -1, -1 }, new long[] { 3, 1, 2 }, new byte[] { 255, 10, 0, 20, 0, 30 })]
    [InlineData(new long[] { 1, -1, -1, 3 }, new long[] { 1, 1, 2, 3 }, new byte[] { 255, 0, 0, 10, 20, 30 })]
    [InlineData(new long[] { 1, 2, 4 }, new long[] { 1, 2, 4 }, null)]
    public async Task Pixels_lie_as_the_model_wants_them(long[] sizes, long[] shape, byte[]? pixels)
    {
        Tensor tensor = await ReadAsync(s_png, Spec("x", ElementType.UInt8, sizes));
        Assert.Equal(shape, tensor.Shape);
        if (pixels is not null)
        {
            Assert.Equal(pixels, tensor.Data.ToArray());
        }
    }

    [Fact]
    public async Task Alpha_is_full_where_the_picture_has_none()
    {
        Tensor tensor = await ReadAsync(s_png, Spec("x", ElementType.UInt8, -1, -1, -1, 4));
        Assert.Equal([255, 0, 0, 255, 10, 20, 30, 255], tensor.Data.ToArray());
    }

    [Theory]
    [InlineData(ElementType.Float32, null, 1.0)]
    [InlineData(ElementType.Float32, 1.0, 255.0)]
    [InlineData(ElementType.Float64, 2.0, 510.0)]
    [InlineData(ElementType.Float16, null, 1.0)]
    [InlineData(ElementType.UInt8, 0.5, 128.0)]
    [InlineData(ElementType.UInt8, 9.0, 255.0)]
    public async Task Pixels_are_scaled(ElementType type, double? scale, double expected)
    {
        Tensor tensor = await ReadAsync(Png(1, 1, 0, [255]), Spec("x", type, 1, 1, 1, 1), scale);
        ReadOnlySpan<byte> data = tensor.Data.Span;
        Assert.Equal(expected, type switch
        {
            ElementType.UInt8 => data[0],
            ElementType.Float16 => (double)BitConverter.ToHalf(data),
            ElementType.Float32 => BitConverter.ToSingle(data),
            _ => BitConverter.ToDouble(data),
        });
    }

    public static TheoryData<byte[], int, byte[]> Resizes => new()
    {   // one grey row, new width, expected
        { [0, 100, 200, 100], 2, [50, 150] },
        { [0, 90, 180], 1, [90] },
        { [0, 100], 4, [0, 25, 75, 100] },
        { [10, 20, 30], 2, [13, 27] },
        { [7], 3, [7, 7, 7] },
    };

    [Theory]
    [MemberData(nameof(Resizes))]
    public async Task Shrinking_averages_and_growing_is_bilinear_on_both_axes(byte[] row, int width, byte[] expected)
    {
        Tensor across = await ReadAsync(Png(row.Length, 1, 0, row), Spec("x", ElementType.UInt8, 1, 1, width));
        Assert.Equal(expected, across.Data.ToArray());
        Tensor down = await ReadAsync(Png(1, row.Length, 0, row), Spec("x", ElementType.UInt8, 1, width, 1));
        Assert.Equal(expected, down.Data.ToArray());
    }

    [Fact]
    public void A_picture_of_one_colour_keeps_it_at_every_size() =>
        Gen.Select(Gen.Int[1, 9], Gen.Int[1, 9], Gen.Int[1, 9], Gen.Int[1, 9], Gen.Byte).Sample(
            (width, height, newWidth, newHeight, colour) =>
            {
                byte[] pixels = new byte[width * height * 3];
                Array.Fill(pixels, colour);
                float[] resized = ImageResize.Resize(pixels, width, height, 3, newWidth, newHeight);
                Assert.Equal(newWidth * newHeight * 3, resized.Length);
                Assert.All(resized, value => Assert.Equal(colour, value, 0.01f));
            });

    public static TheoryData<byte[], ElementType, long[], string> Mistakes => new()
    {
        { s_png, ElementType.Float32, [1, 10], "is a picture, but input x FP32 [1, 10] is not" },
        { s_png, ElementType.Float32, [2, 3, 8, 8], "is not; give" },
        { s_png, ElementType.Float32, [1, 5, 8, 8], "is not; give" },
        { s_png, ElementType.Float32, [3, 0, 8], "is not; give" },
        { s_png, ElementType.Int64, [1, 3, 8, 8], "takes neither UINT8 nor floats" },
        { s_png, ElementType.UInt8, [3, 8000, 8000], "asks for a picture of more than 32 million pixels" },
        { s_png[..30], ElementType.UInt8, [3, 8, 8], "is damaged" },
        { s_png[..45], ElementType.UInt8, [3, 8, 8], "is damaged" },
        { [0xFF, 0xD8, 0xFF, 0xE0], ElementType.UInt8, [3, 8, 8], "is damaged" },
        { [.. "BM"u8, 1, 2], ElementType.UInt8, [3, 8, 8], "is damaged" },
        { Png(6_000, 6_000, 0, []), ElementType.UInt8, [3, 8, 8], "has more than 32 million pixels" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_mistake_is_one_sentence_with_the_way_out(
        byte[] file, ElementType type, long[] sizes, string sentence) =>
        Assert.Contains(sentence, await FailAsync(file, Spec("x", type, sizes)));

    [Fact]
    public async Task A_file_that_is_too_large_is_refused_unread()
    {
        byte[] file = new byte[(64 << 20) + 1];
        s_png.CopyTo(file, 0);
        Assert.Contains("is larger than 64 MiB", await FailAsync(file, Spec("x", ElementType.UInt8, 3, 8, 8)));
    }

    [Fact]
    public async Task A_bitmap_is_read()
    {
        byte[] file = new byte[58];
        (file[0], file[1], file[2], file[10], file[14], file[18], file[22], file[26], file[28]) =
            ((byte)'B', (byte)'M', 58, 54, 40, 1, 1, 1, 24);
        (file[54], file[55], file[56]) = (3, 2, 1); // blue, green, red
        Tensor tensor = await ReadAsync(file, Spec("x", ElementType.UInt8, 3, 1, 1));
        Assert.Equal([1, 2, 3], tensor.Data.ToArray());
    }
}
