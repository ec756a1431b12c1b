using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace NoodleNet.Wire;

/// <summary>Reads fields from bytes that a stranger may have made.</summary>
/// <remarks>
/// Meaning: after the first field that is not there, too long or oddly spelled, <see cref="Failed"/> is true and every
/// later read gives an empty value, so that a caller reads all fields and checks once.
/// Bound: no read goes past the input; a length is checked against the rest and the caller's limit before it is used.
/// </remarks>
public ref struct FieldReader(ReadOnlySpan<byte> input)
{
    private ReadOnlySpan<byte> _rest = input;

    /// <summary>True since the first field that could not be read.</summary>
    public bool Failed { get; private set; }

    /// <summary>True when every byte was read and no field failed.</summary>
    public readonly bool IsComplete => !Failed && _rest.IsEmpty;

    /// <summary>How many bytes are left.</summary>
    public readonly int Remaining => _rest.Length;

    public byte Byte() => Raw(1) is [byte value] ? value : (byte)0;

    public ulong UInt64()
    {
        ReadOnlySpan<byte> bytes = Raw(sizeof(ulong));
        return Failed ? 0 : BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    /// <summary>A number up to <paramref name="limit"/> in its shortest form.</summary>
    public uint Number(uint limit)
    {
        uint value = 0;
        for (int shift = 0; shift < 35 && !Failed; shift += 7)
        {
            byte next = Byte();
            bool lost = shift == 28 && next > 0x0F;
            bool padded = shift > 0 && next == 0;
            if (lost || padded)
            {
                break;
            }

            value |= (uint)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return Failed || value > limit ? (uint)Fail() : value;
            }
        }

        return (uint)Fail();
    }

    /// <summary>The next <paramref name="length"/> bytes.</summary>
    public ReadOnlySpan<byte> Raw(int length)
    {
        if (Failed || length > _rest.Length)
        {
            Fail();
            return [];
        }

        ReadOnlySpan<byte> bytes = _rest[..length];
        _rest = _rest[length..];
        return bytes;
    }

    /// <summary>A length up to <paramref name="limit"/>, then the bytes.</summary>
    public ReadOnlySpan<byte> Bytes(int limit) => Raw((int)Number((uint)limit));

    /// <summary>UTF-8 of at most <paramref name="limitBytes"/> bytes; bytes that are not UTF-8 fail.</summary>
    public string Text(int limitBytes)
    {
        ReadOnlySpan<byte> bytes = Bytes(limitBytes);
        if (Failed || !Utf8.IsValid(bytes))
        {
            Fail();
            return "";
        }

        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Marks the input as unreadable, for a caller that found a value it cannot accept.</summary>
    public int Fail()
    {
        Failed = true;
        return 0;
    }
}
