namespace Nbc.Tensors;

/// <summary>How a power of two is chosen for a number that is none.</summary>
public enum PowerRounding
{
    /// <summary>The next larger one.</summary>
    Up,

    /// <summary>The next smaller one.</summary>
    Down,

    /// <summary>The nearer one; the larger one when both are as near.</summary>
    Nearest,
}

/// <summary>Floating point of eight bits and less: its values, and rounding to it.</summary>
/// <remarks>
/// Meaning: to nearest, ties to even. Beyond the largest number: with saturation the largest number, infinity
/// included; without it infinity where the type has one, otherwise NaN. Float4 always saturates, and has no NaN: that
/// becomes -0, as in the libraries that ONNX takes its values from. A NaN keeps its sign where the type has two.
/// Source: ONNX operator Cast, version 25; OCP Microscaling Formats 1.0.
/// </remarks>
public static class SmallFloats
{
    private const byte PowerNan = 0xFF;
    private const byte PowerMax = 0xFE;
    private const byte Float4Nan = 0x08;
    private const int PowerBias = 127;

    private static readonly Format s_e4m3 = new(3, 7, 0x80, Largest: 0x7E, Overflow: 0x7F, Nan: 0x7F);
    private static readonly Format s_e4m3Z = new(3, 8, 0x80, Largest: 0x7F, Overflow: 0x80, Nan: 0x80);
    private static readonly Format s_e5m2 = new(2, 15, 0x80, Largest: 0x7B, Overflow: 0x7C, Nan: 0x7F);
    private static readonly Format s_e5m2Z = new(2, 16, 0x80, Largest: 0x7F, Overflow: 0x80, Nan: 0x80);
    private static readonly Format s_e2m1 = new(1, 1, 0x08, Largest: 0x07, Overflow: 0x07, Nan: 0x07);

    private static readonly float[] s_e4m3Values = s_e4m3.Values();
    private static readonly float[] s_e4m3ZValues = s_e4m3Z.Values();
    private static readonly float[] s_e5m2Values = s_e5m2.Values();
    private static readonly float[] s_e5m2ZValues = s_e5m2Z.Values();
    private static readonly float[] s_e2m1Values = s_e2m1.Values();
    private static readonly float[] s_powers = Powers();

    /// <summary>True for the types that this class knows.</summary>
    public static bool Has(ElementType type) => type is ElementType.Float8E4M3FN or ElementType.Float8E4M3FNUZ
        or ElementType.Float8E5M2 or ElementType.Float8E5M2FNUZ or ElementType.Float8E8M0
        or ElementType.Float4E2M1;

    /// <summary>The value of each code, 256 in all; codes beyond the bits of float4 repeat.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is another type.</exception>
    public static ReadOnlySpan<float> Values(ElementType type) => type switch
    {
        ElementType.Float8E4M3FN => s_e4m3Values,
        ElementType.Float8E4M3FNUZ => s_e4m3ZValues,
        ElementType.Float8E5M2 => s_e5m2Values,
        ElementType.Float8E5M2FNUZ => s_e5m2ZValues,
        ElementType.Float4E2M1 => s_e2m1Values,
        ElementType.Float8E8M0 => s_powers,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <summary>The code of the nearest number.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is another type.</exception>
    public static byte FromSingle(
        ElementType type, float value, bool saturate = true, PowerRounding rounding = PowerRounding.Up) =>
        type switch
        {
            ElementType.Float8E4M3FN => s_e4m3.Encode(value, saturate),
            ElementType.Float8E4M3FNUZ => s_e4m3Z.Encode(value, saturate),
            ElementType.Float8E5M2 => s_e5m2.Encode(value, saturate),
            ElementType.Float8E5M2FNUZ => s_e5m2Z.Encode(value, saturate),
            ElementType.Float4E2M1 => float.IsNaN(value) ? Float4Nan : s_e2m1.Encode(value, saturate: true),
            ElementType.Float8E8M0 => Power(value, saturate, rounding),
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
        };

    // A negative number has no power of two near it: NaN. ONNX leaves it open.
    private static byte Power(float value, bool saturate, PowerRounding rounding)
    {
        if (float.IsNaN(value) || float.IsNegative(value) && value != 0)
        {
            return PowerNan;
        }

        if (value == 0 || value < s_powers[0])
        {
            return saturate ? (byte)0 : PowerNan;
        }

        int power = float.IsInfinity(value) ? PowerBias + 1 : Math.ILogB(value);
        double mantissa = value / Math.ScaleB(1, power);
        bool isRaised = rounding switch
        {
            PowerRounding.Up => mantissa > 1,
            PowerRounding.Nearest => mantissa >= 1.5,
            _ => false,
        };
        int code = power + PowerBias + (isRaised ? 1 : 0);
        return code <= PowerMax ? (byte)code : saturate ? PowerMax : PowerNan;
    }

    private static float[] Powers()
    {
        float[] values = new float[256];
        for (int code = 0; code <= PowerMax; code++)
        {
            values[code] = (float)Math.ScaleB(1, code - PowerBias);
        }

        values[PowerNan] = float.NaN;
        return values;
    }

    // Codes without the sign grow with the numbers, so that "too large" is a comparison of codes.
    private sealed record Format(int MantissaBits, int Bias, int Sign, int Largest, int Overflow, int Nan)
    {
        private bool HasNegativeZero => Nan != Sign;

        public byte Encode(float value, bool saturate)
        {
            int sign = float.IsNegative(value) ? Sign : 0;
            if (float.IsNaN(value))
            {
                return (byte)(HasNegativeZero && Nan != Largest ? Nan | sign : Nan);
            }

            int code = Largest + 1;
            double size = Math.Abs((double)value);
            if (size <= double.MaxValue)
            {
                int least = 1 - Bias;
                int power = size == 0 ? least : Math.Max(Math.ILogB(size), least);
                double steps = Math.Round(Math.ScaleB(size, MantissaBits - power), MidpointRounding.ToEven);
                code = (int)Math.Min(((long)(power - least) << MantissaBits) + (long)steps, Largest + 1);
            }

            if (code > Largest)
            {
                code = saturate ? Largest : Overflow;
            }

            return (byte)(code == 0 && !HasNegativeZero ? 0 : code | sign);
        }

        public float[] Values()
        {
            float[] values = new float[256];
            for (int code = 0; code < values.Length; code++)
            {
                values[code] = Decode(code & (Sign | (Sign - 1)));
            }

            return values;
        }

        private float Decode(int code)
        {
            int size = code & (Sign - 1);
            bool isNegative = (code & Sign) != 0;
            float nan = float.CopySign(float.NaN, HasNegativeZero && isNegative ? -1 : 1); // .NET's own is negative
            if (!HasNegativeZero && code == Nan)
            {
                return nan;
            }

            if (HasNegativeZero && size > Largest)
            {
                return size == Overflow && Overflow != Nan
                    ? isNegative ? float.NegativeInfinity : float.PositiveInfinity
                    : nan;
            }

            int field = size >> MantissaBits;
            int one = 1 << MantissaBits;
            int mantissa = (size & (one - 1)) + (field == 0 ? 0 : one);
            double value = Math.ScaleB(mantissa, Math.Max(field, 1) - Bias - MantissaBits);
            return (float)(isNegative ? -value : value);
        }
    }
}
