using System.Buffers.Binary;

namespace Nbc.Kernels.Signal.Images;

/// <summary>The first picture of a TIFF file: grey or colours of 8 bits, in strips that are not compressed.</summary>
/// <remarks>
/// Meaning: alpha is dropped.
/// Source: TIFF 6.0, part 1. Compression, tiles, planes and other depths are refused by name.
/// </remarks>
internal readonly ref struct Tiff
{
    private const int Width = 256, Height = 257, Bits = 258, Compression = 259, Meaning = 262, Offsets = 273,
        Samples = 277, RowsPerStrip = 278, Planes = 284, TileWidth = 322;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly bool _isBig;
    private readonly int _directory, _entries;

    private Tiff(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _isBig = bytes[0] == 'M';
        long directory = Read(4, 4);
        _entries = (int)Read(directory, 2);
        _directory = (int)directory + 2;
    }

    public static bool Starts(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith("II*\0"u8) || bytes.StartsWith("MM\0*"u8);

    /// <exception cref="KernelException">It is damaged, too large, or more than is read here.</exception>
    public static Picture Decode(ReadOnlySpan<byte> bytes) => new Tiff(bytes).Decode();

    private Picture Decode()
    {
        long compression = Field(Compression, 0, 1), meaning = Field(Meaning, 0, 1), samples = Field(Samples, 0, 1);
        if (compression != 1)
        {
            throw Picture.Unsupported($"TIFF (compression {compression})");
        }

        if (Field(TileWidth, 0, 0) != 0 || Field(Planes, 0, 1) != 1 || Field(Bits, 0, 1) != 8
            || meaning is < 0 or > 2 || samples < (meaning == 2 ? 3 : 1) || samples > 8)
        {
            throw Picture.Unsupported("TIFF (in tiles, planes, palettes or not of 8 bits)");
        }

        Picture picture = Picture.Allocate(Field(Width, 0, 0), Field(Height, 0, 0));
        long rows = Math.Clamp(Field(RowsPerStrip, 0, picture.Height), 1, picture.Height);
        for (int y = 0; y < picture.Height; y++)
        {
            long start = Field(Offsets, y / rows, -1) + (y % rows * picture.Width * samples);
            if (start < 0 || start > _bytes.Length - (picture.Width * samples))
            {
                throw Picture.Damaged();
            }

            ReadOnlySpan<byte> row = _bytes[(int)start..];
            Span<byte> pixels = picture.Pixels.AsSpan(y * picture.Width * 3, picture.Width * 3);
            for (int x = 0; x < picture.Width; x++)
            {
                ReadOnlySpan<byte> sample = row[(int)(x * samples)..];
                for (int c = 0; c < 3; c++)
                {
                    pixels[(x * 3) + c] = meaning switch
                    {
                        2 => sample[c],
                        1 => sample[0],
                        _ => (byte)(255 - sample[0]), // white is zero
                    };
                }
            }
        }

        return picture;
    }

    /// <summary>A number of a field.</summary>
    private long Field(int tag, long index, long otherwise)
    {
        for (int i = 0; i < _entries; i++)
        {
            long entry = _directory + (12L * i);
            if (Read(entry, 2) != tag)
            {
                continue;
            }

            int size = Read(entry + 2, 2) switch
            {
                1 => 1,
                3 => 2,
                4 => 4,
                _ => throw Picture.Damaged(),
            };
            long count = Read(entry + 4, 4);
            if (index >= count)
            {
                throw Picture.Damaged();
            }

            long place = count * size <= 4 ? entry + 8 : Read(entry + 8, 4);
            return Read(place + (index * size), size);
        }

        return otherwise;
    }

    private long Read(long place, int size)
    {
        if (place < 0 || place > _bytes.Length - size)
        {
            throw Picture.Damaged();
        }

        ReadOnlySpan<byte> bytes = _bytes.Slice((int)place, size);
        return size switch
        {
            1 => bytes[0],
            2 => _isBig ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            _ => _isBig ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        };
    }
}
