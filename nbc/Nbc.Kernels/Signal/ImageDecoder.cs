using Nbc.Kernels.Movement;
using Nbc.Tensors;
using Nbc.Values;
using StbImageSharp;

namespace Nbc.Kernels.Signal;

/// <summary>The pixels of an image file.</summary>
/// <remarks>
/// Shape: bytes [length] to [height, width, channels], 3 channels, 1 when grey.
/// Meaning: JPEG, PNG, BMP, and what else StbImage reads (GIF, TGA, PSD); WebP, TIFF, JPEG 2000 and portable maps are
/// refused by name. Alpha is dropped.
/// Bound: pictures of 64 million pixels.
/// Accuracy: JPEG decoders differ in the last bits of a pixel; this one is StbImage's.
/// Source: ONNX operator ImageDecoder, version 20.
/// </remarks>
internal sealed class ImageDecoder(KernelAttributes attributes) : Kernel
{
    private const int Bgr = 1, Grayscale = 2;
    private const long MaxPixels = 64_000_000;

    private static readonly (byte[] Mark, int At, string Name)[] s_unknown =
    [
        ("WEBP"u8.ToArray(), 8, "WebP"), ("II*\0"u8.ToArray(), 0, "TIFF"), ("MM\0*"u8.ToArray(), 0, "TIFF"),
        ("jP  "u8.ToArray(), 4, "JPEG 2000"), ([0xFF, 0x4F, 0xFF, 0x51], 0, "JPEG 2000"),
        ("P4"u8.ToArray(), 0, "PBM"), ("P1"u8.ToArray(), 0, "PBM"), ("P5"u8.ToArray(), 0, "PGM"),
        ("P2"u8.ToArray(), 0, "PGM"), ("P6"u8.ToArray(), 0, "PPM"), ("P3"u8.ToArray(), 0, "PPM"),
        ("P7"u8.ToArray(), 0, "PAM"), ("#?RADIANCE"u8.ToArray(), 0, "Radiance HDR"),
    ];

    private readonly int _format = attributes.Choice("pixel_format", "RGB", "BGR", "Grayscale");

    public override void Run(KernelContext context)
    {
        TensorValue stream = context.Input(0);
        Dimensions.CheckType(stream, ElementType.UInt8, "encoded_stream");
        Dimensions.CheckRank(stream, 1, "encoded_stream");
        byte[] bytes = stream.Bytes().ToArray();
        foreach ((byte[] mark, int at, string name) in s_unknown)
        {
            if (bytes.Length >= at + mark.Length && bytes.AsSpan(at, mark.Length).SequenceEqual(mark))
            {
                throw new KernelException(KernelFault.Unsupported, $"{name} pictures cannot be decoded");
            }
        }

        ImageResult image = Decode(bytes);
        int channels = _format == Grayscale ? 1 : 3;
        Span<byte> pixels = context.Output(0, ElementType.UInt8, image.Height, image.Width, channels).Span<byte>();
        image.Data.AsSpan(0, pixels.Length).CopyTo(pixels);
        for (int i = 0; i < pixels.Length && _format == Bgr; i += 3)
        {
            (pixels[i], pixels[i + 2]) = (pixels[i + 2], pixels[i]);
        }
    }

    private ImageResult Decode(byte[] bytes)
    {
        try
        {
            using MemoryStream stream = new(bytes);
            ImageInfo? info = ImageInfo.FromStream(stream);
            if (info is { } size && (long)size.Width * size.Height > MaxPixels)
            {
                throw new KernelException(
                    KernelFault.TooLarge, $"a picture of {size.Width} by {size.Height} is too large to decode");
            }

            return info is null ? throw Damaged() : ImageResult.FromMemory(
                bytes, _format == Grayscale ? ColorComponents.Grey : ColorComponents.RedGreenBlue);
        }
        catch (Exception e) when (e is not (KernelException or OutOfMemoryException))
        {
            throw Damaged(); // the decoder throws whatever it stumbles over
        }
    }

    private static KernelException Damaged() =>
        new(KernelFault.Unsupported, "the bytes are no picture, a damaged one, or of a kind that cannot be decoded");
}
