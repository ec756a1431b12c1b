using System.Globalization;

namespace Nbc.Instructions;

/// <summary>What a scalar on the operand stack is. The numbers stand in containers and never change.</summary>
public enum ScalarKind : byte
{
    Null = 0,

    /// <summary>64 bits with a sign.</summary>
    Int = 1,

    /// <summary>IEEE 754 binary64.</summary>
    Float = 2,
    Bool = 3,
    Text = 4,
}

/// <summary>A scalar: what the operand stack, locals and globals hold.</summary>
public readonly struct NbcScalar : IEquatable<NbcScalar>
{
    private readonly long _bits;
    private readonly string? _text;

    private NbcScalar(ScalarKind kind, long bits, string? text = null)
    {
        Kind = kind;
        _bits = bits;
        _text = text;
    }

    public ScalarKind Kind { get; }

    /// <summary>Valid for <see cref="ScalarKind.Int"/>.</summary>
    public long Int => _bits;

    /// <summary>Valid for <see cref="ScalarKind.Float"/>.</summary>
    public double Float => BitConverter.Int64BitsToDouble(_bits);

    /// <summary>Valid for <see cref="ScalarKind.Bool"/>.</summary>
    public bool Bool => _bits != 0;

    /// <summary>Valid for <see cref="ScalarKind.Text"/>; else empty.</summary>
    public string Text => _text ?? "";

    /// <summary>The 64 bits of a number or truth value.</summary>
    public long Bits => _bits;

    public static NbcScalar Null => default;

    public static implicit operator NbcScalar(long value) => new(ScalarKind.Int, value);

    public static implicit operator NbcScalar(double value) =>
        new(ScalarKind.Float, BitConverter.DoubleToInt64Bits(value));

    public static implicit operator NbcScalar(bool value) => new(ScalarKind.Bool, value ? 1 : 0);

    public static implicit operator NbcScalar(string value) => new(ScalarKind.Text, 0, value);

    public static bool operator ==(NbcScalar left, NbcScalar right) => left.Equals(right);

    public static bool operator !=(NbcScalar left, NbcScalar right) => !left.Equals(right);

    /// <summary>Same kind and same content, bit by bit: NaN equals itself, 0 and -0 differ.</summary>
    public bool Equals(NbcScalar other) =>
        Kind == other.Kind && _bits == other._bits && string.Equals(_text, other._text, StringComparison.Ordinal);

    public override bool Equals(object? obj) => obj is NbcScalar other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(Kind, _bits, _text);

    /// <summary>As PRINT writes it: 3, 0.5, true, a text without quotes, null.</summary>
    public override string ToString() => Kind switch
    {
        ScalarKind.Int => Int.ToString(CultureInfo.InvariantCulture),
        ScalarKind.Float => FloatText(Float),
        ScalarKind.Bool => Bool ? "true" : "false",
        ScalarKind.Text => Text,
        _ => "null",
    };

    /// <summary>The shortest text that reads back as the same number, never that of a whole number: <c>2.0</c>.
    /// </summary>
    internal static string FloatText(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }

        string text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().IndexOfAny('.', 'E') < 0 ? text + ".0" : text.Replace('E', 'e');
    }
}
