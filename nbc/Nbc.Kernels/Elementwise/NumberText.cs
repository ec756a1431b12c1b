using System.Globalization;
using System.Text;

namespace Nbc.Kernels.Elementwise;

/// <summary>Numbers as the text that casts make and read.</summary>
/// <remarks>
/// Meaning: the shortest digits that read back as the same number; plain from 1e-4 up to 1e16, with at least one digit
/// behind the point, otherwise as <c>1.5e-05</c>. Special values: <c>nan</c>, <c>inf</c>, <c>-inf</c>; read in any case
/// and with a plus sign.
/// Source: ONNX operator Cast, version 25, and the texts that numpy makes for its test data.
/// </remarks>
internal static class NumberText
{
    private const int LeastPlain = -4;
    private const int LargestPlain = 16;

    public static byte[] OfBool(bool value) => value ? "True"u8.ToArray() : "False"u8.ToArray();

    public static byte[] OfWhole(long value, bool isUnsigned) => Encoding.ASCII.GetBytes(isUnsigned
        ? ((ulong)value).ToString(CultureInfo.InvariantCulture)
        : value.ToString(CultureInfo.InvariantCulture));

    public static byte[] Of<T>(T value)
        where T : System.Numerics.IFloatingPoint<T>
    {
        if (T.IsNaN(value))
        {
            return "nan"u8.ToArray();
        }

        if (T.IsInfinity(value))
        {
            return T.IsNegative(value) ? "-inf"u8.ToArray() : "inf"u8.ToArray();
        }

        return Encoding.ASCII.GetBytes(Arrange(value.ToString(null, CultureInfo.InvariantCulture)));
    }

    /// <summary>Reads a number; false for anything else.</summary>
    public static bool TryReal(ReadOnlySpan<byte> text, out double value)
    {
        text = Trim(text);
        ReadOnlySpan<byte> word = text.Length > 0 && text[0] is (byte)'+' or (byte)'-' ? text[1..] : text;
        if (Ascii.EqualsIgnoreCase(word, "inf"u8) || Ascii.EqualsIgnoreCase(word, "infinity"u8))
        {
            value = text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
            return true;
        }

        if (Ascii.EqualsIgnoreCase(word, "nan"u8))
        {
            value = double.NaN;
            return true;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>Reads a whole number of 64 bits, with sign or without; a number with a fraction is cut.</summary>
    public static bool TryWhole(ReadOnlySpan<byte> text, out long value)
    {
        text = Trim(text);
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value))
        {
            return true;
        }

        if (ulong.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out ulong bits))
        {
            value = (long)bits;
            return true;
        }

        bool isReal = TryReal(text, out double real);
        value = long.CreateSaturating(real);
        return isReal;
    }

    /// <summary>True and False in any case, or a number.</summary>
    public static bool TryBool(ReadOnlySpan<byte> text, out bool value)
    {
        text = Trim(text);
        value = Ascii.EqualsIgnoreCase(text, "true"u8);
        if (value || Ascii.EqualsIgnoreCase(text, "false"u8))
        {
            return true;
        }

        bool isReal = TryReal(text, out double real);
        value = real != 0;
        return isReal;
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text) => text[Ascii.Trim(text)];

    // The runtime's shortest text is 1E+16, 1.5E-05, 0.001 or 100: take its digits, place the point anew.
    private static string Arrange(string shortest)
    {
        int mark = shortest.IndexOf('E', StringComparison.Ordinal);
        int power = mark < 0 ? 0 : int.Parse(shortest.AsSpan(mark + 1), CultureInfo.InvariantCulture);
        string number = mark < 0 ? shortest : shortest[..mark];
        string sign = number[0] == '-' ? "-" : "";
        number = number[sign.Length..];
        int point = number.IndexOf('.', StringComparison.Ordinal);
        int before = point < 0 ? number.Length : point;
        string digits = number.Replace(".", "", StringComparison.Ordinal);
        string significant = digits.TrimStart('0');
        if (significant.Length == 0)
        {
            return sign + "0.0";
        }

        power += before - (digits.Length - significant.Length) - 1;
        significant = significant.TrimEnd('0');
        if (power is < LeastPlain or >= LargestPlain)
        {
            string rest = significant.Length > 1 ? "." + significant[1..] : "";
            return $"{sign}{significant[0]}{rest}e{(power < 0 ? '-' : '+')}{Math.Abs(power):00}";
        }

        if (power < 0)
        {
            return $"{sign}0.{new string('0', -power - 1)}{significant}";
        }

        string whole = significant.PadRight(power + 1, '0');
        return $"{sign}{whole[..(power + 1)]}.{(whole.Length > power + 1 ? whole[(power + 1)..] : "0")}";
    }
}
