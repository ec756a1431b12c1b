using System.Diagnostics;
using System.Runtime.InteropServices;
using Ahr.Backends.Bytecode;
using Microsoft.Extensions.Logging.Abstractions;
using Nbc.Tensors;
using static Ahr.Backends.Tests.ModelFolder;
using static Ahr.Backends.Tests.OnnxBytes;

namespace Ahr.Backends.Tests.Bytecode;

/// <summary>Tiny files that ask for the world: each ends in one sentence, in bounded time and memory.</summary>
[Collection("engine")]
public sealed class HostileModelTests : IDisposable
{
    private const long Tera = 1L << 40;
    private const ElementType F32 = ElementType.Float32;
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);

    private readonly ModelFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public Task ConstantOfShape_of_a_terabyte_is_refused() => RefusedAsync(
        Graph(Longs("shape", 1 << 20, 1 << 20), Node("ConstantOfShape", ["shape"], ["y"]), Y));

    [Fact]
    public Task ConstantOfShape_of_a_terabyte_that_the_caller_asks_for_is_refused() => RefusedAsync(
        Graph(Node("ConstantOfShape", ["s"], ["y"]), Input("s", ElementType.Int64, "n"), Y),
        Numbers("s", 1 << 20, 1 << 20));

    [Fact]
    public Task ConstantOfShape_whose_sizes_overflow_is_refused() => RefusedAsync(
        Graph(Longs("shape", 1L << 62, 1L << 62), Node("ConstantOfShape", ["shape"], ["y"]), Y));

    [Fact]
    public Task Expand_to_a_terabyte_is_refused() => RefusedAsync(
        Graph(Longs("shape", Tera), Node("Expand", ["x", "shape"], ["y"]), X, Y), Floats("x", [1], 1));

    [Fact]
    public Task Tile_to_a_terabyte_is_refused() => RefusedAsync(
        Graph(Longs("repeats", Tera), Node("Tile", ["x", "repeats"], ["y"]), X, Y), Floats("x", [1], 1));

    [Fact]
    public Task Range_over_a_terabyte_is_refused() => RefusedAsync(
        Graph(Node("Range", ["a", "b", "c"], ["y"]), Value(11, "a", 7, []), Value(11, "b", 7, []),
            Value(11, "c", 7, []), Output("y", ElementType.Int64, "n")),
        Number("a", 0), Number("b", long.MaxValue), Number("c", 1));

    [Fact]
    public Task Pad_to_a_terabyte_is_refused() => RefusedAsync(
        Graph(Longs("pads", 0, Tera), Node("Pad", ["x", "pads"], ["y"]), X, Y), Floats("x", [1], 1));

    [Fact]
    public Task Resize_to_a_terabyte_is_refused() => RefusedAsync(
        Graph(Longs("sizes", Tera), Node("Resize", ["x", "", "", "sizes"], ["y"]), X, Y), Floats("x", [1], 1));

    [Fact]
    public Task OneHot_of_a_terabyte_is_refused() => RefusedAsync(
        Graph(Node("OneHot", ["i", "d", "v"], ["y"]), Input("i", ElementType.Int64, "n"), Value(11, "d", 7, []),
            Input("v", F32, 2), Y),
        Numbers("i", 0), Number("d", Tera), Floats("v", [2], 0, 1));

    [Fact]
    public Task Doubling_in_a_row_to_a_terabyte_is_refused() => RefusedAsync(
        Graph([X, Y, .. Enumerable.Range(0, 40).Select(i => Node(
            "Concat", [i == 0 ? "x" : $"v{i}", i == 0 ? "x" : $"v{i}"], [i == 39 ? "y" : $"v{i + 1}"], "",
            Bytes(5, Join(Text(1, "axis"), Int(3, 0), Int(20, 2)))))]),
        Floats("x", [1], 1));

    [Fact]
    public async Task A_loop_of_two_to_the_63_trips_ends_with_its_time()
    {
        using IBackendModel loop = await LoadAsync(NbcBackendTests.EndlessLoop());
        BackendException ended = await EndedAsync(loop, Number("trips", long.MaxValue),
            new Tensor("on", ElementType.Bool, [], new byte[] { 1 }), Floats("x", [], 1));
        Assert.Equal(BackendFault.LimitReached, ended.Fault);
    }

    [Fact]
    public async Task A_loop_that_collects_without_end_ends_with_its_memory_or_its_time()
    {
        byte[] body = Graph(
            Node("Identity", ["go"], ["go2"]), Node("Add", ["v", "v"], ["v2"]), Node("Identity", ["v"], ["scan"]),
            Value(11, "i", 7, []), Value(11, "go", 9, []), Value(11, "v", 1, [1024]),
            Value(12, "go2", 9, []), Value(12, "v2", 1, [1024]), Value(12, "scan", 1, [1024]));
        using IBackendModel loop = await LoadAsync(Model(Graph(
            Node("Loop", ["trips", "on", "x"], ["last", "all"], "",
                Bytes(5, Join(Text(1, "body"), Bytes(6, body), Int(20, 5)))),
            Value(11, "trips", 7, []), Value(11, "on", 9, []), Value(11, "x", 1, [1024]),
            Value(12, "last", 1, [1024]), Value(12, "all", 1, null))));
        BackendException ended = await EndedAsync(loop, Number("trips", long.MaxValue),
            new Tensor("on", ElementType.Bool, [], new byte[] { 1 }), Floats("x", [1024], new float[1024]));
        Assert.Equal(BackendFault.LimitReached, ended.Fault);
    }

    [Fact]
    public async Task Bodies_in_bodies_beyond_the_bound_are_refused()
    {
        byte[] graph = Graph(Node("Identity", ["x"], ["y"]), Value(12, "y", 1, []));
        for (int depth = 0; depth < 2_000; depth++)
        {
            graph = Graph(Node("If", ["c"], ["y"], "",
                Bytes(5, Join(Text(1, "then_branch"), Bytes(6, graph), Int(20, 5)))), Value(12, "y", 1, []));
        }

        BackendException refused = await Assert.ThrowsAsync<BackendException>(() => LoadAsync(Model(graph)));
        AssertSentence(refused);
    }

    [Fact]
    public async Task Declared_sizes_whose_product_overflows_are_refused_or_never_fit()
    {
        try
        {
            using IBackendModel model = await LoadAsync(Model(Graph(
                Node("Relu", ["x"], ["y"]), Input("x", F32, long.MaxValue, long.MaxValue),
                Output("y", F32, long.MaxValue, long.MaxValue))));
            BackendException refused = await EndedAsync(model, Floats("x", [1], 1));
            Assert.Equal(BackendFault.InvalidInput, refused.Fault);
        }
        catch (BackendException refused)
        {
            AssertSentence(refused);
        }
    }

    [Fact]
    public async Task Weights_whose_sizes_overflow_are_refused()
    {
        byte[] weights = Bytes(5, Join(
            Int(1, 1L << 62), Int(1, 1L << 62), Int(2, 1), Text(8, "w"), Bytes(9, [0, 0, 0, 0])));
        BackendException refused = await Assert.ThrowsAsync<BackendException>(() => LoadAsync(Model(Graph(
            weights, Node("Add", ["x", "w"], ["y"]), X, Y))));
        AssertSentence(refused);
    }

    [Fact]
    public async Task A_graph_in_a_circle_is_refused()
    {
        BackendException refused = await Assert.ThrowsAsync<BackendException>(() => LoadAsync(Model(Graph(
            Node("Add", ["x", "b"], ["a"]), Node("Relu", ["a"], ["b"]), Node("Neg", ["b"], ["y"]), X, Y))));
        AssertSentence(refused);
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] X => Input("x", F32, "n");

    private static byte[] Y => Value(12, "y", 1, null);

    // Refused when it is loaded, or when it runs: both are right, and neither may take memory or time.
    private async Task RefusedAsync(byte[] graph, params Tensor[] inputs)
    {
        using Process self = Process.GetCurrentProcess();
        long before = self.WorkingSet64;
        BackendException refused;
        try
        {
            using IBackendModel model = await LoadAsync(Model(graph));
            refused = await EndedAsync(model, inputs);
        }
        catch (BackendException atLoad)
        {
            refused = atLoad;
        }

        AssertSentence(refused);
        self.Refresh();
        Assert.InRange(self.WorkingSet64 - before, long.MinValue, 1L << 30);
    }

    private async Task<IBackendModel> LoadAsync(byte[] bytes)
    {
        NbcBackendOptions options = new()
        {
            MaxRunBytes = 64 << 20, MaxRunTime = TimeSpan.FromSeconds(2), AllowFallback = false,
        };
        return await new NbcBackend(options, NullLogger<NbcBackend>.Instance)
            .LoadAsync(_folder.Write("model.onnx", bytes), Cancel).AsTask().WaitAsync(s_longest, Cancel);
    }

    private static async Task<BackendException> EndedAsync(IBackendModel model, params Tensor[] inputs)
    {
        BackendException ended = await Assert.ThrowsAsync<BackendException>(() => Task.Run(
            async () => await model.RunAsync(Set(inputs), null, Cancel), Cancel).WaitAsync(s_longest, Cancel));
        AssertSentence(ended);
        return ended;
    }

    private static void AssertSentence(BackendException refused)
    {
        Assert.DoesNotContain('\n', refused.Message);
        Assert.Contains("'model.onnx'", refused.Message, StringComparison.Ordinal);
        Assert.InRange(refused.Message.Length, 20, 1_000);
    }

    private static byte[] Longs(string name, params long[] values) => Bytes(5, Join(
        Int(1, values.Length), Int(2, 7), Text(8, name),
        Bytes(9, MemoryMarshal.AsBytes(values.AsSpan()).ToArray())));

    private static Tensor Number(string name, long value) =>
        new(name, ElementType.Int64, [], BitConverter.GetBytes(value));

    private static Tensor Numbers(string name, params long[] values) =>
        new(name, ElementType.Int64, [values.Length], MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
}
