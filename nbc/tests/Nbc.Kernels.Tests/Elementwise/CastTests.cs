using System.Text;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Elementwise;

public sealed class CastTests
{
    private static readonly ElementType[] s_small = [ElementType.Int4, ElementType.UInt4, ElementType.Int2,
        ElementType.UInt2];

    [Fact]
    public void Numbers_that_all_types_have_survive_every_pair()
    {
        ElementType[] types =
        [
            .. Numbers.All, .. s_small, ElementType.Bool, ElementType.Float8E4M3FN, ElementType.Float8E4M3FNUZ,
            ElementType.Float8E5M2, ElementType.Float8E5M2FNUZ, ElementType.Float4E2M1, ElementType.String,
        ];
        foreach (ElementType from in types)
        {
            foreach (ElementType to in types)
            {
                if ((from, to) == (ElementType.Bool, ElementType.String))
                {
                    continue; // True and False are no numbers
                }

                TensorValue source = Cast(Numbers.Float(0, 1, 1, 0), from);
                TensorValue target = Cast(source, to);
                Assert.Equal(to, target.Type);
                Assert.Equal([0, 1, 1, 0], Numbers.Back(Cast(target, ElementType.Float64)));
            }
        }
    }

    public static TheoryData<ElementType, double, ElementType, double> PairsData => new()
    {   // from                 x         to                    y
        { ElementType.Float32, 2.9, ElementType.Int32, 2 },
        { ElementType.Float32, -2.9, ElementType.Int32, -2 },
        { ElementType.Float32, 300, ElementType.UInt8, 44 },
        { ElementType.Float32, -1, ElementType.UInt8, 255 },
        { ElementType.Float32, -1, ElementType.UInt64, 18446744073709551615.0 },
        { ElementType.Float32, double.NaN, ElementType.Int32, 0 },
        { ElementType.Float32, double.NaN, ElementType.Bool, 1 },
        { ElementType.Float32, -0.0, ElementType.Bool, 0 },
        { ElementType.Float32, 0.1, ElementType.Bool, 1 },
        { ElementType.Float64, 1e300, ElementType.Float32, double.PositiveInfinity },
        { ElementType.Float32, 70000, ElementType.Float16, double.PositiveInfinity },
        { ElementType.Float32, 1.0009765625, ElementType.Float16, 1.0009765625 },
        { ElementType.Float32, 1.00048828125, ElementType.Float16, 1 },
        { ElementType.Float32, 1.00390625, ElementType.BFloat16, 1 },
        { ElementType.Float32, 1.01171875, ElementType.BFloat16, 1.015625 },
        { ElementType.Int32, 200, ElementType.Int8, -56 },
        { ElementType.Int32, -1, ElementType.UInt16, 65535 },
        { ElementType.Int32, 17, ElementType.UInt4, 1 },
        { ElementType.Int32, 9, ElementType.Int4, -7 },
        { ElementType.Int32, 6, ElementType.UInt2, 2 },
        { ElementType.Int32, 6, ElementType.Int2, -2 },
        { ElementType.Int4, -8, ElementType.Float32, -8 },
        { ElementType.UInt64, 9223372036854775808.0, ElementType.Float32, 9223372036854775808.0 },
        { ElementType.UInt64, 9223372036854775808.0, ElementType.Float64, 9223372036854775808.0 },
        { ElementType.Int64, 16777217, ElementType.Float32, 16777216 },
        { ElementType.Bool, 1, ElementType.Float16, 1 },
        { ElementType.Float16, 65504, ElementType.Float32, 65504 },
        { ElementType.BFloat16, 3, ElementType.Int64, 3 },
        { ElementType.Float64, 3.75, ElementType.Int16, 3 },
        { ElementType.Int64, 4294967297, ElementType.Int32, 1 },
    };

    [Theory]
    [MemberData(nameof(PairsData))]
    public void A_number_becomes_what_the_type_can_hold(ElementType from, double x, ElementType to, double y) =>
        Assert.Equal([y], Numbers.Back(Cast(Numbers.Of(from, [x]), to)));

    [Fact]
    public void Float8_saturates_or_not()
    {
        TensorValue x = Numbers.Float(1000, -1000, 0.3);
        TensorValue kept = Cast(x, ElementType.Float8E4M3FN);
        Assert.Equal([448, -448, 0.3125], Numbers.Back(Cast(kept, ElementType.Float32)));
        TensorValue lost = KernelEvaluator.EvaluateOne(
            "cast", KernelAttributes.Of(("to", (long)ElementType.Float8E4M3FN), ("saturate", 0L)), x);
        Assert.Equal([double.NaN, double.NaN, 0.3125], Numbers.Back(Cast(lost, ElementType.Float32)));
        KernelAttributes down = KernelAttributes.Of(("to", (long)ElementType.Float8E8M0), ("round_mode", "down"));
        Assert.Equal([128], Numbers.Run("cast", down, Numbers.Float(3.9)));
        Assert.Equal([129], Numbers.Back(Cast(Numbers.Float(3.9), ElementType.Float8E8M0)));
    }

    public static TheoryData<double, string, string> TextsData => new()
    {   // number             as float32        as float64
        { 0, "0.0", "0.0" }, { -0.0, "-0.0", "-0.0" }, { 1, "1.0", "1.0" }, { -2.5, "-2.5", "-2.5" },
        { 0.1, "0.1", "0.1" }, { 314.15926, "314.15927", "314.15926" }, { 1e15, "1000000000000000.0",
            "1000000000000000.0" },
        { 1e16, "1e+16", "1e+16" }, { 1.5e-5, "1.5e-05", "1.5e-05" }, { 0.0001, "0.0001", "0.0001" },
        { 123456789, "123456790.0", "123456789.0" }, { 1e-30, "1e-30", "1e-30" }, { 100, "100.0", "100.0" },
        { double.NaN, "nan", "nan" }, { double.PositiveInfinity, "inf", "inf" },
        { double.NegativeInfinity, "-inf", "-inf" },
    };

    [Theory]
    [MemberData(nameof(TextsData))]
    public void A_number_is_written_as_numpy_writes_it(double x, string single, string full)
    {
        Assert.Equal(single, Text(Numbers.Of(ElementType.Float32, [x])));
        Assert.Equal(full, Text(Numbers.Of(ElementType.Float64, [x])));
        Assert.Equal([(float)x], Numbers.Back(Cast(TextTensor(single), ElementType.Float32)));
    }

    [Fact]
    public void Other_types_are_written_and_read_too()
    {
        Assert.Equal("0.1", Text(Numbers.Of(ElementType.Float16, [0.1])));
        Assert.Equal("True", Text(Numbers.Bools(true)));
        Assert.Equal("False", Text(Numbers.Bools(false)));
        Assert.Equal("-8", Text(Numbers.Of(ElementType.Int4, [-8])));
        Assert.Equal("18446744073709551615", Text(Cast(Numbers.Of(ElementType.Int64, [-1]), ElementType.UInt64)));
        Assert.Equal([1, 0, 1, 0], Numbers.Back(Cast(TextTensor("true", "FALSE", " 2 ", "0"), ElementType.Bool)));
        Assert.Equal([100, -3], Numbers.Back(Cast(TextTensor("100.5", "-3"), ElementType.Int32)));
        Assert.Equal([18446744073709551615.0], Numbers.Back(
            Cast(TextTensor("18446744073709551615"), ElementType.UInt64)));
        Assert.Equal(
            [double.PositiveInfinity, double.NegativeInfinity, double.NaN, 1e8, double.PositiveInfinity],
            Numbers.Back(Cast(TextTensor("+INF", "-inf", "NaN", "1E8", "infinity"), ElementType.Float32)));
    }

    [Fact]
    public void What_cannot_be_cast_is_refused()
    {
        Assert.Equal(KernelFault.OutOfRange, Fault(TextTensor("Hello"), ElementType.Float32));
        Assert.Equal(KernelFault.OutOfRange, Fault(TextTensor("x"), ElementType.Int8));
        Assert.Equal(KernelFault.OutOfRange, Fault(TextTensor(""), ElementType.Bool));
        Assert.Equal(KernelFault.WrongType, Fault(
            TensorValue.Allocate(ElementType.Complex64, 1), ElementType.Float32));
        Assert.Equal(KernelFault.WrongAttribute, Fault(Numbers.Float(1), ElementType.Complex64));
        Assert.Equal(KernelFault.WrongAttribute, Fault(Numbers.Float(1), (ElementType)77));
        Assert.Equal(KernelFault.WrongAttribute, Numbers.Fault(
            "cast", KernelAttributes.Of(("to", 1L), ("round_mode", "sideways")), Numbers.Float(1)));
    }

    [Theory]
    [InlineData(ElementType.Float32, 1, ElementType.Int32, 0x3F800000)]
    [InlineData(ElementType.Int64, -1, ElementType.UInt64, 18446744073709551615.0)]
    [InlineData(ElementType.Int16, 0x3C00, ElementType.Float16, 1)]
    [InlineData(ElementType.UInt4, 15, ElementType.Int4, -1)]
    [InlineData(ElementType.Int4, -1, ElementType.Float4E2M1, -6)]
    [InlineData(ElementType.Int2, -2, ElementType.UInt2, 2)]
    public void Bits_are_kept_in_another_type(ElementType from, double x, ElementType to, double y)
    {
        TensorValue made = KernelEvaluator.EvaluateOne(
            "bit_cast", KernelAttributes.Of(("to", (long)to)), Cast(Numbers.Of(ElementType.Float64, [x]), from));
        Assert.Equal(to, made.Type);
        Assert.Equal([y], Numbers.Back(Cast(made, ElementType.Float64)));
    }

    [Fact]
    public void Bits_of_other_sizes_do_not_fit()
    {
        Assert.Equal(KernelFault.WrongType, Numbers.Fault(
            "bit_cast", KernelAttributes.Of(("to", (long)ElementType.Int64)), Numbers.Float(1)));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault(
            "bit_cast", KernelAttributes.Of(("to", (long)ElementType.UInt8)), Numbers.Bools(true)));
        Assert.Equal(KernelFault.WrongAttribute, Numbers.Fault(
            "bit_cast", KernelAttributes.Of(("to", (long)ElementType.String)), Numbers.Float(1)));
    }

    [Fact]
    public void Cast_like_takes_the_type_of_its_second_operand()
    {
        TensorValue y = KernelEvaluator.EvaluateOne(
            "cast_like", KernelAttributes.None, Numbers.Float(1.5), Numbers.Of(ElementType.Int64, [0, 0]));
        Assert.Equal(ElementType.Int64, y.Type);
        Assert.Equal([1], Numbers.Back(y));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault(
            "cast_like", Numbers.Float(1), TensorValue.Allocate(ElementType.Complex64, 1)));
    }

    [Fact]
    public void Direct_pairs_equal_the_pairs_in_two_steps() =>
        Gen.Int[-70000, 70000].Array[0, 600].Sample(whole =>
        {
            double[] numbers = [.. whole.Select(x => x / 8.0)];
            TensorValue x = Numbers.Of(ElementType.Float32, numbers);
            TensorValue wide = Cast(x, ElementType.Float64);
            Assert.Equal(
                Numbers.Back(Cast(wide, ElementType.Float16)), Numbers.Back(Cast(x, ElementType.Float16)));
            Assert.Equal(
                Numbers.Back(Cast(wide, ElementType.BFloat16)), Numbers.Back(Cast(x, ElementType.BFloat16)));
            Assert.Equal(Numbers.Back(x), Numbers.Back(Cast(wide, ElementType.Float32)));
        });

    private static TensorValue Cast(TensorValue x, ElementType to) =>
        KernelEvaluator.EvaluateOne("cast", KernelAttributes.Of(("to", (long)to)), x);

    private static KernelFault Fault(TensorValue x, ElementType to) =>
        Numbers.Fault("cast", KernelAttributes.Of(("to", (long)to)), x);

    private static string Text(TensorValue x) => Encoding.UTF8.GetString(Cast(x, ElementType.String).Strings[0]);

    private static TensorValue TextTensor(params string[] texts) =>
        TensorValue.FromStrings([.. texts.Select(Encoding.UTF8.GetBytes)], texts.Length);
}
