using System.Buffers;
using System.Buffers.Binary;
using Nbc.Kernels;
using Nbc.Values;

namespace Nbc.Container;

/// <summary>Writes the fields that the binary forms of programs and of graphs share.</summary>
public class SectionWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>Everything that was written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    /// <summary>One byte.</summary>
    public void Byte(byte value) => Raw([value]);

    /// <summary>Bytes without their length.</summary>
    public void Raw(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);

    /// <summary>Seven bits a byte, the low ones first; the top bit says that more follow.</summary>
    public void Unsigned(ulong value)
    {
        while (value >= 0x80)
        {
            Byte((byte)(value | 0x80));
            value >>= 7;
        }

        Byte((byte)value);
    }

    /// <summary>A number of items, as <see cref="Unsigned"/>.</summary>
    public void Count(int value) => Unsigned((ulong)value);

    /// <summary>As <see cref="Unsigned"/>, with the sign in the lowest bit (zigzag).</summary>
    public void Signed(long value) => Unsigned((ulong)((value << 1) ^ (value >> 63)));

    /// <summary>Eight bytes, the lowest first.</summary>
    public void Double(double value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
        Raw(bytes);
    }

    /// <summary>A length, then the bytes.</summary>
    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Count(bytes.Length);
        Raw(bytes);
    }

    /// <summary>The number of items, then each.</summary>
    public void List<T>(IReadOnlyCollection<T> items, Action<T> write)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(write);
        Count(items.Count);
        foreach (T item in items)
        {
            write(item);
        }
    }

    /// <summary>Attributes in the order of their names.</summary>
    /// <param name="name">Writes a name.</param>
    /// <param name="tensor">Writes a tensor.</param>
    public void Attributes(KernelAttributes attributes, Action<string> name, Action<TensorValue> tensor)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        ArgumentNullException.ThrowIfNull(name);
        List([.. attributes.All], pair =>
        {
            name(pair.Key);
            Attribute(pair.Value, tensor);
        });
    }

    /// <summary>The strings of a tensor, each with its length.</summary>
    public void Strings(TensorValue tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        foreach (byte[] text in tensor.Strings)
        {
            Bytes(text);
        }
    }

    private void Attribute(AttributeValue value, Action<TensorValue> tensor)
    {
        Byte((byte)value.Kind);
        switch (value.Kind)
        {
            case AttributeKind.Int: Signed(value.Int); break;
            case AttributeKind.Float: Double(value.Float); break;
            case AttributeKind.Text: Bytes(value.TextBytes); break;
            case AttributeKind.Ints: List(value.Ints, Signed); break;
            case AttributeKind.Floats: List(value.Floats, Double); break;
            case AttributeKind.Texts: List(value.Texts, text => Bytes(text)); break;
            case AttributeKind.Tensor: tensor(value.Tensor); break;
            default: List(value.Tensors, tensor); break;
        }
    }
}
