using Nbc.Kernels.Movement;
using Nbc.Kernels.Signal.Images;
using Nbc.Tensors;
using Nbc.Values;
using StbImageSharp;

namespace Nbc.Kernels.Signal;

/// <summary>The pixels of an image file.</summary>
/// <remarks>
/// Shape: bytes [length] to [height, width, channels], 3 channels, 1 when grey.
/// Meaning: JPEG, PNG, BMP, TIFF without compression, portable maps, and what else StbImage reads (GIF, TGA, PSD); WebP
/// and JPEG 2000 are refused by name. Alpha is dropped; grey is the luma of ITU-R BT.601.
/// Bound: pictures of 64 million pixels.
/// Source: ONNX operator ImageDecoder, version 20.
/// </remarks>
internal sealed class ImageDecoder(KernelAttributes attributes) : Kernel
{
    private const int Bgr = 1, Grayscale = 2;

    private static readonly (byte[] Mark, int At, string Name)[] s_unknown =
    [
        ("WEBP"u8.ToArray(), 8, "WebP"), ("jP  "u8.ToArray(), 4, "JPEG 2000"),
        ([0xFF, 0x4F, 0xFF, 0x51], 0, "JPEG 2000"), ("P7"u8.ToArray(), 0, "PAM"),
        ("#?RADIANCE"u8.ToArray(), 0, "Radiance HDR"),
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
                throw Picture.Unsupported(name);
            }
        }

        Picture picture = Decode(bytes);
        int channels = _format == Grayscale ? 1 : 3;
        Write(
            picture.Pixels,
            context.Output(0, ElementType.UInt8, picture.Height, picture.Width, channels).Span<byte>());
    }

    private void Write(ReadOnlySpan<byte> from, Span<byte> to)
    {
        for (int i = 0; i < from.Length; i += 3)
        {
            if (_format == Grayscale)
            {
                to[i / 3] = (byte)(((19595 * from[i]) + (38470 * from[i + 1]) + (7471 * from[i + 2]) + 0x8000) >> 16);
                continue;
            }

            (to[i], to[i + 1], to[i + 2]) = _format == Bgr
                ? (from[i + 2], from[i + 1], from[i])
                : (from[i], from[i + 1], from[i + 2]);
        }
    }

    private static Picture Decode(byte[] bytes)
    {
        try
        {
            return PortableMap.Starts(bytes) ? PortableMap.Decode(bytes)
                : Tiff.Starts(bytes) ? Tiff.Decode(bytes)
                : Jpeg.Starts(bytes) && Jpeg.Decode(bytes) is { } picture ? picture
                : DecodeOther(bytes);
        }
        catch (Exception e) when (e is not (KernelException or OutOfMemoryException))
        {
            throw Picture.Damaged(); // a decoder throws whatever it stumbles over
        }
    }

    private static Picture DecodeOther(byte[] bytes)
    {
        using MemoryStream stream = new(bytes);
        if (ImageInfo.FromStream(stream) is not { } info)
        {
            throw Picture.Damaged();
        }

        Picture.CheckSize(info.Width, info.Height);
        ImageResult image = ImageResult.FromMemory(bytes, ColorComponents.RedGreenBlue);
        return new Picture(image.Width, image.Height, image.Data);
    }
}
