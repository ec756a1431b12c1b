using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace NoodleNet.Wire;

/// <summary>Writes the fields that <see cref="FieldReader"/> reads; each has one spelling only.</summary>
/// <remarks>Bound: none of its own; who writes a message knows how long it may be.</remarks>
public readonly ref struct FieldWriter
{
    private readonly IBufferWriter<byte> _output;

    public FieldWriter(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        _output = output;
    }

    public void Byte(byte value) => _output.Write([value]);

    /// <summary>Eight bytes, the highest first.</summary>
    public void UInt64(ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        _output.Write(bytes);
    }

    /// <summary>Seven bits a byte, the lowest first; the high bit says that more follow.</summary>
    public void Number(uint value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            Byte((byte)(value | 0x80));
        }

        Byte((byte)value);
    }

    /// <summary>Bytes whose number the reader knows.</summary>
    public void Raw(ReadOnlySpan<byte> bytes) => _output.Write(bytes);

    /// <summary>A length, then the bytes.</summary>
    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Number((uint)bytes.Length);
        _output.Write(bytes);
    }

    /// <summary>A length in bytes, then UTF-8.</summary>
    public void Text(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Number((uint)Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, _output);
    }
}
