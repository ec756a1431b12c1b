using Ahr.Ntir.Graph;
using Ahr.Ntir.Passes;
using Ahr.Ntir.Tests.Types;
using Ahr.Ntir.Text;
using Ahr.Ntir.Types;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Ntir.Tests.Passes;

public sealed class PassTests
{
    private readonly NtirModule _module = new();

    private NtirRegion Body => _module.Main.Body;

    [Fact]
    public void Dead_code_goes_with_what_it_alone_used()
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(2));
        NtirValue used = Op("relu", [x]);
        Op("abs", [Op("neg", [x])]);
        NtirOp branch = If(x, x);
        NtirOp inside = branch.Regions[0].Insert(0, new NtirOp("erf", [x], [x.Type]));
        Body.AddResult(used);
        Body.AddResult(branch.Result);
        _module.AddFunction("nobody calls it");
        Assert.Equal(4, DeadCode.Run(_module));
        Assert.Equal(["relu", "if"], Body.Ops.Select(op => op.Name));
        Assert.Null(inside.Region);
        Assert.Single(_module.Functions);
        Assert.Equal(0, DeadCode.Run(_module));
    }

    [Fact]
    public void Unknown_operations_are_never_dead()
    {
        Body.Add(new NtirOp("launch", [], []));
        Assert.Equal(0, DeadCode.Run(_module));
    }

    [Fact]
    public void Equal_operations_are_done_once_also_where_a_body_repeats_what_is_around_it()
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(2));
        NtirValue first = Op("relu", [x]), second = Op("relu", [x]);
        NtirOp branch = If(x, x);
        NtirOp inner = branch.Regions[0].Insert(0, new NtirOp("relu", [x], [x.Type]));
        branch.Regions[0].SetResult(0, inner.Result);
        Body.AddResult(second);
        Body.AddResult(branch.Result);
        Assert.Equal(2, SubexpressionElimination.Run(_module));
        Assert.Same(first, Body.Results[0]);
        Assert.Same(first, branch.Regions[0].Results[0]);
    }

    [Fact]
    public void What_two_branches_repeat_stays_in_both()
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(2));
        NtirOp branch = If(x, x);
        foreach (NtirRegion region in branch.Regions)
        {
            region.SetResult(0, region.Insert(0, new NtirOp("relu", [x], [x.Type])).Result);
        }

        Body.AddResult(branch.Result);
        Assert.Equal(0, SubexpressionElimination.Run(_module));
    }

    [Fact]
    public void What_differs_in_a_bit_is_not_equal()
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(2));
        (string, AttributeValue)[][] different =
        [
            [("alpha", 0.0)], [("alpha", -0.0)], [("alpha", 0L)], [("alpha", "0")],
            [("alpha", new long[] { 0 })], [("alpha", new[] { 0.0 })], [("alpha", new[] { -0.0 })],
            [("alpha", AttributeValue.FromTexts(["0"u8.ToArray()]))],
            [("alpha", AttributeValue.FromTexts(["0"u8.ToArray(), []]))],
            [("alpha", TensorValue.Allocate(ElementType.Int8, 0))],
            [("alpha", TensorValue.Allocate(ElementType.UInt8, 0))],
            [("alpha", AttributeValue.FromTensors([TensorValue.Allocate(ElementType.Int8, 0)]))],
            [("alpha", TensorValue.FromStrings(["a"u8.ToArray()], 1))],
            [("alpha", TensorValue.FromStrings(["b"u8.ToArray()], 1))],
            [("beta", 0.0)], [],
        ];
        foreach ((string, AttributeValue)[] attributes in different)
        {
            Body.AddResult(Op("leaky_relu", [x], attributes));
        }

        Assert.Equal(0, SubexpressionElimination.Run(_module));
        foreach ((string, AttributeValue)[] attributes in different)
        {
            Body.AddResult(Op("leaky_relu", [x], attributes));
        }

        Assert.Equal(different.Length, SubexpressionElimination.Run(_module));
    }

    [Fact]
    public void Large_constants_are_equal_when_they_lie_in_one_place()
    {
        TensorValue large = TensorValue.Allocate(ElementType.UInt8, SubexpressionElimination.LargestConstant + 1);
        large.Bytes().Clear();
        TensorValue copy = TensorValue.Allocate(ElementType.UInt8, SubexpressionElimination.LargestConstant + 1);
        copy.Bytes().Clear();
        foreach (TensorValue each in (TensorValue[])[large, (TensorValue)large.Share(), copy])
        {
            Body.AddResult(Body.Add(NtirOp.Constant(each)).Result);
        }

        Assert.Equal(1, SubexpressionElimination.Run(_module));
        Assert.Same(Body.Results[0], Body.Results[1]);
    }

    [Fact]
    public void Random_numbers_are_drawn_as_often_as_asked()
    {
        Body.AddResult(Op("random_normal", [], ("shape", new long[] { 2 })));
        Body.AddResult(Op("random_normal", [], ("shape", new long[] { 2 })));
        Assert.Equal(0, SubexpressionElimination.Run(_module));
        Assert.Equal(0, new ConstantFolding(new Sums()).Run(_module));
    }

    [Fact]
    public void Constants_are_folded_by_the_evaluator_given()
    {
        Body.AddResult(Op("add", [Number(2), Op("add", [Number(3), Number(4)])]));
        Body.Results[0].Name = "total";
        Assert.Equal(2, new ConstantFolding(new Sums()).Run(_module));
        Assert.True(Body.Results[0].TryGetConstant(out TensorValue? sum));
        Assert.Equal(9, sum.Span<long>()[0]);
        Assert.Equal("total", Body.Results[0].Name);
    }

    [Fact]
    public void Folding_has_a_bound_for_all_that_it_makes()
    {
        Growing evaluator = new();
        ConstantFolding folding = new(evaluator);
        for (int i = 0; i < 1000; i++)
        {
            Body.AddResult(Op("constant_of_shape", [Number(i)]));
        }

        Assert.Equal(ConstantFolding.MostGrowth / ConstantFolding.MostBytes, folding.Run(_module));
        Assert.Equal(0, evaluator.Least); // nothing more is granted in the end, also in later rounds
        Assert.Equal(0, folding.Run(_module));
    }

    [Fact]
    public void One_form_for_equal_things()
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(2));
        NtirValue clip = Op("clip", [x, null, null]);
        NtirValue leaky = Op("leaky_relu", [x], ("alpha", 0.01));
        NtirValue two = Body.Add(NtirOp.Constant(TensorValue.From<float>(ElementType.Float32, [2]))).Result;
        NtirValue product = Op("mul", [two, x]);
        new List<NtirValue> { clip, leaky, product }.ForEach(Body.AddResult);
        Assert.Equal(4, Canonicalization.Run(_module));
        Assert.Single(clip.Producer!.Operands);
        Assert.Equal(0, leaky.Producer!.Attributes.Count);
        Assert.Same(x, product.Producer!.Operand(0));
        Assert.Equal(0, Canonicalization.Run(_module));
    }

    [Fact]
    public void Operands_of_calls_and_fallbacks_keep_their_places()
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(2));
        NtirOp call = Body.Add(new NtirOp("call", [x, null], [x.Type], KernelAttributes.Of(("callee", "f"))));
        Body.AddResult(call.Result);
        Canonicalization.Run(_module);
        Assert.Equal(2, call.Operands.Count);
    }

    [Theory]
    [InlineData(true, "relu")]
    [InlineData(false, "abs")]
    public void A_known_condition_leaves_one_branch(bool condition, string kept)
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(2));
        TensorValue flag = TensorValue.From<byte>(ElementType.Bool, [condition ? (byte)1 : (byte)0]);
        NtirOp branch = Body.Add(new NtirOp(
            "if", [Body.Add(NtirOp.Constant(flag)).Result], [NtirType.Unknown, NtirType.Unknown]));
        foreach (string name in (string[])["relu", "abs"])
        {
            NtirRegion region = branch.AddRegion();
            region.AddResult(region.Add(new NtirOp(name, [x], [x.Type])).Result);
            region.AddResult(x);
        }

        Body.AddResult(branch.Results[0]);
        Body.AddResult(branch.Results[1]);
        Canonicalization.Run(_module);
        DeadCode.Run(_module);
        Assert.Equal([kept], Body.Ops.Select(op => op.Name));
        Assert.Same(x, Body.Results[1]);
    }

    [Fact]
    public void A_condition_that_is_no_flag_is_left_alone()
    {
        NtirOp branch = Body.Add(new NtirOp("if", [Number(1)], []));
        branch.AddRegion();
        branch.AddRegion();
        Assert.Equal(0, Canonicalization.Run(_module));
    }

    [Fact]
    public void Calls_become_what_they_call_with_the_path_of_both()
    {
        NtirFunction f = _module.AddFunction("f");
        NtirValue p = f.Body.AddParameter(NtirTypes.Scalar), q = f.Body.AddParameter(NtirTypes.Scalar);
        f.Body.AddResult(f.Body.Add(new NtirOp("clip", [p, q], [p.Type], null, new SourceLocation("inner"))).Result);
        NtirValue x = Body.AddParameter(NtirTypes.Scalar);
        NtirOp call = Body.Add(new NtirOp(
            "call", [x, null], [x.Type], KernelAttributes.Of(("callee", "f")), new SourceLocation("outer")));
        call.Result.Name = "y";
        Body.AddResult(call.Result);
        Assert.Equal(1, Inlining.Run(_module));
        NtirOp clip = Assert.Single(Body.Ops);
        Assert.Equal(("clip", "outer/inner", "y"), (clip.Name, clip.Location.Path, clip.Result.Name));
        Assert.Equal([x, null], clip.Operands);
        Assert.Single(_module.Functions);
    }

    [Fact]
    public void Functions_that_call_twice_do_not_grow_without_end()
    {
        for (int i = 0; i < 60; i++)
        {
            NtirFunction function = _module.AddFunction($"f{i}");
            NtirOp loop = function.Body.Add(new NtirOp("if", [function.Body.AddParameter(NtirTypes.Flag)], []));
            loop.AddRegion();
            NtirRegion inner = loop.AddRegion();
            for (int twice = 0; twice < 2 && i < 59; twice++)
            {
                inner.Add(new NtirOp("call", [function.Body.Parameters[0]], [],
                    KernelAttributes.Of(("callee", $"f{i + 1}")), new SourceLocation("c")));
            }
        }

        Body.Add(new NtirOp("call", [Body.AddParameter(NtirTypes.Flag)], [], KernelAttributes.Of(("callee", "f0"))));
        Diagnostic fault = Assert.Single(NtirOptimizer.Run(_module, null));
        Assert.Equal(NtirFault.TooLarge, fault.Fault);
        Assert.InRange(Body.AllOps().Count(), Inlining.MostOps / 4, Inlining.MostOps);
    }

    [Fact]
    public void A_product_and_what_is_done_to_each_element_behind_it_are_one_group()
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(2, 2));
        NtirValue product = Op("matmul", [x, x]);
        NtirValue biased = Op("add", [product, x]);
        NtirValue active = Op("relu", [biased]);
        NtirValue twice = Op("add", [active, active]);
        Body.AddResult(twice);
        Body.AddResult(Op("transpose", [x]));
        Assert.Equal(1, FusionMarks.Run(_module));
        Assert.Equal([0, 0, 0, null, null], Body.Ops.Select(op => op.FusionGroup));
        Assert.Equal(1, FusionMarks.Run(_module));
    }

    [Fact]
    public void A_group_hides_nothing_that_another_reads_and_has_an_end()
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(2, 2));
        NtirValue seen = Op("relu", [x]);
        Body.AddResult(Op("exp", [seen]));
        Body.AddResult(seen);
        Assert.Equal(0, FusionMarks.Run(_module));
        NtirValue y = x;
        for (int i = 0; i < FusionMarks.LongestChain + 3; i++)
        {
            y = Op("exp", [y]);
        }

        Body.AddResult(y);
        Assert.Equal(2, FusionMarks.Run(_module));
        Assert.Equal(FusionMarks.LongestChain, Body.Ops.Count(op => op.FusionGroup == 0));
    }

    [Fact]
    public void The_optimizer_keeps_the_names_of_outputs()
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(2), "x");
        NtirValue y = Op("identity", [x]);
        y.Name = "y";
        Body.AddResult(y);
        Body.AddResult(Op("identity", [x]));
        NtirModule copy = RegionCopy.Copy(_module);
        Assert.Empty(NtirOptimizer.Run(_module, new Sums()));
        Assert.Equal(["y", "output1"], _module.OutputNames);
        Assert.Same(x, _module.Main.Body.Results[0]);
        Assert.Equal("identity", copy.Main.Body.Results[0].Producer!.Name); // a copy is one's own
    }

    [Fact]
    public void A_copy_prints_the_same() => Gen.Int[0, 1_000_000].Sample(seed =>
    {
        NtirModule module = RandomModules.Make(seed);
        Assert.Equal(NtirPrinter.Print(module), NtirPrinter.Print(RegionCopy.Copy(module)));
    }, iter: 100);

    private NtirOp If(NtirValue then, NtirValue otherwise)
    {
        NtirOp branch = new("if", [Body.AddParameter(NtirTypes.Flag)], [then.Type]);
        branch.AddRegion().AddResult(then);
        branch.AddRegion().AddResult(otherwise);
        return Body.Add(branch);
    }

    private NtirValue Number(long value) =>
        Body.Add(NtirOp.Constant(TensorValue.From<long>(ElementType.Int64, [value]))).Result;

    private NtirValue Op(string name, NtirValue?[] operands, params (string, AttributeValue)[] attributes) =>
        Body.Add(new NtirOp(name, operands, [NtirType.Unknown], KernelAttributes.Of(attributes))).Result;

    /// <summary>Adds whole numbers, and can do nothing else.</summary>
    private sealed class Sums : IConstantEvaluator
    {
        public IReadOnlyList<TensorValue>? TryEvaluate(
            NtirOp op, IReadOnlyList<TensorValue?> operands, long maxBytes) =>
            op.Name == "add"
                ? [TensorValue.From<long>(ElementType.Int64, [operands.Sum(each => each!.Span<long>()[0])])]
                : null;
    }

    /// <summary>Takes all that it may.</summary>
    private sealed class Growing : IConstantEvaluator
    {
        private readonly TensorValue _result = TensorValue.Allocate(ElementType.UInt8, ConstantFolding.MostBytes);

        public long Least { get; private set; } = long.MaxValue;

        public IReadOnlyList<TensorValue>? TryEvaluate(NtirOp op, IReadOnlyList<TensorValue?> operands, long maxBytes)
        {
            Least = Math.Min(Least, maxBytes / ConstantFolding.MostBytes);
            return maxBytes < ConstantFolding.MostBytes ? null : [_result];
        }
    }
}
