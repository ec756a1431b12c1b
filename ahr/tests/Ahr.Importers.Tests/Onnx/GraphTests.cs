using Ahr.Importers.Onnx.Proto;
using Ahr.Ntir;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Types;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Importers.Tests.Onnx;

public sealed class GraphTests
{
    [Fact]
    public void Inputs_keep_their_names_types_and_symbols()
    {
        GraphProto graph = Build.Graph("x", "y", Build.Node("Relu", "x", "y"));
        graph.Input[0] = Build.Value("x", ElementType.Float16, "batch", 3, -1, "");
        NtirModule module = Build.Module(Build.Model(17, graph));
        NtirValue input = Assert.Single(module.Main.Body.Parameters);
        Assert.Equal("x", input.Name);
        Assert.Equal(
            new TensorType(ElementType.Float16,
                new SymbolicShape([Dim.Symbol("batch"), 3, Dim.Unknown, Dim.Unknown])), input.Type);
        Assert.Equal("y", Assert.Single(module.Main.Body.Results).Name);
        Assert.Equal(new TensorType(ElementType.Float32, null), module.Main.Body.Results[0].Type);
    }

    [Fact]
    public void Sequences_optionals_and_maps_are_types_too()
    {
        GraphProto graph = Build.Graph("x,s,o,m", "x");
        TypeProto tensor = graph.Input[0].Type;
        graph.Input[1].Type = new() { SequenceType = new() { ElemType = tensor } };
        graph.Input[2].Type = new() { OptionalType = new() { ElemType = graph.Input[1].Type } };
        graph.Input[3].Type = new() { MapType = new() { KeyType = 7, ValueType = tensor } };
        NtirType element = new TensorType(ElementType.Float32, null);
        Assert.Equal(
            [element, new SequenceType(element), new OptionalType(new SequenceType(element)),
                new MapType(ElementType.Int64, element)],
            Build.Module(Build.Model(17, graph)).Main.Body.Parameters.Select(value => value.Type));
        graph.Input[3].Type = new() { OpaqueType = new() };
        Assert.Contains("opaque", Build.Fault(Build.Model(17, graph)).Detail);
        graph.Input[3].Type = new() { SparseTensorType = new() };
        Assert.Contains("sparse", Build.Fault(Build.Model(17, graph)).Detail);
    }

    [Fact]
    public void An_initialiser_is_a_constant_even_when_it_is_an_input_too()
    {
        GraphProto graph = Build.Graph("x,w", "y", Build.Node("Add", "x,w", "y"));
        graph.Initializer.Add(Build.Tensor("w", ElementType.Bool, [2], 1, 0));
        NtirModule module = Build.Module(Build.Model(7, graph));
        Assert.Single(module.Main.Body.Parameters);
        Assert.Equal("add(x, [true, false])", Formula.Of(module));
    }

    [Fact]
    public void Sparse_initialisers_become_dense()
    {
        GraphProto graph = Build.Graph("", "w,v");
        graph.SparseInitializer.Add(new SparseTensorProto
        {
            Values = Build.Tensor("w", ElementType.Bool, [2], 1, 1),
            Indices = Build.Tensor("", ElementType.Int64, [2], [1, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0]),
            Dims = { 2, 3 },
        });
        graph.SparseInitializer.Add(new SparseTensorProto
        {
            Values = Build.Tensor("v", ElementType.Bool, [1], 1),
            Indices = Build.Tensor("", ElementType.Int64, [1, 2], [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]),
            Dims = { 2, 3 },
        });
        Assert.Equal("[2, 3][false, true, false, false, true, false]; [2, 3][false, false, false, false, false, true]",
            Formula.Of(Build.Module(Build.Model(17, graph))));
        graph.SparseInitializer[1].Dims[1] = 2;
        Assert.Contains("outside its shape", Build.Fault(Build.Model(17, graph)).Detail);
        graph.SparseInitializer[1].Indices.Dims[0] = 2;
        graph.SparseInitializer[1].Indices.Dims[1] = 1;
        Assert.Contains("do not fit", Build.Fault(Build.Model(17, graph)).Detail);
    }

    [Fact]
    public void Nodes_may_stand_in_any_order() => Assert.Equal("relu(neg(abs(x)))", Formula.Of(Build.Module(
        Build.Model(17, Build.Graph("x", "y", Build.Node("Relu", "b", "y"), Build.Node("Neg", "a", "b"),
            Build.Node("Abs", "x", "a"))))));

    [Fact]
    public void Absent_operands_and_results_are_left_out()
    {
        GraphProto graph = Build.Graph("x,w,h", "y", Build.Node("GRU", "x,w,,,h,", ",y,"));
        Assert.Equal("gru(x, w, _, _, h)#1", Formula.Of(Build.Module(Build.Model(17, graph))));
    }

    public static TheoryData<string, object, string> Constants => new()
    {
        { "value", TensorValue.From<long>(ElementType.Int64, [1, 2], 2), "[1, 2]" },
        { "value_float", 1.5f, "1.5" },
        { "value_floats", new[] { 1.5f, 2f }, "[1.5, 2]" },
        { "value_int", 3, "3" },
        { "value_ints", new long[] { 3, 4 }, "[3, 4]" },
        { "value_string", "a", "a" },
        { "value_strings", new[] { "a", "b" }, "[a, b]" },
    };

    [Theory]
    [MemberData(nameof(Constants))]
    public void Constants_have_many_forms(string name, object value, string expected)
    {
        GraphProto graph = Build.Graph("", "y", Build.Node("Constant", "", "y", (name, value)));
        Assert.Equal(expected, Formula.Of(Build.Module(Build.Model(13, graph))));
    }

    [Fact]
    public void A_constant_without_one_value_is_refused()
    {
        GraphProto graph = Build.Graph("", "y", Build.Node("Constant", "", "y"));
        Assert.Contains("exactly one", Build.Fault(Build.Model(13, graph)).Detail);
        graph.Node[0].Attribute.Add(Build.Attribute("axis", 1));
        Assert.Contains("axis is no value", Build.Fault(Build.Model(13, graph)).Detail);
    }

    [Fact]
    public void Branches_see_the_values_around_them()
    {
        GraphProto then = Build.Graph("", "t", Build.Node("Neg", "a", "t"));
        GraphProto otherwise = Build.Graph("", "x");
        GraphProto graph = Build.Graph("c,x", "y",
            Build.Node("If", "c", "y", ("then_branch", then), ("else_branch", otherwise)),
            Build.Node("Abs", "x", "a"));
        Assert.Equal("if(c) {() -> neg(abs(x))} {() -> x}", Formula.Of(Build.Module(Build.Model(17, graph))));
    }

    [Fact]
    public void Loops_and_scans_have_bodies_with_parameters()
    {
        GraphProto body = Build.Graph("i,c,v", "c,w,s", Build.Node("Add", "v,i", "w"), Build.Node("Abs", "v", "s"));
        GraphProto loop = Build.Graph("n,x", "y,z", Build.Node("Loop", "n,,x", "y,z", ("body", body)));
        Assert.Equal("loop(n, _, x) {(i, c, v) -> c; add(v, i); abs(v)}#0; " +
            "loop(n, _, x) {(i, c, v) -> c; add(v, i); abs(v)}#1", Formula.Of(Build.Module(Build.Model(17, loop))));
        GraphProto step = Build.Graph("h,v", "w,u", Build.Node("Add", "h,v", "w"), Build.Node("Abs", "v", "u"));
        GraphProto scan = Build.Graph("h0,x", "h1,z",
            Build.Node("Scan", "h0,x", "h1,z", ("body", step), ("num_scan_inputs", 1)));
        Assert.StartsWith("scan(h0, x){num_scan_inputs=1} {(h, v) -> add(h, v); abs(v)}#0",
            Formula.Of(Build.Module(Build.Model(17, scan))));
        Assert.Equal("sequence_map(x, h0) {(h, v) -> add(h, v); abs(v)}#0", Formula.Of(Build.Module(Build.Model(17,
            Build.Graph("x,h0", "y", Build.Node("SequenceMap", "x,h0", "y", ("body", step)))))));
    }

    [Fact]
    public void The_first_scan_runs_inside_a_scan_over_the_batch()
    {
        GraphProto step = Build.Graph("h,v", "w,u", Build.Node("Add", "h,v", "w"), Build.Node("Abs", "v", "u"));
        GraphProto scan = Build.Graph("l,h0,x", "h1,z", Build.Node(
            "Scan", ",h0,x", "h1,z", ("body", step), ("num_scan_inputs", 1), ("directions", new long[] { 1 })));
        Assert.StartsWith("scan(h0, x){num_scan_inputs=2} {(arg0, arg1) -> scan(arg0, arg1)" +
            "{num_scan_inputs=1, scan_input_directions=[1]} {(h, v) -> add(h, v); abs(v)}#0; ",
            Formula.Of(Build.Module(Build.Model(8, scan))));
        scan.Node[0].Input[0] = "l";
        Assert.Contains("sequence lengths", Build.Fault(Build.Model(8, scan)).Detail);
        scan.Node[0].Input[0] = "";
        scan.Node[0].Attribute[1].I = 3;
        Assert.Contains("3 of 2 operands", Build.Fault(Build.Model(8, scan)).Detail);
    }

    [Fact]
    public void A_body_with_other_inputs_or_outputs_is_refused()
    {
        GraphProto body = Build.Graph("i,c", "c", Build.Node("Abs", "i", "v"));
        GraphProto graph = Build.Graph("n,x", "y", Build.Node("Loop", "n,,x", "y", ("body", body)));
        Assert.Equal(NtirFault.WrongCount, Build.Fault(Build.Model(17, graph)).Fault);
        body.Output.Add(Build.Value("v"));
        Assert.Equal("NTIR107 at Loop(y): its body has 2 inputs and 2 outputs, 3 and 2 are needed",
            Build.Fault(Build.Model(17, graph)).ToString());
        body.Output.Clear();
        Assert.Contains("condition is missing", Build.Fault(Build.Model(17, graph)).Detail);
        graph.Node[0].Attribute.Clear();
        Assert.Contains("attribute body is missing", Build.Fault(Build.Model(17, graph)).Detail);
    }

    [Fact]
    public void An_optional_has_its_type_from_the_attribute()
    {
        GraphProto graph = Build.Graph("", "y", Build.Node("Optional", "", "y"));
        graph.Node[0].Attribute.Add(new AttributeProto { Name = "type", Type = 13, Tp = Build.Value("t").Type });
        Assert.Equal(new OptionalType(new TensorType(ElementType.Float32, null)),
            Build.Module(Build.Model(15, graph)).Main.Body.Results[0].Type);
    }

    [Fact]
    public void What_the_model_says_of_itself_is_kept()
    {
        ModelProto model = Build.Model(17, Build.Graph("x", "x"));
        model.DocString = "a model";
        model.MetadataProps.Add(new StringStringEntryProto { Key = "licence", Value = "MIT" });
        NtirModule module = Build.Module(model);
        Assert.Equal(["description=a model", "graph=g", "licence=MIT", "producer=tests"],
            module.Metadata.Select(entry => $"{entry.Key}={entry.Value}"));
    }

    [Fact]
    public void The_report_counts_operators_in_the_version_in_which_they_changed()
    {
        ImportResult result = Build.Import(Build.Model(17, Build.Graph(
            "x", "y", Build.Node("Abs", "x", "a"), Build.Node("Abs", "a", "b"), Build.Node("Celu", "b", "y"))));
        Assert.Equal(["ai.onnx.Abs version 13 2", "ai.onnx.Celu version 12 1"],
            result.Report.Operators.Select(entry => $"{entry.Key} {entry.Value}"));
        Assert.Equal(17, result.Report.OperatorSets["ai.onnx"]);
    }

    [Fact]
    public void Attributes_of_the_first_files_have_no_kind()
    {
        GraphProto graph = Build.Graph("x", "y", Build.Node("Softmax", "x", "y", ("axis", -1)));
        graph.Node[0].Attribute[0].ClearType();
        Assert.Equal("softmax(x){axis=-1}", Formula.Of(Build.Module(Build.Model(1, graph))));
    }

    [Fact]
    public void Operations_know_where_they_come_from()
    {
        GraphProto then = Build.Graph("", "t", Build.Node("Neg", "x", "t"));
        then.Node[0].Name = "inner\nname";
        GraphProto graph = Build.Graph("c,x", "y",
            Build.Node("If", "c", "y", ("then_branch", then), ("else_branch", Build.Graph("", "x"))));
        graph.Node[0].Name = "/encoder/If_3";
        NtirOp op = Build.Module(Build.Model(17, graph)).Main.Body.AllOps().Last();
        Assert.Equal(new SourceLocation("encoder/If_3/then/inner?name", "ai.onnx.Neg"), op.Location);
    }
}
