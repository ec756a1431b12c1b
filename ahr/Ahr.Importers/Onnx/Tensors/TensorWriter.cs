using Ahr.Importers.Onnx.Proto;
using Google.Protobuf;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Importers.Onnx.Tensors;

/// <summary>A tensor in memory as a TensorProto: the reverse of <see cref="TensorReader"/>.</summary>
internal static class TensorWriter
{
    public static TensorProto Write(TensorValue value, string name)
    {
        TensorProto proto = new() { DataType = (int)value.Type };
        proto.Dims.AddRange(value.Shape.ToArray());
        if (name.Length > 0)
        {
            proto.Name = name;
        }

        if (value.Type == ElementType.String)
        {
            proto.StringData.AddRange(value.Strings.Select(item => ByteString.CopyFrom(item)));
            return proto;
        }

        int bits = ElementTypes.FileBitsOf(value.Type);
        proto.RawData = bits < 8 ? Pack(value.Bytes(), bits) : ByteString.CopyFrom(value.Bytes());
        return proto;
    }

    private static ByteString Pack(ReadOnlySpan<byte> elements, int bits)
    {
        int perByte = 8 / bits;
        byte[] packed = new byte[(elements.Length + perByte - 1) / perByte];
        for (int i = 0; i < elements.Length; i++)
        {
            int element = elements[i] & ((1 << bits) - 1);
            packed[i / perByte] |= (byte)(element << (i % perByte * bits));
        }

        return UnsafeByteOperations.UnsafeWrap(packed);
    }
}
