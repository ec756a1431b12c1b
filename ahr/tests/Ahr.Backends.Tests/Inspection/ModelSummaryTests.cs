using Ahr.Backends.Inspection;
using Ahr.Backends.Tests.Bytecode;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Types;
using Nbc.Kernels;
using Nbc.Tensors;
using static Ahr.Backends.Tests.OnnxBytes;

namespace Ahr.Backends.Tests.Inspection;

[Collection("engine")]
public sealed class ModelSummaryTests : IDisposable
{
    private readonly ModelFolder _folder = new();

    [Fact]
    public void The_digits_are_described_whole()
    {
        ModelSummary summary = ModelSummary.Read(Path.Combine(AppContext.BaseDirectory, "models", "digits.onnx"));
        Assert.Equal("image", Assert.Single(summary.Inputs).Name);
        Assert.Equal(["digit", "scores"], summary.Outputs.Select(output => output.Name).Order(StringComparer.Ordinal));
        Assert.InRange(summary.Parameters, 100, 1_000_000);
        Assert.InRange(summary.WeightBytes, 4 * (summary.Parameters - 64), 8 * summary.Parameters);
        Assert.InRange(summary.Flops, summary.Parameters, 1_000 * summary.Parameters);
        Assert.Equal(summary.Ops.OrderByDescending(op => op.Flops), summary.Ops);
        Assert.NotEmpty(summary.Report.OperatorSets);
    }

    [Fact]
    public void Sizes_that_only_a_run_tells_are_said_to_be_missing()
    {
        string path = _folder.Write("model.onnx", Model(Graph(
            Node("Relu", ["x"], ["y"]), Input("x", ElementType.Float32, "n", 8),
            Output("y", ElementType.Float32, "n", 8))));
        ModelSummary summary = ModelSummary.Read(path);
        Assert.True(summary.IsPartial);
        Assert.Equal(8, summary.Flops);
        Assert.Equal("f32 [n, 8]", summary.Inputs.Single().Type);
    }

    [Fact]
    public void Parts_for_another_engine_are_counted()
    {
        string path = _folder.Write("model.onnx", NbcBackendTests.WithForeignPart());
        Assert.Single(ModelSummary.Read(path).Report.Fallbacks);
    }

    public static TheoryData<string, long[][], long[], double> Costs => new()
    {   // operation          operands                                   result            additions and multiplications
        { "matmul",           [[2, 3], [3, 4]],                          [2, 4],           48 },
        { "gemm",             [[2, 3], [3, 4]],                          [2, 4],           48 },
        { "conv",             [[1, 3, 8, 8], [16, 3, 3, 3]],             [1, 16, 6, 6],    31_104 },
        { "conv_transpose",   [[1, 16, 6, 6], [16, 3, 3, 3]],            [1, 3, 8, 8],     31_104 },
        { "lstm",             [[5, 1, 4], [1, 8, 4], [1, 8, 2]],         [5, 1, 1, 2],     480 },
        { "attention",        [[1, 2, 5, 4], [1, 2, 7, 4], [1, 2, 7, 4]], [1, 2, 5, 4],    1_120 },
        { "global_average_pool", [[1, 3, 8, 8]],                         [1, 3, 1, 1],     192 },
        { "reduce_sum",       [[4, 5]],                                  [4, 1],           20 },
        { "softmax",          [[4, 5]],                                  [4, 5],           100 },
        { "layer_normalization", [[4, 5]],                               [4, 5],           100 },
        { "relu",             [[4, 5]],                                  [4, 5],           20 },
        { "cast",             [[4, 5]],                                  [4, 5],           0 },
        { "transpose",        [[4, 5]],                                  [5, 4],           0 },
    };

    [Theory]
    [MemberData(nameof(Costs))]
    public void Arithmetic_is_counted_from_shapes(string name, long[][] operands, long[] result, double cost)
    {
        NtirModule module = new();
        NtirOp op = new(
            name,
            operands.Select(shape => module.Main.Body.AddParameter(Of(shape))),
            [Of(result)],
            KernelAttributes.None);
        Assert.Equal(cost, OperationCost.Of(op));
        Assert.False(OperationCost.IsPartial(op));
    }

    [Fact]
    public void A_pool_looks_at_each_window()
    {
        NtirModule module = new();
        NtirOp op = new(
            "max_pool", [module.Main.Body.AddParameter(Of(1, 1, 4, 4))], [Of(1, 1, 2, 2)],
            KernelAttributes.Of(("kernel_shape", new long[] { 3, 3 })));
        Assert.Equal(36, OperationCost.Of(op));
    }

    public void Dispose() => _folder.Dispose();

    private static TensorType Of(params long[] shape) => new(ElementType.Float32, SymbolicShape.Of(shape));
}
