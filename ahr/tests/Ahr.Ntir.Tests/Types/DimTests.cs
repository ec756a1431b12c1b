using Ahr.Ntir.Types;

namespace Ahr.Ntir.Tests.Types;

public sealed class DimTests
{
    private static readonly Dim s_a = Dim.Symbol("a");
    private static readonly Dim s_b = Dim.Symbol("b");

    [Fact]
    public void Sums_and_products_have_one_form()
    {
        Assert.Equal((s_a + s_b) * (s_a - s_b), (s_a * s_a) - (s_b * s_b));
        Assert.Equal("2*a + a*b + 1", ((s_a * 2) + 1 + (s_b * s_a)).ToString());
        Assert.True((s_a - s_a).IsConstant);
        Assert.Equal(0, (s_a - s_a).Value);
    }

    [Theory]
    [InlineData(7, 2, 3, 4, 1)]
    [InlineData(-7, 2, -4, -3, 1)]
    [InlineData(6, 3, 2, 2, 0)]
    public void Quotients_round_as_named(long a, long b, long floor, long ceiling, long rest)
    {
        Assert.Equal(floor, Dim.FloorDiv(a, b).Value);
        Assert.Equal(ceiling, Dim.CeilDiv(a, b).Value);
        Assert.Equal(rest, Dim.Mod(a, b).Value);
    }

    [Fact]
    public void A_quotient_of_multiples_is_a_polynomial_again()
    {
        Assert.Equal(s_a, Dim.FloorDiv(s_a * 6, 6));
        Assert.Equal("floordiv(a + 1, 2)", Dim.FloorDiv(s_a + 1, 2).ToString());
        Assert.Equal(1, Dim.FloorDiv(s_a, s_a).Value);
        Assert.True(Dim.FloorDiv(5, 0).IsUnknown);
    }

    [Fact]
    public void What_is_unknown_stays_unknown_and_is_never_the_same()
    {
        Assert.True((Dim.Unknown + 1).IsUnknown);
        Assert.Equal(0, (Dim.Unknown * 0).Value);
        Assert.False(Dim.IsSame(Dim.Unknown, Dim.Unknown));
        Assert.False(Dim.Unknown.IsConstant);
        Assert.True(((Dim)long.MaxValue * 2).IsUnknown);
        Assert.True(((Dim)long.MaxValue + 1).IsUnknown);
    }

    [Fact]
    public void Symbols_are_replaced_inside_functions_too()
    {
        Dim size = Dim.Max(Dim.CeilDiv(s_a, 3), s_b) + s_a;
        Assert.Equal(["a", "b"], size.Symbols);
        Assert.Equal(14, size.Substitute(name => name == "a" ? 10 : 2).Value);
        Assert.Equal(size, size.Substitute(_ => null));
    }

    [Fact]
    public void Text_reads_back() => Gen.Select(Gen.Long[-9, 9], Gen.Long[-9, 9], Gen.Int[0, 5]).Sample((x, y, how) =>
    {
        Dim size = how switch
        {
            0 => (s_a * x) + y,
            1 => Dim.FloorDiv((s_a * x) + 1, (s_b * s_b) + y),
            2 => Dim.Max(s_a * s_b * x, Dim.Min(s_b, y)),
            3 => Dim.Mod(s_a + x, 7) * y,
            4 => Dim.CeilDiv(s_a - s_b, 5) - x,
            _ => x,
        };
        Assert.Equal(size, DimText.TryParse(size.ToString()));
    });

    [Theory]
    [InlineData("")]
    [InlineData("a +")]
    [InlineData("floordiv(a)")]
    [InlineData("half(a, b)")]
    [InlineData("99999999999999999999")]
    [InlineData("a b")]
    public void What_is_no_size_is_refused(string text) => Assert.Null(DimText.TryParse(text));

    [Fact]
    public void Deep_nesting_is_refused() =>
        Assert.Null(DimText.TryParse(string.Concat(Enumerable.Repeat("max(a, ", 200)) + "b" + new string(')', 200)));

    [Fact]
    public void Names_are_made_harmless() => Assert.Equal("_1_x_y", Dim.Symbol("1 x-y").ToString());
}
