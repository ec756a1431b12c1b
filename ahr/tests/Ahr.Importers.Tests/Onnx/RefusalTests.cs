using Ahr.Importers.Onnx;
using Ahr.Importers.Onnx.Proto;
using Ahr.Ntir.Ops;
using Nbc.Kernels;

namespace Ahr.Importers.Tests.Onnx;

/// <summary>What the importer does not take it refuses by name.</summary>
public sealed class RefusalTests
{
    public static TheoryData<string, string> Nodes => new()
    {
        { "com.example.Foo", "NTIR104 at Node_1: com.example.Foo version 3 is no operator that this program knows" },
        { "NoSuchThing", "NTIR104 at Node_1: ai.onnx.NoSuchThing version 7 is no operator that this program knows" },
        { "ATen", "NTIR104 at Node_1: ai.onnx.ATen version 7 has no kernel in this program" },
        { "Mish",
            "NTIR104 at Node_1: ai.onnx.Mish version 7 does not exist: the operator came with version 18" },
        { "com.microsoft.UnknownThing",
            "NTIR104 at Node_1: com.microsoft.UnknownThing version 1 is no operator that this program knows" },
        { "ai.onnx.preview.training.Gradient", "NTIR104 at Node_1: " +
            "ai.onnx.preview.training.Gradient version 1 has no kernel in this program" },
        { "com.microsoft.nchwc.Conv",
            "NTIR104 at Node_1: com.microsoft.nchwc.Conv version 1 is no operator that this program knows" },
        { "org.other.Foo", "NTIR201 at Node_1: the model does not say which version of org.other it is written in" },
    };

    [Theory]
    [MemberData(nameof(Nodes))]
    public void Operators_that_this_program_does_not_run(string op, string expected)
    {
        ModelProto model = Build.Model(7, Build.Graph("x", "y", Build.Node(op, "x", "y")));
        model.Graph.Node[0].Name = "Node_1";
        Set(model, "com.example", 3);
        Set(model, "com.microsoft.nchwc", 1);
        Set(model, OnnxNames.PreviewTraining, 1);
        Assert.Equal(expected, Build.Fault(model).ToString());
    }

    [Fact]
    public void A_version_that_is_newer_than_all_known_ones() => Assert.Equal(
        "NTIR104 at Abs(y): ai.onnx.Abs version 99 is newer than version 27, the newest that is known",
        Build.Fault(Build.Model(99, Build.Graph("x", "y", Build.Node("Abs", "x", "y")))).ToString());

    public static TheoryData<string, object> Attributes => new()
    {
        { "it has an attribute colour, which is not known", Build.Node("Op", "x", "y", ("colour", 1)) },
        { "attribute axis is Float, not Int", Build.Node("Op", "x", "y", ("axis", 1.5f)) },
        { "attribute axis is given twice", Build.Node("Op", "x", "y", ("axis", 1), ("axis", 1)) },
        { "attribute body is unknown, or is a graph or type by mistake",
            Build.Node("Op", "x", "y", ("body", Build.Graph("", "x"))) },
        { "attribute need is missing", Build.Node("Need", "x", "y") },
        { "it has 3 operands, 2 are the most", Build.Node("Op", "x,x,x", "y") },
        { "it has 2 results, 1 are the most", Build.Node("Op", "x", "y,z") },
        { "operand 0 ('data') is not given", Build.Node("Op", ",x", "y") },
        { "there is no value 'nowhere'", Build.Node("Op", "nowhere", "y") },
        { "attribute axis is of a kind that no operation takes",
            Build.Node("Op", "x", "y", ("axis", new AttributeProto { Name = "axis", Type = 77 })) },
    };

    [Theory]
    [MemberData(nameof(Attributes))]
    public void Operands_and_attributes_that_the_operation_does_not_have(string expected, object node)
    {
        NodeProto written = ((NodeProto)node).Clone();
        bool needs = written.OpType == "Need";
        written.OpType = "Abs";
        AttributeSpec[] specs = [new("axis", AttributeKind.Int), new("need", AttributeKind.Int, IsRequired: needs)];
        KernelDescriptor descriptor = new()
        {
            Name = "abs",
            Opcode = 1,
            Inputs = ["data", "more?"],
            Outputs = ["result"],
            Attributes = specs,
        };
        OnnxImportOptions options = new() { FindOperation = _ => new OpDefinition(descriptor, null) };
        ImportResult result = Build.Import(Build.Model(17, Build.Graph("x", "y", written)), options);
        Assert.Equal(expected, result.Diagnostics[0].Detail);
    }

    [Fact]
    public void Every_fault_is_listed_and_one_does_not_bring_others()
    {
        ImportResult result = Build.Import(Build.Model(17, Build.Graph("x", "y", Build.Node("Foo", "x", "a"),
            Build.Node("Abs", "a", "b"), Build.Node("Bar", "b", "y"))));
        Assert.Equal(["Foo(a)", "Bar(y)"], result.Diagnostics.Select(fault => fault.Where));
    }

    [Fact]
    public void Faults_end_at_a_hundred() => Assert.Equal(ImportResult.MostDiagnostics, Build.Import(Build.Model(17,
        Build.Graph("x", "x", [.. Enumerable.Range(0, 500).Select(i => Build.Node("Foo", "x", $"y{i}"))]))).Diagnostics
        .Count);

    public static TheoryData<string, string, string, string> Names => new()
    {
        // inputs   outputs  made by nodes    what is wrong
        { "x,x",    "y",     "y",             "NTIR201 at x: 'x' is the name of two values" },
        { "x",      "y",     "y,y",           "NTIR201 at model: 'y' is the name of two values" },
        { "x",      "x",     "x",             "NTIR201 at Abs(x): 'x' is the name of two values" },
        { "x",      "z",     "y",             "NTIR106 at z: there is no value 'z'" },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void A_name_means_one_value(string inputs, string outputs, string made, string expected) =>
        Assert.Equal(expected, Build.Fault(Build.Model(17, Build.Graph(
            inputs, outputs, [.. made.Split(',').Select(name => Build.Node("Abs", "", name))]))).ToString());

    [Fact]
    public void A_name_in_a_body_may_not_hide_one_around_it()
    {
        GraphProto then = Build.Graph("", "x", Build.Node("Neg", "c", "x"));
        GraphProto graph = Build.Graph("c,x", "y",
            Build.Node("If", "c", "y", ("then_branch", then), ("else_branch", Build.Graph("", "c"))));
        Assert.Equal("NTIR201 at If(y)/then/Neg(x): 'x' is the name of another value around this graph",
            Build.Fault(Build.Model(17, graph)).ToString());
    }

    public static TheoryData<string, object> Forms => new()
    {
        { "version 14 of ONNX's file form is not known, the newest known is 13",
            Change(model => model.IrVersion = 14) },
        { "this is no ONNX model: it has no version of ONNX's file form", Change(model => model.ClearIrVersion()) },
        { "the model names no operator set", Change(model => model.OpsetImport.Clear()) },
        { "the file holds no graph", Change(model => model.Graph = null) },
        { "version 0 of operator set ai.onnx cannot be", Change(model => model.OpsetImport[0].Version = 0) },
        { "operator set ai.onnx is asked for in versions 17 and 18", Change(model => Set(model, "ai.onnx", 18)) },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_file_that_is_no_model(string expected, object change)
    {
        ModelProto model = Build.Model(17, Build.Graph("x", "x"));
        ((Action<ModelProto>)change)(model);
        Assert.Equal(expected, Build.Fault(model).Detail);
    }

    [Fact]
    public void The_first_file_form_has_operator_set_1()
    {
        ModelProto model = Build.Model(17, Build.Graph("x", "y", Build.Node("Concat", "x", "y")));
        model.OpsetImport.Clear();
        model.IrVersion = 1;
        Assert.Equal("concat(x){axis=1}", Formula.Of(Build.Module(model)));
    }

    private static Action<ModelProto> Change(Action<ModelProto> change) => change;

    private static void Set(ModelProto model, string domain, long version) =>
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = domain, Version = version });
}
