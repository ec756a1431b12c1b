using Ahr.Backends.Bytecode;
using Ahr.Backends.Comparison;
using Ahr.Backends.Conformance;
using Ahr.Backends.Tests.Bytecode;
using Ahr.Ntir.Graph;
using Nbc.Tensors;
using Nbc.Values;
using static Ahr.Backends.Tests.OnnxBytes;

namespace Ahr.Backends.Tests.Comparison;

[Collection("engine")]
public sealed class OpComparisonTests : IDisposable
{
    private readonly ModelFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static byte[] Chain => Model(Graph(
        Node("Abs", ["x"], ["a"], "", Text(3, "first")), Node("Sqrt", ["a"], ["b"], "", Text(3, "second")),
        Node("Sigmoid", ["b"], ["c"], "", Text(3, "third")), Node("Neg", ["c"], ["y"], "", Text(3, "fourth")),
        Input("x", ElementType.Float32, "n", 3), Output("y", ElementType.Float32, "n", 3)));

    [Fact]
    public void A_model_that_both_engines_run_alike_is_equal_value_by_value()
    {
        string path = _folder.Write("model.onnx", Chain);
        ComparisonReport report = OpComparison.Run(path, Made(path), Tolerance.Float32, Cancel);
        Assert.True(report.IsEqual, report.First?.Why);
        Assert.Equal(4, report.Compared);
        Assert.InRange(report.LargestError, 0, 1e-6);
        Assert.Equal(("y", null), (report.Outputs.Single().Name, report.Outputs.Single().Why));
    }

    [Fact]
    public void Of_a_broken_operation_the_first_value_that_differs_is_named()
    {
        string path = _folder.Write("model.onnx", Chain);
        (NtirModule module, _) = NbcCompilation.Import(path, allowFallback: false);
        Break(module, "sqrt", "exp");
        ComparisonReport report = OpComparison.Run(module, path, Made(path), Tolerance.Float32, Cancel);
        Assert.False(report.IsEqual);
        OpDifference first = report.First!;
        Assert.Equal(("second", "ai.onnx.Sqrt", "exp", "b"), (first.Path, first.Kind, first.Op, first.Value));
        Assert.Equal(("f32 [1, 3]", "f32 [1, 3]"), (first.Actual, first.Expected));
        Assert.Single(first.Operands);
        Assert.InRange(first.LargestError, 0.5, 3);
        Assert.Contains("element 0 of f32 [1, 3] is", first.Why, StringComparison.Ordinal);
        Assert.Equal(1, report.Compared);
        Assert.NotNull(report.Outputs.Single().Why);
    }

    [Fact]
    public void A_part_that_ONNX_Runtime_runs_is_compared_as_well()
    {
        string path = _folder.Write("model.onnx", NbcBackendTests.WithForeignPart());
        ComparisonReport report = OpComparison.Run(path, Made(path), Tolerance.Float32, Cancel);
        Assert.True(report.IsEqual);
        Assert.Equal(3, report.Compared);
    }

    [Fact]
    public void What_is_inside_a_branch_is_seen_by_its_result()
    {
        byte[] then = Graph(Node("Neg", ["x"], ["t"]), Value(12, "t", 1, [2]));
        byte[] otherwise = Graph(Node("Abs", ["x"], ["e"]), Value(12, "e", 1, [2]));
        string path = _folder.Write("model.onnx", Model(Graph(
            Node("If", ["c"], ["m"], "",
                Bytes(5, Join(Text(1, "then_branch"), Bytes(6, then), Int(20, 5))),
                Bytes(5, Join(Text(1, "else_branch"), Bytes(6, otherwise), Int(20, 5)))),
            Node("Relu", ["m"], ["y"]),
            Input("c", ElementType.Bool), Input("x", ElementType.Float32, 2), Output("y", ElementType.Float32, 2))));
        Assert.True(OpComparison.Run(path, Made(path), Tolerance.Float32, Cancel).IsEqual);
        (NtirModule module, _) = NbcCompilation.Import(path, allowFallback: false);
        Break(module, "abs", "exp");
        Break(module, "neg", "exp");
        ComparisonReport broken = OpComparison.Run(module, path, Made(path), Tolerance.Float32, Cancel);
        Assert.False(broken.IsEqual);
    }

    [Fact]
    public void An_input_that_is_not_given_is_named()
    {
        string path = _folder.Write("model.onnx", Chain);
        BackendException refused = Assert.Throws<BackendException>(
            () => OpComparison.Run(path, [], Tolerance.Float32, Cancel));
        Assert.Equal("'model.onnx' needs the input 'x', f32 [-1, 3], which was not given", refused.Message);
    }

    [Fact]
    public void What_ONNX_Runtime_does_not_run_is_said_in_one_sentence()
    {
        string path = _folder.Write("model.onnx", Model(Graph(
            Node("Add", ["x", "x"], ["y"]), Input("x", ElementType.BFloat16, 1),
            Output("y", ElementType.BFloat16, 1))));
        BackendException refused = Assert.Throws<BackendException>(
            () => OpComparison.Run(path, Made(path), Tolerance.Float32, Cancel));
        Assert.StartsWith("ONNX Runtime does not run 'model.onnx'", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public void Made_up_inputs_fit_come_again_with_their_seed_and_keep_names_equal()
    {
        string path = _folder.Write("model.onnx", Model(Graph(
            Node("Add", ["a", "b"], ["y"]), Node("Identity", ["i"], ["j"]), Node("Identity", ["t"], ["u"]),
            Node("Not", ["c"], ["d"]), Node("Identity", ["h"], ["k"]),
            Input("a", ElementType.Float32, "n", "m"), Input("b", ElementType.Float32, "n", "m"),
            Input("i", ElementType.Int64, 2, "n"), Input("t", ElementType.String, 3), Input("c", ElementType.Bool, 9),
            Input("h", ElementType.Float16, 5),
            Output("y", ElementType.Float32, "n", "m"), Output("j", ElementType.Int64, 2, "n"),
            Output("u", ElementType.String, 3), Output("d", ElementType.Bool, 9),
            Output("k", ElementType.Float16, 5))));
        IReadOnlyList<(TensorSpec Spec, Tensor Tensor)> first = RandomInputs.For(path, 7);
        Assert.All(first, input => Assert.True(input.Tensor.TryValidate(out string? fault), fault));
        Assert.All(first, input => Assert.True(input.Spec.Accepts(input.Tensor.Type, input.Tensor.Shape)));
        Assert.Equal([1, RandomInputs.OpenSize], first[0].Tensor.Shape);
        Assert.Equal(first[0].Tensor.Shape, first[1].Tensor.Shape);
        Assert.Equal([2, 1], first[2].Tensor.Shape);
        Assert.NotEqual(first[0].Tensor.Data.ToArray(), first[1].Tensor.Data.ToArray());
        Assert.Equal(
            first.Select(input => input.Tensor.Data.ToArray()),
            RandomInputs.For(path, 7).Select(input => input.Tensor.Data.ToArray()));
        Assert.NotEqual(
            first[0].Tensor.Data.ToArray(), RandomInputs.For(path, 8)[0].Tensor.Data.ToArray());
    }

    [Fact]
    public void An_input_that_nobody_can_make_up_is_named()
    {
        string path = _folder.Write("model.onnx", Model(Graph(
            Node("Identity", ["x"], ["y"]), Value(11, "x", 1, null), Value(12, "y", 1, null))));
        BackendException refused = Assert.Throws<BackendException>(() => RandomInputs.For(path, 1));
        Assert.Contains("input 'x'", refused.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, NbcValue?, NbcValue?, double, double> Errors => new()
    {
        { "equal", Of(1, 2), Of(1, 2), 0, 0 },
        { "one element", Of(1, 2.5f), Of(1, 2), 0.5, 0.25 },
        { "infinity twice", Of(float.PositiveInfinity, 1), Of(float.PositiveInfinity, 1), 0, 0 },
        { "another shape", Of(1), Of(1, 2), double.NaN, double.NaN },
        { "nothing", null, Of(1), double.NaN, double.NaN },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public void The_largest_error_is_absolute_and_relative(
        string what, NbcValue? actual, NbcValue? expected, double absolute, double relative)
    {
        Assert.NotEmpty(what);
        Assert.Equal((absolute, relative), ValueErrors.Largest(actual, expected));
    }

    [Fact]
    public void A_graph_given_twice_in_one_file_is_one_graph_with_the_outputs_of_both()
    {
        ReferenceGraph graph = ReferenceGraph.Read(new MemoryStream(Chain))!;
        Assert.Equal(["a", "b", "c", "y"], graph.Values);
        ReferenceGraph extended = ReferenceGraph.Read(new MemoryStream(graph.Extend(Chain, graph.Values)))!;
        Assert.Equal(graph.Values, extended.Values);
        Assert.Null(ReferenceGraph.Read(new MemoryStream([255, 255])));
    }

    public void Dispose() => _folder.Dispose();

    private static TensorValue Of(params float[] values) =>
        TensorValue.From<float>(ElementType.Float32, values, values.Length);

    private static IReadOnlyList<Tensor> Made(string path) =>
        [.. RandomInputs.For(path, 3).Select(input => input.Tensor)];

    // As a kernel that computes something else would: the operation keeps its place, names and types.
    private static void Break(NtirModule module, string name, string other)
    {
        foreach (NtirOp op in module.Main.Body.AllOps().Where(op => op.Name == name).ToArray())
        {
            NtirRegion region = op.Region!;
            NtirOp broken = new(
                other, op.Operands, op.Results.Select(result => result.Type), op.Attributes, op.Location);
            broken.Result.Name = op.Result.Name;
            region.Insert(region.IndexOf(op), broken);
            op.Result.ReplaceAllUsesWith(broken.Result);
            region.RemoveOps(each => each == op);
        }
    }
}
