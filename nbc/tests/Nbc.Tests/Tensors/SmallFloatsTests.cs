using Nbc.Tensors;

namespace Nbc.Tests.Tensors;

public sealed class SmallFloatsTests
{
    private const ElementType E4M3 = ElementType.Float8E4M3FN;
    private const ElementType E4M3Z = ElementType.Float8E4M3FNUZ;
    private const ElementType E5M2 = ElementType.Float8E5M2;
    private const ElementType E5M2Z = ElementType.Float8E5M2FNUZ;
    private const ElementType E2M1 = ElementType.Float4E2M1;
    private const ElementType E8M0 = ElementType.Float8E8M0;
    private const float Inf = float.PositiveInfinity;

    public static TheoryData<ElementType> Kinds => [E4M3, E4M3Z, E5M2, E5M2Z, E2M1, E8M0];

    public static TheoryData<ElementType, byte, float> Codes => new()
    {   // type   code   value
        { E4M3, 0x00, 0f }, { E4M3, 0x01, 0.001953125f }, { E4M3, 0x08, 0.015625f }, { E4M3, 0x38, 1f },
        { E4M3, 0x7E, 448f }, { E4M3, 0x7F, float.NaN }, { E4M3, 0xFE, -448f }, { E4M3, 0xFF, float.NaN },
        { E4M3Z, 0x80, float.NaN }, { E4M3Z, 0x40, 1f }, { E4M3Z, 0x7F, 240f }, { E4M3Z, 0x01, 0.0009765625f },
        { E5M2, 0x3C, 1f }, { E5M2, 0x7B, 57344f }, { E5M2, 0x7C, Inf }, { E5M2, 0xFC, -Inf },
        { E5M2, 0x7D, float.NaN }, { E5M2, 0x01, 1.52587890625e-5f },
        { E5M2Z, 0x80, float.NaN }, { E5M2Z, 0x40, 1f }, { E5M2Z, 0x7F, 57344f }, { E5M2Z, 0x01, 7.62939453125e-6f },
        { E2M1, 0x1, 0.5f }, { E2M1, 0x2, 1f }, { E2M1, 0x7, 6f }, { E2M1, 0xF, -6f }, { E2M1, 0x3, 1.5f },
        { E8M0, 127, 1f }, { E8M0, 128, 2f }, { E8M0, 0, 5.877472e-39f }, { E8M0, 255, float.NaN },
    };

    [Theory]
    [MemberData(nameof(Codes))]
    public void A_code_has_its_value(ElementType type, byte code, float value) =>
        Assert.Equal(value, SmallFloats.Values(type)[code]);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_code_comes_back_from_its_value(ElementType type)
    {
        int codes = type == E2M1 ? 16 : 256;
        for (int code = 0; code < codes; code++)
        {
            float value = SmallFloats.Values(type)[code];
            byte back = SmallFloats.FromSingle(type, value, saturate: false);
            Assert.True(float.IsNaN(value)
                ? float.IsNaN(SmallFloats.Values(type)[back])
                : type == E8M0 && code == 0 || back == code, $"{code:x} came back as {back:x}");
        }
    }

    [Theory]
    [InlineData(E4M3)]
    [InlineData(E4M3Z)]
    [InlineData(E5M2)]
    [InlineData(E5M2Z)]
    [InlineData(E2M1)]
    public void A_number_goes_to_the_nearest_one_and_between_two_to_the_even_one(ElementType type)
    {
        float[] sizes = [.. SmallFloats.Values(type).ToArray().Take(type == E2M1 ? 8 : 128)
            .Where(value => float.IsFinite(value))];
        for (int code = 0; code + 1 < sizes.Length; code++)
        {
            float middle = (sizes[code] + sizes[code + 1]) / 2;
            int even = code % 2 == 0 ? code : code + 1;
            Assert.Equal(even, SmallFloats.FromSingle(type, middle));
            Assert.Equal(code, SmallFloats.FromSingle(type, MathF.BitDecrement(middle)));
            Assert.Equal(code + 1, SmallFloats.FromSingle(type, MathF.BitIncrement(middle)));
            Assert.Equal(-sizes[even], SmallFloats.Values(type)[SmallFloats.FromSingle(type, -middle)]);
        }
    }

    public static TheoryData<ElementType, float, bool, float> Ends => new()
    {   // type   number  saturates  becomes            (ONNX, Cast, both tables)
        { E4M3, Inf, true, 448f }, { E4M3, -Inf, true, -448f }, { E4M3, 1000f, true, 448f },
        { E4M3, 464f, false, 448f }, { E4M3, 464.1f, false, float.NaN }, { E4M3, Inf, false, float.NaN },
        { E4M3Z, Inf, true, 240f }, { E4M3Z, 1000f, false, float.NaN }, { E4M3Z, -0f, true, 0f },
        { E5M2, Inf, true, 57344f }, { E5M2, -1e9f, true, -57344f }, { E5M2, 1e9f, false, Inf },
        { E5M2, -Inf, false, -Inf }, { E5M2Z, -Inf, true, -57344f }, { E5M2Z, 1e9f, false, float.NaN },
        { E2M1, 100f, false, 6f }, { E2M1, -Inf, false, -6f }, { E2M1, float.NaN, true, -0f },
        { E4M3, float.NaN, true, float.NaN }, { E5M2, -0f, true, -0f },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public void Numbers_beyond_the_largest_follow_the_tables(ElementType type, float x, bool saturate, float becomes)
    {
        float value = SmallFloats.Values(type)[SmallFloats.FromSingle(type, x, saturate)];
        Assert.Equal(becomes, value);
        Assert.Equal(float.IsNegative(becomes) && becomes == 0, float.IsNegative(value) && value == 0);
    }

    [Theory]
    [InlineData(E4M3, 0x7F, 0xFF)]
    [InlineData(E5M2, 0x7F, 0xFF)]
    [InlineData(E4M3Z, 0x80, 0x80)]
    public void What_is_no_number_keeps_its_sign_where_the_type_has_two(ElementType type, byte plus, byte minus)
    {
        ReadOnlySpan<float> values = SmallFloats.Values(type);
        Assert.Equal(plus, SmallFloats.FromSingle(type, values[plus]));
        Assert.Equal(minus, SmallFloats.FromSingle(type, values[minus]));
    }

    public static TheoryData<float, bool, PowerRounding, int> Powers => new()
    {   // number   saturates  rounding               code
        { 1f, true, PowerRounding.Up, 127 }, { 1.1f, true, PowerRounding.Up, 128 },
        { 1.9f, true, PowerRounding.Down, 127 }, { 1.5f, true, PowerRounding.Nearest, 128 },
        { 1.49f, true, PowerRounding.Nearest, 127 }, { 0f, true, PowerRounding.Up, 0 },
        { 0f, false, PowerRounding.Nearest, 255 }, { Inf, true, PowerRounding.Up, 254 },
        { Inf, false, PowerRounding.Nearest, 255 }, { float.MaxValue, true, PowerRounding.Up, 254 },
        { float.MaxValue, false, PowerRounding.Up, 255 }, { 1e-45f, true, PowerRounding.Up, 0 },
        { 1e-45f, false, PowerRounding.Up, 255 }, { float.NaN, true, PowerRounding.Up, 255 },
        { -2f, true, PowerRounding.Up, 255 },
    };

    [Theory]
    [MemberData(nameof(Powers))]
    public void A_power_of_two_is_chosen_as_asked(float x, bool saturate, PowerRounding rounding, int code) =>
        Assert.Equal(code, SmallFloats.FromSingle(E8M0, x, saturate, rounding));

    [Fact]
    public void Other_types_are_none_of_these()
    {
        Assert.False(SmallFloats.Has(ElementType.Float16));
        Assert.All(Kinds, kind => Assert.True(SmallFloats.Has(kind)));
        Assert.Throws<ArgumentOutOfRangeException>(() => SmallFloats.Values(ElementType.Float32).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => SmallFloats.FromSingle(ElementType.Float32, 1));
    }

    public static TheoryData<ElementType, long, long> Ranges => new()
    {
        { ElementType.Int2, -2, 1 }, { ElementType.UInt2, 0, 3 }, { ElementType.Int4, -8, 7 },
        { ElementType.UInt4, 0, 15 }, { ElementType.Int8, -128, 127 }, { ElementType.UInt16, 0, 65535 },
        { ElementType.Int32, int.MinValue, int.MaxValue }, { ElementType.UInt32, 0, uint.MaxValue },
    };

    [Theory]
    [MemberData(nameof(Ranges))]
    public void An_integer_type_has_its_range_and_wraps_in_it(ElementType type, long least, long largest)
    {
        Assert.True(IntegerRanges.TryGet(type, out long from, out long to));
        Assert.Equal((least, largest), (from, to));
        for (long x = -40; largest < 16 && x < 40; x++)
        {
            long span = largest - least + 1;
            long wrapped = ((((x - least) % span) + span) % span) + least;
            byte stored = IntegerRanges.Wrap(type, x);
            Assert.Equal(wrapped, least < 0 ? (sbyte)stored : stored);
        }
    }

    [Fact]
    public void Wide_types_have_no_range_here()
    {
        Assert.False(IntegerRanges.TryGet(ElementType.Int64, out _, out _));
        Assert.False(IntegerRanges.TryGet(ElementType.Float32, out _, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => IntegerRanges.Wrap(ElementType.Int8, 1));
    }
}
