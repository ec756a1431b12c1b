namespace Nbc.Kernels.Signal.Images;

/// <summary>Portable bit, grey and pixel maps, written in digits or in bytes.</summary>
/// <remarks>
/// Meaning: numbers up to another largest one than 255 are scaled to it and rounded; a set bit is black.
/// Source: Netpbm formats PBM, PGM and PPM (P1 to P6). Numbers of 16 bits are refused by name.
/// </remarks>
internal ref struct PortableMap(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _place = 2;

    public static bool Starts(ReadOnlySpan<byte> bytes) =>
        bytes is [(byte)'P', >= (byte)'1' and <= (byte)'6', ..];

    /// <exception cref="KernelException">It is damaged, too large, or of 16 bits.</exception>
    public static Picture Decode(ReadOnlySpan<byte> bytes) => new PortableMap(bytes).Decode(bytes[1] - '0');

    private Picture Decode(int kind)
    {
        Picture picture = Picture.Allocate(Number(), Number());
        bool isBits = kind is 1 or 4, isText = kind <= 3;
        int channels = kind is 3 or 6 ? 3 : 1, most = isBits ? 1 : Number();
        if (most is < 1 or > 255)
        {
            throw most < 1 ? Picture.Damaged() : Picture.Unsupported("16-bit portable map");
        }

        if (!isText)
        {
            _place++; // one white space ends the header
        }

        for (int y = 0; y < picture.Height; y++)
        {
            for (int x = 0; x < picture.Width; x++)
            {
                Span<byte> pixel = picture.Pixels.AsSpan(((y * picture.Width) + x) * 3, 3);
                for (int c = 0; c < channels; c++)
                {
                    int value = kind switch
                    {
                        1 => 1 - Digit(),
                        4 => 1 - (Byte(((picture.Width + 7) / 8 * y) + (x / 8)) >> (7 - (x % 8)) & 1),
                        2 or 3 => Number(),
                        _ => Byte((((y * picture.Width) + x) * channels) + c),
                    };
                    pixel[c..].Fill((byte)Math.Min(255, ((2 * 255 * value) + most) / (2 * most)));
                }
            }
        }

        return picture;
    }

    private readonly int Byte(int index) =>
        index < _bytes.Length - _place ? _bytes[_place + index] : throw Picture.Damaged();

    private int Digit()
    {
        SkipSpace();
        return _place < _bytes.Length && _bytes[_place] is (byte)'0' or (byte)'1'
            ? _bytes[_place++] - '0'
            : throw Picture.Damaged();
    }

    private int Number()
    {
        SkipSpace();
        int start = _place, value = 0;
        while (_place < _bytes.Length && char.IsAsciiDigit((char)_bytes[_place]) && value < 100_000_000)
        {
            value = (value * 10) + _bytes[_place++] - '0';
        }

        return _place > start ? value : throw Picture.Damaged();
    }

    // White space, and notes from # to the end of a line.
    private void SkipSpace()
    {
        bool isNote = false;
        while (_place < _bytes.Length)
        {
            byte current = _bytes[_place];
            isNote = isNote ? current is not ((byte)'\n' or (byte)'\r') : current == (byte)'#';
            if (!isNote && current is not ((byte)' ' or (>= 9 and <= 13)))
            {
                return;
            }

            _place++;
        }
    }
}
