using System.Globalization;

namespace NoodleNet.Mesh.Requirements;

/// <summary>What a quantity measures.</summary>
public enum QuantityUnit
{
    /// <summary>How many.</summary>
    Count,

    /// <summary>Bytes; KB to TB count by 1,024.</summary>
    Bytes,

    /// <summary>A length of time, in microseconds.</summary>
    Time,

    /// <summary>Thousandths of a percent.</summary>
    Percent,
}

/// <summary>A number with its unit, as a whole number of the smallest part.</summary>
public readonly record struct Quantity(long Value, QuantityUnit Unit)
{
    private static readonly (string Name, QuantityUnit Unit, long Factor)[] s_units =
    [
        ("TB", QuantityUnit.Bytes, 1L << 40), ("GB", QuantityUnit.Bytes, 1L << 30),
        ("MB", QuantityUnit.Bytes, 1L << 20), ("KB", QuantityUnit.Bytes, 1L << 10), ("B", QuantityUnit.Bytes, 1),
        ("h", QuantityUnit.Time, 3_600_000_000), ("min", QuantityUnit.Time, 60_000_000),
        ("s", QuantityUnit.Time, 1_000_000), ("ms", QuantityUnit.Time, 1_000), ("us", QuantityUnit.Time, 1),
        ("%", QuantityUnit.Percent, 1_000),
    ];

    /// <summary>The units, for a sentence that names them.</summary>
    public static string Units => "B KB MB GB TB us ms s min h %";

    /// <summary>Reads a number without sign and its unit, such as <c>1.5GB</c>, <c>10 ms</c> or <c>4</c>.</summary>
    /// <returns>False for another form, an unknown unit, or more than fits.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out Quantity quantity)
    {
        quantity = default;
        int digits = 0;
        while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] == '.'))
        {
            digits++;
        }

        if (!decimal.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
            out decimal number) || digits > 24)
        {
            return false;
        }

        ReadOnlySpan<char> name = text[digits..].Trim(' ');
        (QuantityUnit unit, long factor) = (QuantityUnit.Count, 1);
        if (!name.IsEmpty && !TryFindUnit(name, out unit, out factor))
        {
            return false;
        }

        if (number > long.MaxValue / factor)
        {
            return false;
        }

        decimal value = number * factor;
        if (unit == QuantityUnit.Count && value != decimal.Truncate(value))
        {
            return false; // no half things
        }

        quantity = new Quantity((long)decimal.Round(value), unit);
        return true;
    }

    /// <summary>The shortest exact spelling: what it prints, it reads back.</summary>
    public override string ToString()
    {
        if (Unit == QuantityUnit.Count)
        {
            return Value.ToString(CultureInfo.InvariantCulture);
        }

        if (Unit == QuantityUnit.Percent)
        {
            return (Value / 1_000m).ToString("0.###", CultureInfo.InvariantCulture) + "%";
        }

        foreach ((string name, QuantityUnit unit, long factor) in s_units)
        {
            if (unit == Unit && Value % factor == 0 && Value != 0)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{Value / factor}{name}");
            }
        }

        return Unit == QuantityUnit.Bytes ? "0B" : "0us";
    }

    /// <summary>For people: about 3 digits, in binary units by their own names.</summary>
    public string Describe()
    {
        (string name, long factor) = Unit switch
        {
            QuantityUnit.Bytes when Value >= 1L << 40 => (" TiB", 1L << 40),
            QuantityUnit.Bytes when Value >= 1 << 30 => (" GiB", 1 << 30),
            QuantityUnit.Bytes when Value >= 1 << 20 => (" MiB", 1 << 20),
            QuantityUnit.Bytes when Value >= 1 << 10 => (" KiB", 1 << 10),
            QuantityUnit.Bytes => (" B", 1),
            QuantityUnit.Time when Value >= 1_000_000 => (" s", 1_000_000),
            QuantityUnit.Time when Value >= 1_000 => (" ms", 1_000),
            QuantityUnit.Time => (" us", 1),
            QuantityUnit.Percent => ("%", 1_000),
            _ => ("", 1L),
        };
        return ((decimal)Value / factor).ToString("0.##", CultureInfo.InvariantCulture) + name;
    }

    private static bool TryFindUnit(ReadOnlySpan<char> name, out QuantityUnit unit, out long factor)
    {
        foreach ((string known, QuantityUnit itsUnit, long itsFactor) in s_units)
        {
            // mb is megabytes too; but m is neither minutes nor meters
            if (name.Equals(known, StringComparison.OrdinalIgnoreCase))
            {
                (unit, factor) = (itsUnit, itsFactor);
                return true;
            }
        }

        (unit, factor) = (QuantityUnit.Count, 1);
        return false;
    }
}
