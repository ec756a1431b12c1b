using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Nbc.Tensors;

namespace Noodle.Client.Protocol;

/// <summary>Reads the elements of a tensor from JSON, nested or flat.</summary>
/// <remarks>
/// Meaning: integers exactly and in range, floats nearest; a float may be written as "NaN", "Infinity" or "-Infinity";
/// strings become their UTF-8 bytes. A single value is a scalar. Every other form is refused, nothing is wrapped.
/// Bound: depth of nesting by the reader's own limit; at most 8 bytes of data for 2 of JSON.
/// </remarks>
public static class TensorJson
{
    /// <summary>Reads one value.</summary>
    /// <param name="reader">At the first token of the value; afterwards at its last.</param>
    /// <param name="data">Gets the elements as <see cref="Tensor.Data"/> holds them.</param>
    /// <param name="shape">As the nesting says; a flat list of n elements has shape [n].</param>
    /// <param name="fault">What is wrong, as part of a sentence; null when nothing is.</param>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    public static bool TryRead(
        ref Utf8JsonReader reader,
        ElementType type,
        IBufferWriter<byte> data,
        out long[] shape,
        [NotNullWhen(false)] out string? fault)
    {
        ArgumentNullException.ThrowIfNull(data);
        Nesting nesting = new();
        do
        {
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                fault = nesting.Open();
            }
            else if (reader.TokenType == JsonTokenType.EndArray)
            {
                fault = nesting.Close();
            }
            else
            {
                fault = nesting.Leaf() ?? TryReadElement(ref reader, type, data);
            }
        }
        while (fault is null && nesting.Depth > 0 && reader.Read());
        shape = fault is null ? nesting.Shape : [];
        return fault is null;
    }

    private static string? TryReadElement(ref Utf8JsonReader reader, ElementType type, IBufferWriter<byte> data) =>
        type switch
        {
            ElementType.Bool => ReadBool(ref reader, data),
            ElementType.String => ReadString(ref reader, data),
            ElementType.Float16 or ElementType.BFloat16 or ElementType.Float32 or ElementType.Float64 =>
                ReadFloat(ref reader, type, data),
            ElementType.UInt64 => reader.TokenType == JsonTokenType.Number && reader.TryGetUInt64(out ulong value)
                ? Put(data, value)
                : Refuse(ref reader, type),
            _ => ReadInteger(ref reader, type, data),
        };

    private static string? ReadBool(ref Utf8JsonReader reader, IBufferWriter<byte> data) =>
        reader.TokenType is JsonTokenType.True or JsonTokenType.False
            ? Put(data, (byte)(reader.TokenType == JsonTokenType.True ? 1 : 0))
            : Refuse(ref reader, ElementType.Bool);

    private static string? ReadInteger(ref Utf8JsonReader reader, ElementType type, IBufferWriter<byte> data)
    {
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long value))
        {
            return Refuse(ref reader, type);
        }

        return type switch
        {
            ElementType.Int64 => Put(data, value),
            ElementType.Int32 when value == (int)value => Put(data, (int)value),
            ElementType.UInt32 when value == (uint)value => Put(data, (uint)value),
            ElementType.Int16 when value == (short)value => Put(data, (short)value),
            ElementType.UInt16 when value == (ushort)value => Put(data, (ushort)value),
            ElementType.Int8 when value == (sbyte)value => Put(data, (sbyte)value),
            ElementType.UInt8 when value == (byte)value => Put(data, (byte)value),
            _ => Refuse(ref reader, type),
        };
    }

    private static string? ReadFloat(ref Utf8JsonReader reader, ElementType type, IBufferWriter<byte> data)
    {
        double value;
        float single;
        bool named = reader.TokenType == JsonTokenType.String;
        if (named)
        {
            value = reader.ValueTextEquals("NaN") ? double.NaN
                : reader.ValueTextEquals("Infinity") ? double.PositiveInfinity
                : reader.ValueTextEquals("-Infinity") ? double.NegativeInfinity : 0;
            single = (float)value;
        }
        else
        {
            (value, single) = reader.TokenType == JsonTokenType.Number
                ? (reader.GetDouble(), reader.GetSingle())
                : (0, 0);
        }

        if (value == 0 && reader.TokenType != JsonTokenType.Number)
        {
            return Refuse(ref reader, type);
        }

        // A number that only becomes infinite by rounding is out of range; one that was written so is meant.
        return type switch
        {
            ElementType.Float64 when named || double.IsFinite(value) => Put(data, value),
            ElementType.Float32 when named || float.IsFinite(single) => Put(data, single),
            ElementType.Float16 when named || Half.IsFinite((Half)value) => Put(data, (Half)value),
            ElementType.BFloat16 when named || float.IsFinite(RoundToBFloat16(single)) =>
                Put(data, (ushort)(BitConverter.SingleToUInt32Bits(RoundToBFloat16(single)) >> 16)),
            _ => Refuse(ref reader, type),
        };
    }

    private static float RoundToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint rounded = float.IsNaN(value) ? bits | 0x0040_0000 : bits + 0x7FFF + (bits >> 16 & 1);
        return BitConverter.UInt32BitsToSingle(rounded & 0xFFFF_0000);
    }

    private static string? ReadString(ref Utf8JsonReader reader, IBufferWriter<byte> data)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            return Refuse(ref reader, ElementType.String);
        }

        // Unescaped text is never longer than escaped text.
        Span<byte> room = data.GetSpan(sizeof(uint) + reader.ValueSpan.Length);
        try
        {
            int length = reader.CopyString(room[sizeof(uint)..]);
            BinaryPrimitives.WriteUInt32LittleEndian(room, (uint)length);
            data.Advance(sizeof(uint) + length);
            return null;
        }
        catch (InvalidOperationException)
        {
            return "a string is not valid Unicode";
        }
    }

    private static string? Put<T>(IBufferWriter<byte> data, T value)
        where T : unmanaged
    {
        int size = Unsafe.SizeOf<T>();
        MemoryMarshal.Write(data.GetSpan(size), in value);
        data.Advance(size);
        return null;
    }

    private static string Refuse(ref Utf8JsonReader reader, ElementType type)
    {
        string text = reader.TokenType is JsonTokenType.Number && reader.ValueSpan.Length <= 40
            ? Encoding.ASCII.GetString(reader.ValueSpan)
            : $"a value of kind {reader.TokenType}";
        return $"{text} is not a {ElementTypes.NameOf(type)}";
    }
}
