using System.Globalization;
using System.Text;
using Nbc.Instructions;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Assembly;

/// <summary>Elements of tensors as people read them, where that is without loss; other types are written as bytes.
/// </summary>
internal static class ElementText
{
    private static readonly CultureInfo s_plain = CultureInfo.InvariantCulture;

    /// <summary>Whether all elements have a text that reads back as the same bits.</summary>
    public static bool IsReadable(TensorValue tensor)
    {
        switch (tensor.Type)
        {
            case ElementType.Float32:
                foreach (float value in tensor.Span<float>())
                {
                    if (float.IsNaN(value) && BitConverter.SingleToInt32Bits(value) !=
                        BitConverter.SingleToInt32Bits(float.NaN))
                    {
                        return false;
                    }
                }

                return true;
            case ElementType.Float64:
                foreach (double value in tensor.Span<double>())
                {
                    if (double.IsNaN(value) && BitConverter.DoubleToInt64Bits(value) !=
                        BitConverter.DoubleToInt64Bits(double.NaN))
                    {
                        return false;
                    }
                }

                return true;
            case ElementType.Bool:
                return !tensor.Span<byte>().ContainsAnyExcept((byte)0, (byte)1);
            default:
                return tensor.Type is ElementType.Int64 or ElementType.Int32 or ElementType.Int16 or ElementType.Int8 or
                    ElementType.UInt64 or ElementType.UInt32 or ElementType.UInt16 or ElementType.UInt8;
        }
    }

    /// <summary>Appends one element of a readable tensor.</summary>
    public static void Append(StringBuilder text, TensorValue tensor, int index)
    {
        _ = tensor.Type switch
        {
            ElementType.Float32 => text.Append(FloatText(tensor.Span<float>()[index])),
            ElementType.Float64 => text.Append(NbcScalar.FloatText(tensor.Span<double>()[index])),
            ElementType.Bool => text.Append(tensor.Span<byte>()[index] != 0 ? "true" : "false"),
            ElementType.Int64 => text.Append(s_plain, $"{tensor.Span<long>()[index]}"),
            ElementType.Int32 => text.Append(s_plain, $"{tensor.Span<int>()[index]}"),
            ElementType.Int16 => text.Append(s_plain, $"{tensor.Span<short>()[index]}"),
            ElementType.Int8 => text.Append(s_plain, $"{tensor.Span<sbyte>()[index]}"),
            ElementType.UInt64 => text.Append(s_plain, $"{tensor.Span<ulong>()[index]}"),
            ElementType.UInt32 => text.Append(s_plain, $"{tensor.Span<uint>()[index]}"),
            ElementType.UInt16 => text.Append(s_plain, $"{tensor.Span<ushort>()[index]}"),
            _ => text.Append(s_plain, $"{tensor.Span<byte>()[index]}"),
        };
    }

    /// <summary>Reads one element; false when the text is none of the tensor's type.</summary>
    public static bool TryWrite(TensorValue tensor, int index, ReadOnlySpan<char> text) => tensor.Type switch
    {
        ElementType.Float32 => TryFloat(text, float.NaN, out tensor.Span<float>()[index]),
        ElementType.Float64 => TryFloat(text, double.NaN, out tensor.Span<double>()[index]),
        ElementType.Float16 => TryFloat(text, Half.NaN, out tensor.Span<Half>()[index]),
        ElementType.Bool => TryBool(text, out tensor.Span<byte>()[index]),
        ElementType.Int64 => TryInt(text, out tensor.Span<long>()[index]),
        ElementType.Int32 => TryInt(text, out tensor.Span<int>()[index]),
        ElementType.Int16 => TryInt(text, out tensor.Span<short>()[index]),
        ElementType.Int8 => TryInt(text, out tensor.Span<sbyte>()[index]),
        ElementType.UInt64 => TryInt(text, out tensor.Span<ulong>()[index]),
        ElementType.UInt32 => TryInt(text, out tensor.Span<uint>()[index]),
        ElementType.UInt16 => TryInt(text, out tensor.Span<ushort>()[index]),
        ElementType.UInt8 => TryInt(text, out tensor.Span<byte>()[index]),
        _ => false,
    };

    public static bool ContainsOnlyHex(this Span<byte> digits)
    {
        foreach (byte digit in digits)
        {
            if (!char.IsAsciiHexDigit((char)digit))
            {
                return false;
            }
        }

        return true;
    }

    private static string FloatText(float value)
    {
        if (!float.IsFinite(value))
        {
            return NbcScalar.FloatText(value);
        }

        string text = value.ToString("R", s_plain);
        return text.AsSpan().IndexOfAny('.', 'E') < 0 ? text + ".0" : text.Replace('E', 'e');
    }

    private static bool TryFloat<T>(ReadOnlySpan<char> text, T nan, out T value)
        where T : System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        value = text switch
        {
            "nan" => nan,
            "inf" or "+inf" => T.PositiveInfinity,
            "-inf" => T.NegativeInfinity,
            _ => T.Zero,
        };
        return value != T.Zero || (char.IsAsciiLetter(text[0])
            ? false
            : T.TryParse(text, NumberStyles.Float, s_plain, out value!));
    }

    private static bool TryBool(ReadOnlySpan<char> text, out byte value)
    {
        value = text is "true" or "1" ? (byte)1 : (byte)0;
        return text is "true" or "false" or "0" or "1";
    }

    private static bool TryInt<T>(ReadOnlySpan<char> text, out T value)
        where T : struct, System.Numerics.IBinaryInteger<T>
    {
        value = default;
        return !char.IsAsciiLetter(text[0]) && T.TryParse(text, NumberStyles.AllowLeadingSign, s_plain, out value);
    }
}
