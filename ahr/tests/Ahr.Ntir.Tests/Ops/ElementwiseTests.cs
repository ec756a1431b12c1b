using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;
using static Ahr.Ntir.Tests.Ops.RuleRun;

namespace Ahr.Ntir.Tests.Ops;

public sealed class ElementwiseTests
{
    public static TheoryData<string, string, string, string> PairsData => new()
    {   // operation      left                  right                 result
        { "add", "f32 [2, 3]", "f32 [3]", "f32 [2, 3]" },
        { "add", "f32 [batch, 1]", "f32 [4]", "f32 [batch, 4]" },
        { "add", "f32 [batch]", "f32 [batch]", "f32 [batch]" },
        { "add", "f32 [batch]", "f32 [seq]", "f32 [?]" },
        { "add", "f32 [?]", "f32 [3]", "f32 [3]" },
        { "add", "f32 *", "f32 [3]", "f32 *" },
        { "add", "f32 [2]", "f32 [3]", "fails" },
        { "add", "f32 [2]", "f64 [2]", "fails" },
        { "add", "?", "?", "?" },
        { "add", "?", "f32 [2]", "f32 *" },
        { "mod", "si32 [2, 0]", "si32 []", "si32 [2, 0]" },
        { "bitwise_or", "ui8 [2]", "ui8 [1]", "ui8 [2]" },
        { "and", "i1 [2, 1]", "i1 [3]", "i1 [2, 3]" },
        { "pow", "f16 [2, 1]", "si64 [3]", "f16 [2, 3]" },
        { "prelu", "f32 [2, 3]", "f32 [3]", "f32 [2, 3]" },
        { "prelu", "f32 [3]", "f32 [2, 3]", "fails" },
        { "prelu", "f32 *", "f32 [3]", "f32 *" },
        { "equal", "f32 [2, 1]", "f32 [3]", "i1 [2, 3]" },
        { "less", "?", "?", "i1 *" },
        { "greater_or_equal", "si64 [n]", "si64 []", "i1 [n]" },
        { "less_or_equal", "si64 [n]", "f32 []", "fails" },
    };

    [Theory]
    [MemberData(nameof(PairsData))]
    public void Two_operands_broadcast(string name, string left, string right, string result) =>
        Assert.Equal(result, Type(name, left, right));

    [Theory]
    [InlineData("exp")]
    [InlineData("clip")]
    [InlineData("gelu")]
    [InlineData("neg")]
    [InlineData("identity")]
    public void One_operand_gives_its_type_on(string name)
    {
        Assert.Equal("f32 [batch, 2*seq + 1]", Type(name, "f32 [batch, 2*seq + 1]"));
        Assert.Equal("f32 *", Type(name, "f32 *"));
        Assert.Equal("?", Type(name, "?"));
    }

    [Fact]
    public void Casts_and_questions_change_the_element_type()
    {
        Assert.Equal("si8 [n]", Type("cast", KernelAttributes.Of(("to", 3L)), "f32 [n]"));
        Assert.Equal("si8 *", Type("cast", KernelAttributes.Of(("to", 3L)), "?"));
        Assert.Equal("f16 [n]", Type("cast_like", "f32 [n]", "f16 *"));
        Assert.Equal("?", Type("cast_like", "f32 [n]", "?"));
        Assert.Equal("i1 [n]", Type("is_nan", "f32 [n]"));
        Assert.Equal("?", Type("is_inf", "?"));
        Assert.Equal(["f32 [n]", "i1 [n]"], ResultTypes("dropout", KernelAttributes.None, 2, "f32 [n]"));
        Assert.Equal("si32 [n]", Type("bit_cast", KernelAttributes.Of(("to", 6L)), "f32 [n]"));
        Assert.Equal("f64 [n]", Type("bernoulli", "f64 [n]"));
        Assert.Equal("si64 [n]", Type("bernoulli", KernelAttributes.Of(("dtype", 7L)), "f64 [n]"));
    }

    [Fact]
    public void Any_number_of_operands_broadcast()
    {
        Assert.Equal("f32 [2, 3, 4]", Type("sum", "f32 [4]", "f32 [3, 1]", "f32 [2, 1, 1]"));
        Assert.Equal("f32 [4]", Type("mean", "f32 [4]"));
        Assert.Equal("f32 [2, 3]", Type("where", "i1 [2, 1]", "f32 [3]", "f32 []"));
        Assert.Equal("fails", Type("where", "i1 [2, 1]", "f32 [3]", "f64 []"));
        Assert.Equal("?", Type("where", "i1 [2, 1]", "?", "?"));
    }

    public static TheoryData<string, string, long[], string> ElementsData => new()
    {   // operation   sizes            numbers    become
        { "add", "[batch, 3]", [1], "[batch + 1, 4]" },
        { "sub", "[batch, 3]", [1, 2], "[batch - 1, 1]" },
        { "mul", "[batch, 3]", [2], "[2*batch, 6]" },
        { "div", "[4*batch, 7]", [2], "[2*batch, 3]" },
        { "div", "[batch, 7]", [2], "[floordiv(batch, 2), 3]" },
        { "mod", "[batch, 7]", [4], "[mod(batch, 4), 3]" },
        { "max", "[batch, 3]", [5], "[max(5, batch), 5]" },
        { "min", "[9, 3]", [5], "[5, 3]" },
        { "sum", "[9, n]", [5], "[14, n + 5]" },
    };

    [Theory]
    [MemberData(nameof(ElementsData))]
    public void Sizes_are_followed_through_arithmetic(string name, string sizes, long[] numbers, string become) =>
        Assert.Equal(become, Elements(name, "sizes " + sizes, Numbers(numbers)));

    [Fact]
    public void Sizes_are_followed_through_casts_and_choices()
    {
        Assert.Equal("[batch, 3]", Elements("identity", "sizes [batch, 3]"));
        Assert.Equal("[batch, 3]", Elements("cast", KernelAttributes.Of(("to", 6L)), "sizes [batch, 3]"));
        Assert.Equal("[2, 4]", Elements("neg", Numbers(-2, -4)));
        TensorValue yesNo = TensorValue.From<byte>(ElementType.Bool, [1, 0], 2);
        Assert.Equal("[batch, 9]", Elements("where", yesNo, "sizes [batch, 3]", Numbers(9)));
        Assert.Equal("[3]", Elements("div", Numbers(-7), Numbers(-2)));
        Assert.Equal("[7]", Elements("div", Numbers(-7), Numbers(-1)));
    }
}
