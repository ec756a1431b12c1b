using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using Nbc.Tensors;

namespace Noodle.Cli.Output;

/// <summary>Writes a tensor as JSON, its elements in nested lists.</summary>
/// <remarks>
/// Special values: not-a-number and the infinities are the strings "NaN", "Infinity", "-Infinity", so that the text
/// stays JSON; a byte string that is not UTF-8 is {"base64": "..."}.
/// </remarks>
internal static class TensorWriter
{
    /// <summary>Writes name, datatype, shape and data.</summary>
    public static void Write(Utf8JsonWriter json, Tensor tensor)
    {
        json.WriteStartObject();
        json.WriteString("name", tensor.Name);
        json.WriteString("datatype", ElementTypes.NameOf(tensor.Type));
        json.WriteStartArray("shape");
        foreach (long size in tensor.Shape)
        {
            json.WriteNumberValue(size);
        }

        json.WriteEndArray();
        json.WritePropertyName("data");
        ReadOnlySpan<byte> data = tensor.Data.Span;
        WriteNested(json, tensor, 0, ref data);
        json.WriteEndObject();
    }

    private static void WriteNested(Utf8JsonWriter json, Tensor tensor, int axis, ref ReadOnlySpan<byte> data)
    {
        if (axis == tensor.Shape.Length)
        {
            WriteElement(json, tensor.Type, ref data);
            return;
        }

        json.WriteStartArray();

        // An empty tensor may have a size of many billions beside its 0.
        long size = tensor.Count == 0 ? 0 : tensor.Shape[axis];
        for (long i = 0; i < size; i++)
        {
            WriteNested(json, tensor, axis + 1, ref data);
        }

        json.WriteEndArray();
    }

    private static void WriteElement(Utf8JsonWriter json, ElementType type, ref ReadOnlySpan<byte> data)
    {
        if (type == ElementType.String)
        {
            int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(data);
            WriteString(json, data.Slice(sizeof(uint), length));
            data = data[(sizeof(uint) + length)..];
            return;
        }

        ReadOnlySpan<byte> element = data[..ElementTypes.SizeOf(type)];
        switch (type)
        {
            case ElementType.Bool:
                json.WriteBooleanValue(element[0] != 0);
                break;
            case ElementType.Float16:
                WriteFloat(json, BinaryPrimitives.ReadHalfLittleEndian(element));
                break;
            case ElementType.BFloat16:
                WriteFloat(json, BitConverter.UInt32BitsToSingle(
                    (uint)BinaryPrimitives.ReadUInt16LittleEndian(element) << 16));
                break;
            case ElementType.Float32:
                WriteFloat(json, BinaryPrimitives.ReadSingleLittleEndian(element));
                break;
            case ElementType.Float64:
                WriteFloat(json, BinaryPrimitives.ReadDoubleLittleEndian(element));
                break;
            case ElementType.UInt64:
                json.WriteNumberValue(BinaryPrimitives.ReadUInt64LittleEndian(element));
                break;
            default:
                json.WriteNumberValue(ReadInteger(type, element));
                break;
        }

        data = data[element.Length..];
    }

    private static long ReadInteger(ElementType type, ReadOnlySpan<byte> element) => type switch
    {
        ElementType.UInt8 => element[0],
        ElementType.Int8 => (sbyte)element[0],
        ElementType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(element),
        ElementType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(element),
        ElementType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(element),
        ElementType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(element),
        _ => BinaryPrimitives.ReadInt64LittleEndian(element),
    };

    /// <summary>Shortest text that reads back as the same value of its own type.</summary>
    private static void WriteFloat<T>(Utf8JsonWriter json, T value)
        where T : struct, System.Numerics.IFloatingPointIeee754<T>
    {
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        if (T.IsFinite(value))
        {
            json.WriteRawValue(text);
        }
        else
        {
            json.WriteStringValue(text);
        }
    }

    private static void WriteString(Utf8JsonWriter json, ReadOnlySpan<byte> text)
    {
        if (Utf8.IsValid(text))
        {
            json.WriteStringValue(text);
            return;
        }

        json.WriteStartObject();
        json.WriteBase64String("base64", text);
        json.WriteEndObject();
    }
}
