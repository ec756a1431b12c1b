using System.Buffers.Binary;
using Nbc.Tensors;

namespace Nbc.Values;

/// <summary>Copies between tensors as messages carry them and as the machine holds them.</summary>
/// <remarks>Meaning: strings are bytes with their length before each, little-endian in four bytes.</remarks>
public static class TensorCopies
{
    /// <param name="tensor">Valid, as <see cref="Tensor.TryValidate"/> says.</param>
    public static TensorValue ToValue(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        TensorValue value = TensorValue.Allocate(tensor.Type, tensor.Shape);
        ReadOnlySpan<byte> data = tensor.Data.Span;
        if (tensor.Type != ElementType.String)
        {
            data.CopyTo(value.Bytes());
            return value;
        }

        for (int i = 0; i < value.Count; i++)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(data);
            value.Strings[i] = data.Slice(sizeof(int), length).ToArray();
            data = data[(sizeof(int) + length)..];
        }

        return value;
    }

    /// <param name="name">What the copy is called.</param>
    public static Tensor ToTensor(TensorValue value, string name)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.Type != ElementType.String)
        {
            return new Tensor(name, value.Type, value.Shape.ToArray(), value.Bytes().ToArray());
        }

        byte[] data = new byte[value.Strings.Sum(text => (long)sizeof(int) + text.Length)];
        Span<byte> rest = data;
        foreach (byte[] text in value.Strings)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, text.Length);
            text.CopyTo(rest[sizeof(int)..]);
            rest = rest[(sizeof(int) + text.Length)..];
        }

        return new Tensor(name, value.Type, value.Shape.ToArray(), data);
    }
}
