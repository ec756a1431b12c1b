using System.Buffers.Binary;
using Nbc.Tensors;
using StbImageSharp;

namespace Noodle.Cli.Inputs;

/// <summary>Reads a PNG, JPEG or BMP into the size, channels and layout that a model's input has.</summary>
/// <remarks>
/// Channels: 1 is grey, 3 is red, green, blue, 4 adds alpha; alpha is dropped where there is no channel for it.
/// Bound: files of 64 MiB, pictures of 32 million pixels, as read and as made.
/// </remarks>
internal static class ImageReader
{
    private const int MaxFileBytes = 64 << 20;
    private const long MaxPixels = 32_000_000;

    /// <exception cref="InputException">It is damaged or too large, or the input is not a picture.</exception>
    public static Tensor Read(InputSource source, TensorSpec spec, double? scale)
    {
        ImageLayout layout = ImageLayout.Of(spec) ?? throw new InputException(
            $"{source.Label} is a picture, but input {spec} is not; give a .npy or JSON file.");
        if (spec.Type is not (ElementType.UInt8 or ElementType.Float16 or ElementType.Float32 or ElementType.Float64))
        {
            throw new InputException($"{source.Label} is a picture, but input {spec} takes neither UINT8 nor floats; " +
                "give a .npy or JSON file.");
        }

        ImageResult image = Decode(source, layout.Channels);
        int height = layout.Height ?? image.Height, width = layout.Width ?? image.Width;
        if (Math.Max((long)height, image.Height) * width > MaxPixels)
        {
            throw new InputException(
                $"Input {spec} asks for a picture of more than 32 million pixels; give a .npy file.");
        }

        float[] pixels = ImageResize.Resize(image.Data, image.Width, image.Height, layout.Channels, width, height);
        double factor = scale ?? (spec.Type == ElementType.UInt8 ? 1 : 1 / 255.0);
        byte[] data = Write(pixels, layout, height * width, spec.Type, factor);
        return new Tensor(spec.Name, spec.Type, layout.Shape(height, width), data);
    }

    private static ImageResult Decode(InputSource source, int channels)
    {
        if (source.Bytes.Length > MaxFileBytes)
        {
            throw new InputException($"{source.Label} is larger than 64 MiB; make the picture smaller.");
        }

        byte[] bytes = source.Bytes.ToArray();
        try
        {
            using MemoryStream stream = new(bytes);
            ImageInfo? info = ImageInfo.FromStream(stream);
            if (info is { } size && (long)size.Width * size.Height > MaxPixels)
            {
                throw new InputException($"{source.Label} has more than 32 million pixels; make the picture smaller.");
            }

            return info is null ? throw Damaged(null) : ImageResult.FromMemory(bytes, (ColorComponents)channels);
        }
        catch (Exception e) when (e is not (InputException or OutOfMemoryException))
        {
            throw Damaged(e); // the decoder throws whatever it stumbles over
        }

        InputException Damaged(Exception? e) =>
            new($"{source.Label} is damaged, or of a kind of PNG, JPEG or BMP that cannot be read; save it again.", e);
    }

    private static byte[] Write(float[] pixels, ImageLayout layout, int area, ElementType type, double factor)
    {
        int size = ElementTypes.SizeOf(type), channels = layout.Channels;
        byte[] data = new byte[(long)pixels.Length * size];
        for (int i = 0; i < pixels.Length; i++)
        {
            int at = layout.ChannelsFirst ? (i % channels * area) + (i / channels) : i;
            Put(data.AsSpan(at * size), type, pixels[i] * factor);
        }

        return data;
    }

    private static void Put(Span<byte> to, ElementType type, double value)
    {
        switch (type)
        {
            case ElementType.UInt8:
                to[0] = (byte)Math.Clamp(Math.Round(value), 0, 255);
                break;
            case ElementType.Float16:
                BinaryPrimitives.WriteHalfLittleEndian(to, (Half)value);
                break;
            case ElementType.Float32:
                BinaryPrimitives.WriteSingleLittleEndian(to, (float)value);
                break;
            default:
                BinaryPrimitives.WriteDoubleLittleEndian(to, value);
                break;
        }
    }
}
