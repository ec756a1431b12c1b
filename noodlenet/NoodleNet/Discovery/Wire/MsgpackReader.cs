using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace NoodleNet.Discovery.Wire;

/// <summary>Reads msgpack as tolerantly as memberlist's peers need, and never throws.</summary>
/// <remarks>
/// Meaning: the first fault is kept; from then on every read gives an empty value and moves nothing.
/// The package's own reader throws on bad bytes, which lets a stranger choose how much a packet costs us.
/// Bound: lengths are checked against the bytes at hand before anything is taken; skipping is a loop, not recursion.
/// </remarks>
internal ref struct MsgpackReader(ReadOnlySpan<byte> data)
{
    private readonly ReadOnlySpan<byte> _data = data;

    public int Position { get; private set; }

    public WireFault Fault { get; private set; }

    public readonly bool IsSound => Fault == WireFault.None;

    public readonly bool IsAtEnd => Position >= _data.Length;

    public void Fail(WireFault fault)
    {
        if (Fault == WireFault.None)
        {
            Fault = fault;
        }
    }

    /// <summary>Number of pairs that follow; nil is an empty map.</summary>
    public long ReadMapHeader()
    {
        byte tag = ReadByte();
        return tag switch
        {
            0xC0 => 0,
            >= 0x80 and <= 0x8F => tag & 0x0F,
            0xDE => ReadBigEndian(2),
            0xDF => ReadBigEndian(4),
            _ => Refuse(),
        };
    }

    /// <summary>Number of values that follow; nil is an empty array.</summary>
    public long ReadArrayHeader()
    {
        byte tag = ReadByte();
        return tag switch
        {
            0xC0 => 0,
            >= 0x90 and <= 0x9F => tag & 0x0F,
            0xDC => ReadBigEndian(2),
            0xDD => ReadBigEndian(4),
            _ => Refuse(),
        };
    }

    /// <summary>A byte string, a text or nil, in any of their tags.</summary>
    public ReadOnlySpan<byte> ReadRaw()
    {
        byte tag = ReadByte();
        long length = tag switch
        {
            0xC0 => 0,
            >= 0xA0 and <= 0xBF => tag & 0x1F,
            0xC4 or 0xD9 => ReadBigEndian(1),
            0xC5 or 0xDA => ReadBigEndian(2),
            0xC6 or 0xDB => ReadBigEndian(4),
            _ => Refuse(),
        };
        return Take(length);
    }

    /// <summary>Bytes; some encoders write them as an array of numbers.</summary>
    public byte[] ReadBytes()
    {
        if (IsSound && !IsAtEnd && _data[Position] is (>= 0x90 and <= 0x9F) or 0xDC or 0xDD)
        {
            return ReadNumbersAsBytes();
        }

        return ReadRaw().ToArray();
    }

    /// <summary>Text of at most <paramref name="maxBytes"/> bytes of valid UTF-8.</summary>
    public string ReadText(int maxBytes)
    {
        ReadOnlySpan<byte> raw = ReadRaw();
        if (raw.Length > maxBytes)
        {
            Fail(WireFault.TooLarge);
            return "";
        }

        if (!Utf8.IsValid(raw))
        {
            Fail(WireFault.Malformed);
            return "";
        }

        return Encoding.UTF8.GetString(raw);
    }

    /// <summary>
    /// A member's name: null when it is longer, no text, or would do harm in a log or terminal. Null is no fault.
    /// </summary>
    public string? ReadName(int maxBytes)
    {
        ReadOnlySpan<byte> raw = ReadRaw();
        if (raw.Length > maxBytes || !Utf8.IsValid(raw))
        {
            return null;
        }

        string name = Encoding.UTF8.GetString(raw);
        return name.All(IsHarmless) ? name : null;
    }

    /// <summary>A whole number from 0 to <paramref name="max"/>, in any signed or unsigned tag; nil is 0.</summary>
    public uint ReadUnsigned(uint max)
    {
        long value = ReadInteger();
        if (value < 0 || value > max)
        {
            Fail(WireFault.Malformed);
            return 0;
        }

        return (uint)value;
    }

    /// <summary>As <see cref="ReadUnsigned"/>, for numbers up to 2^63 - 1.</summary>
    public ulong ReadNumber(ulong max)
    {
        long value = ReadInteger();
        if (value < 0 || (ulong)value > max)
        {
            Fail(WireFault.Malformed);
            return 0;
        }

        return (ulong)value;
    }

    /// <summary>A fraction in either width, or a whole number.</summary>
    public double ReadDouble()
    {
        if (IsSound && !IsAtEnd && _data[Position] is 0xCA or 0xCB)
        {
            bool wide = ReadByte() == 0xCB;
            ReadOnlySpan<byte> bits = Take(wide ? sizeof(double) : sizeof(float));
            return bits.IsEmpty ? 0
                : wide ? BinaryPrimitives.ReadDoubleBigEndian(bits) : BinaryPrimitives.ReadSingleBigEndian(bits);
        }

        return ReadInteger();
    }

    public bool ReadBool()
    {
        byte tag = ReadByte();
        if (tag is not (0xC0 or 0xC2 or 0xC3))
        {
            Refuse();
        }

        return tag == 0xC3;
    }

    /// <summary>Passes over one value of any kind and depth.</summary>
    public void Skip()
    {
        for (long left = 1; left > 0 && IsSound; left--)
        {
            left += SkipOne();
        }
    }

    private static bool IsHarmless(char c) => char.GetUnicodeCategory(c) is not (UnicodeCategory.Control
        or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    // Skips a scalar or the header of a collection; returns how many values belong to the collection.
    private long SkipOne()
    {
        byte tag = ReadByte();
        switch (tag)
        {
            case <= 0x7F or >= 0xE0 or 0xC0 or 0xC2 or 0xC3: return 0;
            case <= 0x8F: return 2L * (tag & 0x0F);
            case <= 0x9F: return tag & 0x0F;
            case <= 0xBF: Take(tag & 0x1F); return 0;
            case 0xC4 or 0xD9: Take(ReadBigEndian(1)); return 0;
            case 0xC5 or 0xDA: Take(ReadBigEndian(2)); return 0;
            case 0xC6 or 0xDB: Take(ReadBigEndian(4)); return 0;
            case 0xC7: Take(ReadBigEndian(1) + 1); return 0;
            case 0xC8: Take(ReadBigEndian(2) + 1); return 0;
            case 0xC9: Take(ReadBigEndian(4) + 1); return 0;
            case 0xCA or 0xCE or 0xD2: Take(4); return 0;
            case 0xCB or 0xCF or 0xD3: Take(8); return 0;
            case 0xCC or 0xD0: Take(1); return 0;
            case 0xCD or 0xD1: Take(2); return 0;
            case >= 0xD4 and <= 0xD8: Take(1 + (1 << (tag - 0xD4))); return 0;
            case 0xDC: return ReadBigEndian(2);
            case 0xDD: return ReadBigEndian(4);
            case 0xDE: return 2 * ReadBigEndian(2);
            case 0xDF: return 2 * ReadBigEndian(4);
            default: return Refuse();
        }
    }

    private byte[] ReadNumbersAsBytes()
    {
        byte tag = ReadByte();
        long count = tag switch { 0xDC => ReadBigEndian(2), 0xDD => ReadBigEndian(4), _ => tag & 0x0F };
        if (count > _data.Length - Position)
        {
            Fail(WireFault.Truncated); // each number takes a byte at least
            return [];
        }

        byte[] bytes = new byte[count];
        for (int i = 0; i < bytes.Length && IsSound; i++)
        {
            bytes[i] = (byte)ReadUnsigned(byte.MaxValue);
        }

        return bytes;
    }

    private long ReadInteger()
    {
        byte tag = ReadByte();
        switch (tag)
        {
            case <= 0x7F: return tag;
            case >= 0xE0: return (sbyte)tag;
            case 0xC0: return 0;
            case 0xCC: return ReadBigEndian(1);
            case 0xCD: return ReadBigEndian(2);
            case 0xCE: return ReadBigEndian(4);
            case 0xD0: return (sbyte)ReadBigEndian(1);
            case 0xD1: return (short)ReadBigEndian(2);
            case 0xD2: return (int)ReadBigEndian(4);
            case 0xCF or 0xD3:
                ReadOnlySpan<byte> wide = Take(8);
                return wide.IsEmpty ? 0 : BinaryPrimitives.ReadInt64BigEndian(wide);
            default: return Refuse();
        }
    }

    private byte ReadByte()
    {
        ReadOnlySpan<byte> one = Take(1);
        return one.IsEmpty ? (byte)0xC0 : one[0];
    }

    private long ReadBigEndian(int size)
    {
        long value = 0;
        foreach (byte part in Take(size))
        {
            value = (value << 8) | part;
        }

        return value;
    }

    private ReadOnlySpan<byte> Take(long length)
    {
        if (!IsSound)
        {
            return [];
        }

        if (length > _data.Length - Position)
        {
            Fail(WireFault.Truncated);
            return [];
        }

        ReadOnlySpan<byte> taken = _data.Slice(Position, (int)length);
        Position += (int)length;
        return taken;
    }

    private long Refuse()
    {
        Fail(WireFault.Malformed);
        return 0;
    }
}
