using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nbc.Tensors;

namespace Noodle.Serving.Wire;

/// <summary>What is wrong with one element of a JSON tensor.</summary>
internal enum ScalarFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Not written as this element type is.</summary>
    NotOfType,

    /// <summary>A number that the element type cannot hold.</summary>
    OutOfRange,
}

/// <summary>Turns one JSON token into one element of fixed size.</summary>
internal static class JsonScalars
{
    /// <param name="token">Without white space around it.</param>
    /// <param name="target">At least one element long; written little-endian.</param>
    public static ScalarFault Read(ElementType type, ReadOnlySpan<byte> token, Span<byte> target) => type switch
    {
        ElementType.Float32 => ReadFloat<float>(token, target),
        ElementType.Float64 => ReadFloat<double>(token, target),
        ElementType.Int64 => ReadInteger<long>(token, target),
        ElementType.Int32 => ReadInteger<int>(token, target),
        ElementType.Int16 => ReadInteger<short>(token, target),
        ElementType.Int8 => ReadInteger<sbyte>(token, target),
        ElementType.UInt64 => ReadInteger<ulong>(token, target),
        ElementType.UInt32 => ReadInteger<uint>(token, target),
        ElementType.UInt16 => ReadInteger<ushort>(token, target),
        ElementType.UInt8 => ReadInteger<byte>(token, target),
        ElementType.Bool => ReadBool(token, target),
        _ => ScalarFault.NotOfType,
    };

    private static ScalarFault ReadFloat<T>(ReadOnlySpan<byte> token, Span<byte> target)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        T value;
        if (IsNumber(token, out _))
        {
            if (!T.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out value) || !T.IsFinite(value))
            {
                return ScalarFault.OutOfRange;
            }
        }
        else if (token.SequenceEqual("NaN"u8))
        {
            value = T.NaN;
        }
        else if (token.SequenceEqual("Infinity"u8))
        {
            value = T.PositiveInfinity;
        }
        else if (token.SequenceEqual("-Infinity"u8))
        {
            value = T.NegativeInfinity;
        }
        else
        {
            return ScalarFault.NotOfType;
        }

        Write(value, target);
        return ScalarFault.None;
    }

    private static ScalarFault ReadInteger<T>(ReadOnlySpan<byte> token, Span<byte> target)
        where T : unmanaged, IBinaryInteger<T>
    {
        if (!IsNumber(token, out bool isWhole) || !isWhole)
        {
            return ScalarFault.NotOfType;
        }

        if (!T.TryParse(token, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out T value))
        {
            return ScalarFault.OutOfRange;
        }

        Write(value, target);
        return ScalarFault.None;
    }

    private static ScalarFault ReadBool(ReadOnlySpan<byte> token, Span<byte> target)
    {
        bool value = token.SequenceEqual("true"u8);
        if (!value && !token.SequenceEqual("false"u8))
        {
            return ScalarFault.NotOfType;
        }

        target[0] = value ? (byte)1 : (byte)0;
        return ScalarFault.None;
    }

    private static void Write<T>(T value, Span<byte> target)
        where T : unmanaged
    {
        MemoryMarshal.Write(target, value);
        if (!BitConverter.IsLittleEndian)
        {
            target[..Unsafe.SizeOf<T>()].Reverse();
        }
    }

    /// <summary>True for a number as RFC 8259, section 6 writes it.</summary>
    internal static bool IsNumber(ReadOnlySpan<byte> token, out bool isWhole)
    {
        isWhole = true;
        int at = token is [(byte)'-', ..] ? 1 : 0;
        int digits = CountDigits(token[at..]);
        if (digits == 0 || (digits > 1 && token[at] == (byte)'0'))
        {
            return false;
        }

        at += digits;
        if (at < token.Length && token[at] == (byte)'.')
        {
            isWhole = false;
            digits = CountDigits(token[(at + 1)..]);
            if (digits == 0)
            {
                return false;
            }

            at += 1 + digits;
        }

        if (at < token.Length && token[at] is (byte)'e' or (byte)'E')
        {
            isWhole = false;
            at++;
            at += at < token.Length && token[at] is (byte)'+' or (byte)'-' ? 1 : 0;
            digits = CountDigits(token[at..]);
            if (digits == 0)
            {
                return false;
            }

            at += digits;
        }

        return at == token.Length;
    }

    private static int CountDigits(ReadOnlySpan<byte> text)
    {
        int count = 0;
        while (count < text.Length && char.IsAsciiDigit((char)text[count]))
        {
            count++;
        }

        return count;
    }
}
