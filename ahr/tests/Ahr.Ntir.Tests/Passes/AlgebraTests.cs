using Ahr.Ntir.Graph;
using Ahr.Ntir.Inference;
using Ahr.Ntir.Passes;
using Ahr.Ntir.Tests.Types;
using Ahr.Ntir.Types;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Ntir.Tests.Passes;

/// <summary>Every law of <see cref="Algebra.Laws"/> with a case that it changes and cases that it must not.</summary>
public sealed class AlgebraTests
{
    private readonly NtirModule _module = new();
    private NtirValue? _other;

    private NtirRegion Body => _module.Main.Body;

    [Theory]
    [InlineData("identity(x) -> x")]
    [InlineData("dropout(x) -> x, when it does not train")]
    [InlineData("cast(x) -> x, of x's own type")]
    [InlineData("cast_like(x, y) -> cast(x), to the type of y")]
    [InlineData("x * 1 -> x")]
    [InlineData("x / 1 -> x")]
    [InlineData("x - 0 -> x")]
    [InlineData("x + 0 -> x, of whole numbers; -0 for floats")]
    [InlineData("x ^ 1 -> x")]
    [InlineData("not not x -> x")]
    [InlineData("neg neg x -> x")]
    [InlineData("relu(relu(x)) -> relu(x)")]
    [InlineData("abs(abs(x)) -> abs(x)")]
    [InlineData("transpose(x), axes as they are -> x")]
    [InlineData("transpose(transpose(x, p), q) -> transpose(x, p . q)")]
    [InlineData("reshape(x, s) -> x, when x has that shape")]
    [InlineData("expand(x, s) -> x, when x has that shape")]
    [InlineData("squeeze(x) -> x, when no size goes")]
    [InlineData("flatten(x) -> x, when x has two sizes")]
    [InlineData("slice(x) -> x, when all of it is taken")]
    [InlineData("reshape(reshape(x, s), t) -> reshape(x, t)")]
    [InlineData("min(x) -> x")]
    [InlineData("max(x) -> x")]
    [InlineData("sum(x) -> x")]
    [InlineData("mean(x) -> x")]
    [InlineData("concat(x) -> x")]
    public void A_law_holds(string law)
    {
        Rewrite rewrite = Assert.Single(Algebra.Laws, each => each.Law == law);
        NtirValue x = Body.AddParameter(NtirTypes.Float(2, 3));
        NtirValue y = Case(law, x);
        Assert.Equal(rewrite.Op, y.Producer!.Name);
        Body.AddResult(y);
        Assert.Empty(ShapeInference.Run(_module));
        Assert.True(Canonicalization.Run(_module) > 0);
        NtirValue after = Body.Results[0];
        if (law.EndsWith("-> x", StringComparison.Ordinal) || law.Contains("-> x,", StringComparison.Ordinal))
        {
            Assert.Same(_other ?? x, after);
        }
        else
        {
            DeadCode.Run(_module);
            string made = law.Split("-> ")[1].Split('(')[0];
            Assert.Equal(made, Assert.Single(Body.Ops, op => op.Name != NtirOp.ConstantName).Name);
            Assert.Same(x, after.Producer!.Operand(0));
        }
    }

    [Fact]
    public void There_is_a_case_for_every_law() => Assert.Equal(
        Algebra.Laws.Count,
        typeof(AlgebraTests).GetMethod(nameof(A_law_holds))!.GetCustomAttributesData()
            .Count(each => each.AttributeType == typeof(InlineDataAttribute)));

    private NtirValue Case(string law, NtirValue x)
    {
        switch (law.Split(' ')[0])
        {
            case "cast(x)": return Op("cast", [x], ("to", (long)ElementType.Float32));
            case "cast_like(x,": return Op("cast_like", [x, Ints(1)], ("saturate", 0L));
            case "not":
                _other = Body.AddParameter(new TensorType(ElementType.Bool, SymbolicShape.Of(2)));
                return Op("not", [Op("not", [_other])]);
            case "neg": return Op("neg", [Op("neg", [x])]);
            case "relu(relu(x))": return Op("relu", [Op("relu", [x])]);
            case "abs(abs(x))": return Op("abs", [Op("abs", [x])]);
            case "transpose(x),": return Op("transpose", [x], ("perm", new long[] { 0, 1 }));
            case "transpose(transpose(x,":
                return Op("transpose", [Op("transpose", [x], ("perm", new long[] { 1, 0 }))],
                    ("perm", new long[] { 1, 0 }));
            case "reshape(x,": return Op("reshape", [x, Ints(2, -1)]);
            case "expand(x,": return Op("expand", [x, Ints(1, 3)]);
            case "squeeze(x)": return Op("squeeze", [x]);
            case "flatten(x)": return Op("flatten", [x]);
            case "slice(x)": return Op("slice", [x, Ints(0, 0), Ints(9, 9)]);
            case "reshape(reshape(x,": return Op("reshape", [Op("reshape", [x, Ints(6)]), Ints(3, 2)]);
            case "concat(x)": return Op("concat", [x], ("axis", 0L));
            case "x":
                double number = law[4] == '1' ? 1 : law[2] == '+' ? -0.0 : 0;
                string name = law[2] switch { '*' => "mul", '/' => "div", '-' => "sub", '+' => "add", _ => "pow" };
                return Op(name, [x, Floats(number)]);
            default: return Op(law[..law.IndexOf('(', StringComparison.Ordinal)], [x]);
        }
    }

    [Fact]
    public void A_cast_to_a_type_that_is_known_keeps_its_rules_and_one_to_an_unknown_type_stays()
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(2));
        Stays(Op("cast_like", [x, Body.AddParameter(NtirType.Unknown)]));
        NtirValue small = Body.AddParameter(new TensorType(ElementType.Float8E4M3FN, null));
        Body.AddResult(Op("cast_like", [x, small], ("saturate", 0L)));
        Assert.True(Canonicalization.Run(_module) > 0);
        NtirOp cast = Body.Results[^1].Producer!;
        Assert.Equal("cast", cast.Name);
        Assert.Equal((long)ElementType.Float8E4M3FN, cast.Attributes.Int("to"));
        Assert.Equal(0, cast.Attributes.Int("saturate", 1));
    }

    [Fact]
    public void A_zero_with_the_wrong_sign_is_not_taken_away()
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(2));
        Stays(Op("add", [x, Floats(0.0)])); // -0 + 0 is 0
        Stays(Op("sub", [x, Floats(-0.0)]));
        NtirValue whole = Body.AddParameter(NtirTypes.Int(2));
        Body.AddResult(Op("add", [whole, Ints(0)]));
        Canonicalization.Run(_module);
        Assert.Same(whole, Body.Results[^1]);
    }

    [Fact]
    public void A_constant_that_widens_the_shape_is_not_taken_away()
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(3));
        NtirValue one = Body.Add(NtirOp.Constant(TensorValue.From<float>(ElementType.Float32, [1], 1, 1))).Result;
        Stays(Op("mul", [x, one]));
        Stays(Op("mul", [Body.AddParameter(new TensorType(ElementType.Float32, null)), Floats(1)]));
        Stays(Op("mul", [x, Floats(2)]));
        Stays(Op("mul", [Body.AddParameter(new TensorType(ElementType.Float16, SymbolicShape.Of(3))),
            Body.Add(NtirOp.Constant(TensorValue.From<Half>(ElementType.Float16, [(Half)1]))).Result]));
    }

    [Fact]
    public void What_only_looks_alike_stays()
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(2, 3));
        NtirValue open = Body.AddParameter(NtirTypes.Float(Dim.Unknown, 3));
        NtirValue train = Body.Add(NtirOp.Constant(TensorValue.From<byte>(ElementType.Bool, [1]))).Result;
        Stays(Op("dropout", [x, null, train]));
        Stays(Op("cast", [x], ("to", (long)ElementType.Float64)));
        Stays(Op("slice", [x, Ints(1), Ints(-9), Ints(0), Ints(-1)]));
        Stays(Op("slice", [x, Ints(0), Ints(9), Ints(0), Body.AddParameter(NtirTypes.Int(1))]));
        Stays(Op("transpose", [x]));
        Stays(Op("reshape", [Op("reshape", [x, Ints(3, 2)]), Ints(0, 1, 2)]));
        Stays(Op("reshape", [open, Ints(-1, 3)]));
        Stays(Op("concat", [x, x], ("axis", 0L)));
        Stays(Op("relu", [Op("abs", [x])]));
    }

    [Fact]
    public void Transposes_compose_in_the_right_order()
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(2, 3, 4));
        NtirValue y = Op("transpose", [Op("transpose", [x], ("perm", new long[] { 1, 2, 0 }))],
            ("perm", new long[] { 0, 2, 1 }));
        Body.AddResult(y);
        ShapeInference.Run(_module);
        Canonicalization.Run(_module);
        NtirOp after = Body.Results[0].Producer!;
        Assert.Equal([1, 0, 2], after.Attributes.Ints("perm")!);
        Assert.Same(x, after.Operand(0));
        ShapeInference.Run(_module);
        Assert.Equal(NtirTypes.Float(3, 2, 4), after.Result.Type);
    }

    [Fact]
    public void An_unused_operation_makes_no_new_ones()
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(2, 3));
        Op("transpose", [Op("transpose", [x])]);
        ShapeInference.Run(_module);
        int uses = x.Uses.Count;
        Canonicalization.Run(_module);
        Assert.Equal(uses, x.Uses.Count);
    }

    private void Stays(NtirValue value)
    {
        NtirValue user = Op("erf", [value]);
        Body.AddResult(user);
        ShapeInference.Run(_module);
        Canonicalization.Run(_module);
        Assert.Same(value, user.Producer!.Operand(0));
    }

    private NtirValue Ints(params long[] numbers) =>
        Body.Add(NtirOp.Constant(TensorValue.From<long>(ElementType.Int64, numbers, numbers.Length))).Result;

    private NtirValue Floats(double number) =>
        Body.Add(NtirOp.Constant(TensorValue.From<float>(ElementType.Float32, [(float)number], 1))).Result;

    private NtirValue Op(string name, NtirValue?[] operands, params (string, AttributeValue)[] attributes) =>
        Body.Add(new NtirOp(name, operands, [NtirType.Unknown], KernelAttributes.Of(attributes))).Result;
}
