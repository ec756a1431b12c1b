using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Unicode;
using Nbc.Tensors;

namespace Noodle.Serving.Wire;

/// <summary>Writes a tensor's elements as a flat JSON array.</summary>
/// <remarks>
/// Special values: NaN, Infinity and -Infinity are bare tokens, as other servers write and Python reads them.
/// Accuracy: the shortest text that reads back as the same number.
/// </remarks>
internal static class TensorText
{
    private const int LongestNumber = 32;
    private const int ChunkLength = 512;

    /// <returns>What cannot be written, as the end of a sentence that begins with the output; null when all
    /// is.</returns>
    public static string? Write(PooledWriter writer, Tensor tensor)
    {
        ReadOnlySpan<byte> data = tensor.Data.Span;
        writer.Write("["u8);
        string? fault = null;
        switch (tensor.Type)
        {
            case ElementType.Float32: WriteFloats<float>(writer, data); break;
            case ElementType.Float64: WriteFloats<double>(writer, data); break;
            case ElementType.Int64: WriteIntegers<long>(writer, data); break;
            case ElementType.Int32: WriteIntegers<int>(writer, data); break;
            case ElementType.Int16: WriteIntegers<short>(writer, data); break;
            case ElementType.Int8: WriteIntegers<sbyte>(writer, data); break;
            case ElementType.UInt64: WriteIntegers<ulong>(writer, data); break;
            case ElementType.UInt32: WriteIntegers<uint>(writer, data); break;
            case ElementType.UInt16: WriteIntegers<ushort>(writer, data); break;
            case ElementType.UInt8: WriteIntegers<byte>(writer, data); break;
            case ElementType.Bool: WriteBooleans(writer, data); break;
            case ElementType.String: fault = WriteStrings(writer, data); break;
            default:
                fault = $"is {ElementTypes.NameOf(tensor.Type)}, which JSON cannot hold; use the binary data format";
                break;
        }

        writer.Write("]"u8);
        return fault;
    }

    // Tensors are little-endian and so is every machine .NET 10 runs on that has an engine for them.
    private static ReadOnlySpan<T> View<T>(ReadOnlySpan<byte> data)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(data);

    private static void WriteFloats<T>(PooledWriter writer, ReadOnlySpan<byte> data)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ReadOnlySpan<T> values = View<T>(data);
        for (int start = 0; start < values.Length && !writer.Overflowed; start += ChunkLength)
        {
            ReadOnlySpan<T> chunk = values.Slice(start, Math.Min(ChunkLength, values.Length - start));
            Span<byte> target = writer.GetSpan(chunk.Length * LongestNumber);
            int at = 0;
            foreach (T value in chunk)
            {
                target[at] = (byte)',';
                at += start == 0 && at == 0 ? 0 : 1;
                if (T.IsFinite(value))
                {
                    at += Format(value, target[at..]);
                }
                else
                {
                    ReadOnlySpan<byte> name = T.IsNaN(value) ? "NaN"u8
                        : T.IsNegative(value) ? "-Infinity"u8 : "Infinity"u8;
                    name.CopyTo(target[at..]);
                    at += name.Length;
                }
            }

            writer.Advance(at);
        }
    }

    private static void WriteIntegers<T>(PooledWriter writer, ReadOnlySpan<byte> data)
        where T : unmanaged, IBinaryInteger<T>
    {
        ReadOnlySpan<T> values = View<T>(data);
        for (int start = 0; start < values.Length && !writer.Overflowed; start += ChunkLength)
        {
            ReadOnlySpan<T> chunk = values.Slice(start, Math.Min(ChunkLength, values.Length - start));
            Span<byte> target = writer.GetSpan(chunk.Length * LongestNumber);
            int at = 0;
            foreach (T value in chunk)
            {
                target[at] = (byte)',';
                at += start == 0 && at == 0 ? 0 : 1;
                at += Format(value, target[at..]);
            }

            writer.Advance(at);
        }
    }

    private static int Format<T>(T value, Span<byte> target)
        where T : IUtf8SpanFormattable
    {
        bool fits = value.TryFormat(target, out int written, default, CultureInfo.InvariantCulture);
        Debug.Assert(fits, "no number is longer than LongestNumber");
        return written;
    }

    private static void WriteBooleans(PooledWriter writer, ReadOnlySpan<byte> data)
    {
        for (int i = 0; i < data.Length && !writer.Overflowed; i++)
        {
            writer.Write(i == 0 ? default : ","u8);
            writer.Write(data[i] == 0 ? "false"u8 : "true"u8);
        }
    }

    private static string? WriteStrings(PooledWriter writer, ReadOnlySpan<byte> data)
    {
        for (int i = 0; !data.IsEmpty && !writer.Overflowed; i++)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(data);
            ReadOnlySpan<byte> text = data.Slice(sizeof(uint), length);
            if (!Utf8.IsValid(text))
            {
                return $"has bytes in element {i} that are not UTF-8, which JSON cannot hold; " +
                    "use the binary data format";
            }

            writer.Write(i == 0 ? default : ","u8);
            writer.WriteString(text);
            data = data[(sizeof(uint) + length)..];
        }

        return null;
    }
}
