namespace Nbc.Kernels.Signal.Images;

/// <summary>A Huffman code of a JPEG file.</summary>
/// <param name="entries">For each 16 bits that come next: the length of the code they start with in the upper byte, 0
/// when there is none, and its value in the lower one.</param>
internal readonly struct JpegCode(ushort[] entries)
{
    public ushort this[int bits] => entries[bits];

    public bool IsGiven => entries is not null;

    /// <param name="counts">How many codes there are of each length from 1 to 16.</param>
    /// <exception cref="KernelException">There are more codes than the lengths allow.</exception>
    public static JpegCode Of(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> values)
    {
        ushort[] entries = new ushort[1 << 16];
        int next = 0, value = 0;
        for (int length = 1; length <= counts.Length; length++)
        {
            int span = 1 << (16 - length);
            for (int i = 0; i < counts[length - 1]; i++)
            {
                if (next + span > entries.Length)
                {
                    throw Picture.Damaged();
                }

                entries.AsSpan(next, span).Fill((ushort)((length << 8) | values[value++]));
                next += span;
            }
        }

        return new JpegCode(entries);
    }
}

/// <summary>Reads the bits of a scan; behind a marker there are zeros without end.</summary>
internal ref struct JpegBits(ReadOnlySpan<byte> bytes, int place)
{
    private const byte Mark = 0xFF;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private uint _bits;
    private int _count;

    /// <summary>Where the marker that ends the scan starts, once it is reached.</summary>
    public int Place { get; private set; } = place;

    public int Read(JpegCode code)
    {
        ushort entry = code[Peek()];
        int length = entry >> 8;
        if (length == 0)
        {
            throw Picture.Damaged();
        }

        Drop(length);
        return (byte)entry;
    }

    /// <param name="count">Up to 16.</param>
    public int Read(int count)
    {
        if (count == 0)
        {
            return 0;
        }

        int bits = Peek() >> (16 - count);
        Drop(count);
        return bits;
    }

    /// <summary>A number of so many bits, those that start with 0 below zero.</summary>
    public int ReadSigned(int count)
    {
        int bits = Read(count);
        return count > 0 && bits < 1 << (count - 1) ? bits - (1 << count) + 1 : bits;
    }

    /// <summary>Goes on behind the next restart marker.</summary>
    public void Restart()
    {
        (_bits, _count) = (0, 0);
        if (Place + 1 < _bytes.Length && _bytes[Place] == Mark && _bytes[Place + 1] is >= 0xD0 and <= 0xD7)
        {
            Place += 2;
            return;
        }

        throw Picture.Damaged();
    }

    private int Peek()
    {
        while (_count < 16)
        {
            _bits = (_bits << 8) | Next();
            _count += 8;
        }

        return (int)(_bits >> (_count - 16)) & 0xFFFF;
    }

    private void Drop(int count) => _count -= count;

    private byte Next()
    {
        if (Place >= _bytes.Length)
        {
            throw Picture.Damaged();
        }

        byte current = _bytes[Place];
        if (current != Mark)
        {
            Place++;
            return current;
        }

        if (Place + 1 < _bytes.Length && _bytes[Place + 1] == 0)
        {
            Place += 2;
            return Mark;
        }

        return 0;
    }
}
