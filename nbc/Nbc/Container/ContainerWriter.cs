using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Container;

/// <summary>Writes the fields of sections.</summary>
internal sealed class ContainerWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public void Byte(byte value) => Raw([value]);

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

    public void Count(int value) => Unsigned((ulong)value);

    /// <summary>As <see cref="Unsigned"/>, with the sign in the lowest bit (zigzag).</summary>
    public void Signed(long value) => Unsigned((ulong)((value << 1) ^ (value >> 63)));

    public void Double(double value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
        Raw(bytes);
    }

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Count(bytes.Length);
        Raw(bytes);
    }

    public void Text(string text) => Bytes(Encoding.UTF8.GetBytes(text));

    public void List<T>(IReadOnlyCollection<T> items, Action<T> write)
    {
        Count(items.Count);
        foreach (T item in items)
        {
            write(item);
        }
    }

    public void Scalar(NbcScalar scalar)
    {
        Byte((byte)scalar.Kind);
        switch (scalar.Kind)
        {
            case ScalarKind.Int: Signed(scalar.Int); break;
            case ScalarKind.Float: Double(scalar.Float); break;
            case ScalarKind.Bool: Byte(scalar.Bool ? (byte)1 : (byte)0); break;
            case ScalarKind.Text: Text(scalar.Text); break;
        }
    }

    public void Type(NbcType type)
    {
        Byte((byte)type.Kind);
        switch (type.Kind)
        {
            case NbcValueKind.Tensor:
                Byte((byte)type.Element);
                Count(type.Dimensions is null ? 0 : type.Dimensions.Length + 1);
                foreach (long size in type.Dimensions ?? [])
                {
                    Signed(size);
                }

                break;
            case NbcValueKind.Sequence or NbcValueKind.Optional:
                Type(type.Item!);
                break;
            case NbcValueKind.Map:
                Byte((byte)type.Element);
                Type(type.Item!);
                break;
        }
    }

    public void Shape(ElementType type, ReadOnlySpan<long> shape)
    {
        Byte((byte)type);
        Count(shape.Length);
        foreach (long size in shape)
        {
            Unsigned((ulong)size);
        }
    }

    public void Attributes(KernelAttributes attributes) => List([.. attributes.All], pair =>
    {
        Text(pair.Key);
        Attribute(pair.Value);
    });

    private void Attribute(AttributeValue value)
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
            case AttributeKind.Tensor: Tensor(value.Tensor); break;
            default: List(value.Tensors, Tensor); break;
        }
    }

    private void Tensor(TensorValue tensor)
    {
        Shape(tensor.Type, tensor.Shape);
        if (tensor.Type == ElementType.String)
        {
            Strings(tensor);
        }
        else
        {
            Raw(tensor.Bytes());
        }
    }

    public void Strings(TensorValue tensor)
    {
        foreach (byte[] text in tensor.Strings)
        {
            Bytes(text);
        }
    }
}
