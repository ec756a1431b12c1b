using Ahr.Importers.Onnx;
using Ahr.Importers.Onnx.Proto;
using Ahr.Ntir.Graph;
using Nbc.Tensors;

namespace Ahr.Importers.Tests.Onnx;

public sealed class FallbackTests
{
    private static readonly OnnxImportOptions s_options = Loose.Options with { AllowFallback = true };

    [Fact]
    public void An_unknown_operator_becomes_a_model_of_its_own()
    {
        ModelProto model = Model("x", "y", Build.Node("Abs", "x", "a"), Build.Node("com.example.Foo", "a,w", "b"),
            Build.Node("Neg", "b", "y"));
        model.Graph.Initializer.Add(Build.Tensor("w", ElementType.Bool, [1], 1));
        model.Graph.ValueInfo.Add(Build.Value("a"));
        model.Graph.ValueInfo.Add(Build.Value("b", ElementType.Int64, 3));
        ImportResult result = Build.Import(model, s_options);
        NtirOp op = Assert.Single(result.Module!.Main.Body.Ops, op => op.Name == "fallback");
        Assert.Equal("tensor<*xsi64>", op.Result.Type.ToString());
        Assert.Equal("onnxruntime", op.Attributes.Text("engine"));
        Assert.Equal(["a"], op.Attributes.Texts("inputs")!);
        Assert.Equal(["b"], op.Attributes.Texts("outputs")!);
        ModelProto part = Part(op);
        Assert.Equal("Foo", Assert.Single(part.Graph.Node).OpType);
        Assert.Equal("w", Assert.Single(part.Graph.Initializer).Name);
        Assert.Equal((1, "a"), (part.Graph.Input[0].Type.TensorType.ElemType, part.Graph.Input[0].Name));
        Assert.Equal(
            [" 17", "ai.onnx.ml 3", "com.example 2", "com.microsoft 1"],
            part.OpsetImport.Select(set => $"{set.Domain} {set.Version}").Order(StringComparer.Ordinal));
        FallbackRegion region = Assert.Single(result.Report.Fallbacks);
        Assert.Equal((1, "com.example.Foo version 2 at Foo(b)"), (region.Nodes, region.Reasons[0].ToString()));
    }

    [Fact]
    public void What_lies_between_two_unknown_operators_goes_with_them()
    {
        ModelProto model = Model("x", "y,z", Build.Node("com.example.Foo", "x", "a"), Build.Node("Neg", "a", "b"),
            Build.Node("Abs", "x", "s"), Build.Node("Abs", "a", "z"), Build.Node("com.example.Foo", "b,s", "y"));
        model.Graph.ValueInfo.Add(Build.Value("s"));
        ImportResult result = Build.Import(model, s_options);
        NtirOp op = Assert.Single(result.Module!.Main.Body.Ops, op => op.Name == "fallback");
        Assert.Equal(["Foo", "Neg", "Foo"], Part(op).Graph.Node.Select(node => node.OpType));
        Assert.Equal(["x", "s"], op.Attributes.Texts("inputs")!);
        Assert.Equal(["a", "y"], op.Attributes.Texts("outputs")!);
        Assert.Equal((3, 2), (result.Report.Fallbacks[0].Nodes, result.Report.Fallbacks[0].Reasons.Count));
        Assert.Equal("fallback(x, abs(x)); abs(fallback(x, abs(x)))",
            string.Join("; ", Formula.Of(result.Module).Split("; ").Select(Bare)));
    }

    [Fact]
    public void Unknown_operators_side_by_side_are_two_parts()
    {
        ModelProto model = Model("x", "y,z", Build.Node("com.example.Foo", "x", "y"),
            Build.Node("com.example.Bar", "x", "z"));
        Assert.Equal(2, Build.Import(model, s_options).Report.Fallbacks.Count);
    }

    // The part reads what the file puts behind its first node.
    [Fact]
    public void A_part_stands_behind_everything_that_it_reads()
    {
        ModelProto model = Model("x", "y", Build.Node("com.example.Foo", "x", "a"), Build.Node("Abs", "x", "s"),
            Build.Node("com.example.Foo", "a,s", "y"));
        model.Graph.ValueInfo.Add(Build.Value("s"));
        NtirModule module = Build.Import(model, s_options).Module!;
        Assert.Equal(["abs", "fallback"], module.Main.Body.Ops.Select(op => op.Name));
    }

    [Fact]
    public void In_the_body_of_control_flow_a_part_takes_values_from_around()
    {
        GraphProto then = Build.Graph("", "t", Build.Node("com.example.Foo", "a", "t"));
        ModelProto model = Model("c,x", "y", Build.Node("Abs", "x", "a"),
            Build.Node("If", "c", "y", ("then_branch", then), ("else_branch", Build.Graph("", "x"))));
        model.Graph.ValueInfo.Add(Build.Value("a"));
        NtirModule module = Build.Import(model, s_options).Module!;
        NtirOp op = Assert.Single(module.Main.Body.Ops[^1].Regions[0].Ops);
        Assert.Equal("abs(x)", Formula.Of(op.Operands[0]));
        Assert.Equal("a", Assert.Single(Part(op).Graph.Input).Name);
    }

    [Fact]
    public void Attributes_of_a_call_are_put_in_before_the_function_is_left()
    {
        ModelProto model = Model("x", "y", Build.Node("com.example.F", "x", "y", ("alpha", 2.5f)));
        FunctionProto function = new() { Name = "F", Domain = "com.example", Input = { "a" }, Output = { "b" } };
        function.Attribute.Add("alpha");
        function.Attribute.Add("beta");
        function.Node.Add(Build.Node("com.example.Foo", "a", "b",
            ("slope", new AttributeProto { Name = "slope", Type = 1, RefAttrName = "alpha" }),
            ("other", new AttributeProto { Name = "other", Type = 1, RefAttrName = "beta" })));
        model.Functions.Add(function);
        NtirOp op = Assert.Single(Build.Import(model, s_options).Module!.Main.Body.Ops);
        AttributeProto attribute = Assert.Single(Part(op).Graph.Node[0].Attribute);
        Assert.Equal(("slope", 2.5f, ""), (attribute.Name, attribute.F, attribute.RefAttrName));
    }

    [Fact]
    public void Without_a_type_for_an_operand_the_part_is_refused()
    {
        ModelProto model = Model("x", "y", Build.Node("com.example.Foo", "x", "y"));
        model.Graph.Input[0].Type = null;
        Assert.Equal("NTIR102 at Foo(y): the type of 'x', which goes to onnxruntime, is not known",
            Build.Fault(model, s_options).ToString());
    }

    [Fact]
    public void Training_goes_to_no_other_engine()
    {
        ModelProto model = Model("x", "y", Build.Node("ai.onnx.preview.training.Gradient", "x", "y"));
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = OnnxNames.PreviewTraining, Version = 1 });
        Assert.Contains("Gradient version 1 has no kernel", Build.Fault(model, s_options).Detail);
    }

    [Fact]
    public void A_node_that_no_engine_can_run_is_refused_with_its_reason()
    {
        ModelProto model = Model("x", "y", Build.Node("org.nowhere.Foo", "x", "y"));
        Assert.Contains("which version of org.nowhere", Build.Fault(model, s_options).Detail);
    }

    private static string Bare(string formula) => System.Text.RegularExpressions.Regex.Replace(
        formula, @"\{engine=[^}]*\}(#\d)?", "");

    private static ModelProto Part(NtirOp op) => ModelProto.Parser.ParseFrom(op.Attributes.Find("model")!.TextBytes);

    private static ModelProto Model(string inputs, string outputs, params NodeProto[] nodes)
    {
        ModelProto model = Build.Model(17, Build.Graph(inputs, outputs, nodes));
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.example", Version = 2 });
        return model;
    }
}
