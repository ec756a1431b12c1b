using Ahr.Ntir.Graph;
using Ahr.Ntir.Ops;
using Ahr.Ntir.Tests.Types;
using Ahr.Ntir.Types;
using Ahr.Ntir.Verification;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Ntir.Tests.Verification;

public sealed class VerifierTests
{
    private readonly NtirModule _module = new();

    private NtirRegion Body => _module.Main.Body;

    [Fact]
    public void A_legal_module_has_no_fault()
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(2));
        NtirValue flag = Body.AddParameter(NtirTypes.Flag);
        NtirOp branch = Add("if", [flag], 1);
        branch.AddRegion().AddResult(x);
        NtirRegion otherwise = branch.AddRegion();
        otherwise.AddResult(otherwise.Add(Op("relu", [x], 1)).Result);
        NtirFunction twice = _module.AddFunction("twice");
        NtirValue p = twice.Body.AddParameter(NtirTypes.Float(2));
        twice.Body.AddResult(twice.Body.Add(Op("add", [p, p], 1)).Result);
        Body.AddResult(Add("call", [branch.Result], 1, ("callee", "twice")).Result);
        Body.AddResult(Add("clip", [x, null, null], 1).Result);
        Body.AddResult(Body.Add(NtirOp.Constant(TensorValue.Allocate(ElementType.Int8, 3))).Result);
        Assert.Empty(Verifier.Check(_module));
    }

    [Fact]
    public void An_unknown_operation_is_named_with_its_place()
    {
        Body.Add(new NtirOp("frobnicate", [], [], null, new SourceLocation("encoder/Frob_1")));
        Expect(NtirFault.UnknownOperation, "there is no operation frobnicate");
        Assert.Equal("NTIR104 at encoder/Frob_1: there is no operation frobnicate",
            Verifier.Check(_module)[0].ToString());
    }

    [Theory]
    [InlineData("add", 1, 1, "add has 1 operands, not 2")]
    [InlineData("add", 3, 1, "add has 3 operands, not 2")]
    [InlineData("add", 2, 2, "add has 2 results, not 1")]
    [InlineData("clip", 5, 1, "clip has 5 operands, it takes 1 to 3")]
    [InlineData("sequence_map", 0, 1, "sequence_map has 0 operands, at least 1")]
    public void Operands_and_results_are_counted(string name, int operands, int results, string detail)
    {
        NtirValue x = Body.AddParameter(NtirTypes.Scalar);
        Body.Add(new NtirOp(name, Enumerable.Repeat(x, operands), Enumerable.Repeat<NtirType>(x.Type, results)));
        Expect(NtirFault.WrongCount, detail);
    }

    [Fact]
    public void An_operand_that_must_be_given_is_missed()
    {
        Add("add", [Body.AddParameter(NtirTypes.Scalar), null], 1);
        Expect(NtirFault.WrongCount, "operand 1 of add is missing");
    }

    [Theory]
    [InlineData("loop", 3)]
    [InlineData("scan", 1)]
    [InlineData("sequence_map", 2)]
    [InlineData("concat", 2)]
    public void What_stands_for_many_must_be_given_each(string name, int operands)
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(3));
        NtirValue?[] given = [.. Enumerable.Repeat(x, operands - 1), null];
        NtirOp op = Body.Add(new NtirOp(name, given, [], name == "scan"
            ? KernelAttributes.Of(("num_scan_inputs", 1L)) : null));
        if (name != "concat")
        {
            NtirRegion body = op.AddRegion();
            for (int i = 0; i < operands; i++)
            {
                body.AddParameter(NtirTypes.Scalar);
            }
        }

        Assert.Contains(Verifier.Check(_module), fault =>
            fault.Fault == NtirFault.WrongCount && fault.Detail == $"operand {operands - 1} of {name} is missing");
    }

    [Fact]
    public void Attributes_are_known_of_their_kind_and_there()
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(2));
        Add("relu", [x], 1, ("slope", 1L));
        Add("flatten", [x], 1, ("axis", 1.0));
        Add("concat", [x], 1);
        string[] details = [.. Verifier.Check(_module).Select(fault => fault.Detail)];
        Assert.Equal(
            ["relu has no attribute slope", "attribute axis of flatten is Float, not Int",
                "concat needs attribute axis"], details);
        Assert.All(Verifier.Check(_module), fault => Assert.Equal(NtirFault.WrongAttribute, fault.Fault));
    }

    [Fact]
    public void Attributes_of_a_wrong_kind_do_not_stop_the_verifier()
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(2));
        Add("scan", [x], 0, ("num_scan_inputs", "one")).AddRegion();
        Add("call", [], 0, ("callee", 5L));
        Add("constant", [], 1, ("value", 1.0));
        Assert.Equal(3, Verifier.Check(_module).Count(fault => fault.Fault == NtirFault.WrongAttribute));
    }

    [Fact]
    public void Values_are_made_before_they_are_used()
    {
        NtirOp late = Op("relu", [Body.AddParameter(NtirTypes.Scalar)], 1);
        Add("relu", [late.Result], 1);
        Body.Add(late);
        Expect(NtirFault.NotDominated, "operand 0 of relu is not made before it or around it");
    }

    [Fact]
    public void Values_of_a_body_end_with_it()
    {
        NtirOp branch = Add("if", [Body.AddParameter(NtirTypes.Flag)], 0);
        NtirValue inner = branch.AddRegion().Add(NtirOp.Constant(TensorValue.Allocate(ElementType.Int8))).Result;
        branch.AddRegion();
        Add("relu", [inner], 1);
        Body.AddResult(inner);
        Assert.Equal(
            ["operand 0 of relu is not made before it or around it",
                "result 0 is not made in this region or around it"],
            Verifier.Check(_module).Select(fault => fault.Detail));
    }

    [Fact]
    public void Regions_are_counted()
    {
        Add("if", [Body.AddParameter(NtirTypes.Flag)], 0).AddRegion();
        Expect(NtirFault.WrongRegion, "if has 1 regions, not 2");
    }

    [Theory]
    [InlineData("if", 1, 0, 1, 0, "body 0 of if has 1 parameters, not 0")]
    [InlineData("if", 1, 1, 0, 0, "body 0 of if has 0 results, not 1")]
    [InlineData("loop", 1, 0, 0, 0, "a loop has a trip count and a condition, which may be absent")]
    [InlineData("loop", 3, 0, 3, 2, "a loop that carries 1 values has 0 results")]
    [InlineData("loop", 3, 1, 2, 2, "body 0 of loop has 2 parameters, not 3")]
    [InlineData("loop", 3, 1, 3, 1, "body 0 of loop has 1 results, not 2")]
    [InlineData("scan", 1, 1, 1, 0, "body 0 of scan has 0 results, not 1")]
    [InlineData("scan", 0, 0, 0, 0, "num_scan_inputs is 1 with 0 operands")]
    [InlineData("scan", 2, 0, 2, 0, "a scan with 1 states has 0 results")]
    [InlineData("sequence_map", 2, 1, 1, 1, "body 0 of sequence_map has 1 parameters, not 2")]
    public void Bodies_fit_their_operation(
        string name, int operands, int results, int parameters, int given, string detail)
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(2));
        NtirOp op = Body.Add(new NtirOp(
            name, Enumerable.Repeat(x, operands), Enumerable.Repeat<NtirType>(x.Type, results), name == "scan"
                ? KernelAttributes.Of(("num_scan_inputs", 1L)) : null));
        for (int region = OpTable.Find(name)!.Regions; region > 0; region--)
        {
            NtirRegion body = op.AddRegion();
            for (int i = 0; i < parameters; i++)
            {
                body.AddParameter(NtirTypes.Scalar);
            }

            for (int i = 0; i < given; i++)
            {
                body.AddResult(x);
            }
        }

        Assert.Contains(Verifier.Check(_module), fault =>
            fault.Fault == NtirFault.WrongRegion && fault.Detail.Contains(detail, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("scan_input_axes")]
    [InlineData("scan_input_directions")]
    [InlineData("scan_output_axes")]
    [InlineData("scan_output_directions")]
    public void Lists_of_a_scan_have_an_entry_each(string list)
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(2));
        NtirOp scan = Add("scan", [x], 1, ("num_scan_inputs", 1L), (list, new long[] { 0, 0 }));
        NtirRegion body = scan.AddRegion();
        body.AddResult(body.AddParameter(NtirTypes.Scalar));
        Expect(NtirFault.WrongRegion, $"{list} has 2 entries, not 1");
    }

    [Fact]
    public void A_constant_is_of_its_own_type()
    {
        Body.Add(new NtirOp("constant", [], [NtirTypes.Float(3)],
            KernelAttributes.Of(("value", TensorValue.Allocate(ElementType.Float32, 2)))));
        Expect(NtirFault.TypeMismatch, "the constant is tensor<2xf32>, its result tensor<3xf32>");
    }

    [Fact]
    public void Two_functions_of_one_name_are_refused()
    {
        _module.AddFunction("f");
        _module.AddFunction("f");
        Expect(NtirFault.WrongCall, "the module has two functions of this name");
    }

    [Fact]
    public void Calls_fit_what_they_call()
    {
        _module.AddFunction("f").Body.AddParameter(NtirTypes.Scalar);
        Add("call", [], 0, ("callee", "g"));
        Add("call", [], 1, ("callee", "f"));
        Assert.Equal(
            ["there is no function g", "function f takes 1 operands and gives 0 results, the call has 0 and 1"],
            Verifier.Check(_module).Select(fault => fault.Detail));
    }

    [Fact]
    public void A_call_leaves_out_only_what_the_function_can_do_without()
    {
        NtirFunction f = _module.AddFunction("f"), g = _module.AddFunction("g");
        NtirValue[] inF = [.. Enumerable.Range(0, 4).Select(_ => f.Body.AddParameter(NtirTypes.Scalar))];
        f.Body.Add(Op("clip", [inF[0], inF[1]], 1)); // the bound may be absent
        f.Body.AddResult(inF[2]);
        NtirValue[] inG = [.. Enumerable.Range(0, 4).Select(_ => g.Body.AddParameter(NtirTypes.Scalar))];
        g.Body.Add(Op("call", inG, 1, ("callee", "f")));
        Add("call", [null, null, null, null], 0, ("callee", "g"));
        Assert.Equal(
            ["operand 0 is missing, and function g needs it", "operand 2 is missing, and function g needs it"],
            Verifier.Check(_module).Select(fault => fault.Detail));
    }

    [Fact]
    public void Calls_that_never_end_are_refused()
    {
        NtirFunction f = _module.AddFunction("f"), g = _module.AddFunction("g");
        f.Body.Add(new NtirOp("call", [], [], KernelAttributes.Of(("callee", "g"))));
        g.Body.Add(new NtirOp("call", [], [], KernelAttributes.Of(("callee", "f"))));
        Expect(NtirFault.WrongCall, "function f calls itself: f, g");
    }

    // By the short ways first, so that each function alone looks shallow.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Calls_that_nest_without_measure_are_refused(bool isLastFirst)
    {
        const int Count = 20_000;
        for (int i = 0; i < Count; i++)
        {
            NtirFunction function = _module.AddFunction($"f{i}");
            if (i < Count - 1)
            {
                function.Body.Add(new NtirOp("call", [], [], KernelAttributes.Of(("callee", $"f{i + 1}"))));
            }
        }

        for (int i = 0; i < Count; i++)
        {
            Add("call", [], 0, ("callee", $"f{(isLastFirst ? Count - 1 - i : i)}"));
        }

        Expect(NtirFault.TooLarge, $"calls nest deeper than {Verifier.DeepestNesting}");
    }

    [Fact]
    public void Regions_that_nest_without_measure_are_refused()
    {
        NtirValue flag = Body.AddParameter(NtirTypes.Flag);
        NtirRegion region = Body;
        for (int i = 0; i < 70; i++)
        {
            NtirOp branch = region.Add(Op("if", [flag], 0));
            region = branch.AddRegion();
            branch.AddRegion();
        }

        Expect(NtirFault.TooLarge, $"regions nest deeper than {Verifier.DeepestNesting}");
    }

    [Fact]
    public void Faults_are_listed_to_a_bound()
    {
        for (int i = 0; i < 300; i++)
        {
            Add("nothing", [], 0);
        }

        Assert.Equal(Verifier.MostDiagnostics, Verifier.Check(_module).Count);
    }

    private void Expect(NtirFault fault, string detail)
    {
        Diagnostic first = Verifier.Check(_module)[0];
        Assert.Equal((fault, detail), (first.Fault, first.Detail));
    }

    private NtirOp Add(string name, NtirValue?[] operands, int results, params (string, AttributeValue)[] attributes) =>
        Body.Add(Op(name, operands, results, attributes));

    private static NtirOp Op(
        string name, NtirValue?[] operands, int results, params (string, AttributeValue)[] attributes) => new(
        name, operands, Enumerable.Repeat(NtirType.Unknown, results), KernelAttributes.Of(attributes));
}
