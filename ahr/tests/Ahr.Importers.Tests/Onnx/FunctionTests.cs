using Ahr.Importers.Onnx.Proto;
using Ahr.Ntir;
using Ahr.Ntir.Graph;

namespace Ahr.Importers.Tests.Onnx;

public sealed class FunctionTests
{
    [Fact]
    public void A_call_becomes_the_body_of_the_function()
    {
        NtirModule module = Build.Module(Model(Function("Twice", "a", "c",
            Build.Node("Abs", "a", "b"), Build.Node("Neg", "b", "c"))));
        Assert.Equal("neg(abs(x))", Formula.Of(module));
        Assert.Equal("y", module.Main.Body.Results[0].Name);
    }

    [Fact]
    public void Attributes_of_the_call_go_where_the_body_names_them()
    {
        NodeProto node = Build.Node("Softmax", "a", "c", Reference("axis", "where"));
        FunctionProto function = Function("Twice", "a", "c", node);
        function.Attribute.Add("where");
        ModelProto model = Model(function);
        Assert.Equal("softmax(x)", Formula.Of(Build.Module(model)));
        model.Graph.Node[0].Attribute.Add(Build.Attribute("where", 2));
        Assert.Equal("softmax(x){axis=2}", Formula.Of(Build.Module(model)));
        function.Attribute.Clear();
        Assert.Contains("no attribute where", Build.Fault(model).Detail);
        function.AttributeProto.Add(Build.Attribute("where", 3));
        Assert.Equal("softmax(x){axis=2}", Formula.Of(Build.Module(model)));
        model.Graph.Node[0].Attribute.Clear();
        Assert.Equal("softmax(x){axis=3}", Formula.Of(Build.Module(model)));
    }

    [Fact]
    public void Functions_call_functions_with_operator_sets_of_their_own()
    {
        FunctionProto inner = Function("Inner", "a", "b", Build.Node("Squeeze", "a", "b", ("axes", new long[] { 1 })));
        inner.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 11 });
        ModelProto model = Model(inner, Function("Twice", "a", "c", Build.Node("com.example.Inner", "a", "c")));
        Assert.Equal("squeeze(x, [1])", Formula.Of(Build.Module(model)));
        Assert.Equal(2, Build.Import(model).Report.Functions.Count);
    }

    [Fact]
    public void An_operand_that_is_not_given_is_absent_inside()
    {
        ModelProto model = Model(Function("Twice", "a,lo,hi", "c", Build.Node("Clip", "a,lo,hi", "c")));
        Assert.Equal("clip(x)", Formula.Of(Build.Module(model)));
    }

    [Fact]
    public void A_result_may_be_an_operand()
    {
        ModelProto model = Model(Function("Twice", "a", "a,b,b2", Build.Node("Abs", "a", "b"),
            Build.Node("Identity", "b", "b2")));
        model.Graph.Node[0].Output.Add("z");
        model.Graph.Output.Add(Build.Value("z"));
        NtirModule module = Build.Module(model);
        Assert.Equal("x; abs(x)", Formula.Of(module));
        Assert.Equal(["y", "z"], module.OutputNames);
    }

    [Fact]
    public void A_function_that_calls_itself_is_refused()
    {
        ModelProto model = Model(Function("Twice", "a", "c", Build.Node("com.example.Other", "a", "c")),
            Function("Other", "a", "c", Build.Node("com.example.Twice", "a", "c")));
        Assert.Equal("NTIR108 at Twice(y)/Other(c)/Twice(c): function Twice calls itself", Build.Import(model)
            .Diagnostics[0].ToString());
    }

    [Fact]
    public void A_function_that_is_there_twice_is_refused()
    {
        FunctionProto function = Function("Twice", "a", "c", Build.Node("Abs", "a", "c"));
        Assert.Equal(NtirFault.WrongCall, Build.Fault(Model(function, function)).Fault);
        FunctionProto other = function.Clone();
        other.Overload = "f64";
        other.Node[0].OpType = "Neg";
        ModelProto model = Model(function, other);
        Assert.Equal("abs(x)", Formula.Of(Build.Module(model)));
        model.Graph.Node[0].Overload = "f64";
        Assert.Equal("neg(x)", Formula.Of(Build.Module(model)));
    }

    [Fact]
    public void Calls_that_do_not_fit_are_refused()
    {
        FunctionProto function = Function("Twice", "a", "c", Build.Node("Abs", "a", "c"));
        ModelProto model = Model(function);
        model.Graph.Node[0].Input.Add("x");
        Assert.Contains("has 1 inputs and 1 outputs, the call 2 and 1", Build.Fault(model).Detail);
        model.Graph.Node[0].Input.RemoveAt(1);
        function.Attribute.Add("g");
        model.Graph.Node[0].Attribute.Add(Build.Attribute("g", Build.Graph("", "x")));
        Assert.Contains("is a graph, which no function takes", Build.Fault(model).Detail);
    }

    [Fact]
    public void A_reference_outside_a_function_is_refused()
    {
        GraphProto graph = Build.Graph("x", "y", Build.Node("Softmax", "x", "y", Reference("axis", "where")));
        Assert.Contains("this is no function", Build.Fault(Build.Model(17, graph)).Detail);
    }

    // Each function calls the one before it ten times: 10^9 nodes from a file of a few hundred bytes.
    [Fact]
    public void Functions_that_multiply_without_end_are_refused_at_the_bound()
    {
        List<FunctionProto> functions = [Function("F0", "a", "c", Build.Node("Abs", "a", "c"))];
        for (int i = 1; i < 10; i++)
        {
            functions.Add(Function($"F{i}", "a", "r9", [.. Enumerable.Range(0, 10).Select(k =>
                Build.Node($"com.example.F{i - 1}", k == 0 ? "a" : $"r{k - 1}", $"r{k}"))]));
        }

        ModelProto model = Model([.. functions]);
        model.Graph.Node[0].OpType = "F9";
        ImportResult result = Build.Import(model, Loose.Options with { MaxNodes = 10_000 });
        Assert.Equal("NTIR202 at model: the model has more than 10000 nodes", result.Diagnostics[0].ToString());
    }

    private static (string, object) Reference(string name, string of) =>
        (name, new AttributeProto { Name = name, Type = 2, RefAttrName = of });

    private static ModelProto Model(params FunctionProto[] functions)
    {
        ModelProto model = Build.Model(17, Build.Graph("x", "y", Build.Node("com.example.Twice", "x", "y")));
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.example", Version = 1 });
        model.Functions.AddRange(functions);
        return model;
    }

    private static FunctionProto Function(string name, string inputs, string outputs, params NodeProto[] nodes)
    {
        FunctionProto function = new() { Name = name, Domain = "com.example" };
        function.Input.AddRange(inputs.Split(','));
        function.Output.AddRange(outputs.Split(','));
        function.Node.AddRange(nodes);
        return function;
    }
}
