using System.Diagnostics;
using Ahr.Backends.Bytecode;
using Ahr.Ntir.Graph;
using Microsoft.Extensions.Logging.Abstractions;
using Nbc.Runtime.Frames;
using Nbc.Runtime.Resources;
using Nbc.Tensors;
using Noodle.Primitives;
using static Ahr.Backends.Tests.ModelFolder;
using static Ahr.Backends.Tests.OnnxBytes;

namespace Ahr.Backends.Tests.Bytecode;

[Collection("engine")]
public sealed class NbcBackendTests : IDisposable
{
    private readonly ModelFolder _folder = new();
    private readonly TaskBoard _tasks = new(TimeProvider.System);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Many_threads_may_run_one_model()
    {
        using IBackendModel model = await LoadAsync(Doubling());
        await Parallel.ForAsync(0, 300, Cancel, async (i, stop) =>
        {
            float[] x = [.. Enumerable.Range(0, 1 + (i % 5)).Select(k => (float)(i + k))];
            using Activity? traced = i % 2 == 0 ? new Activity("call").Start() : null;
            using TensorSet outputs = await model.RunAsync(Set(Floats("x", [x.Length], x)), null, stop);
            Assert.Equal(x.Select(value => 2 * value), Read(outputs, "y"));
            Assert.Equal("nbc", outputs.Engine);
        });
    }

    [Fact]
    public async Task A_long_run_is_ended_by_cancellation()
    {
        using IBackendModel loop = await LoadAsync(EndlessLoop());
        using CancellationTokenSource stop = new(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Run(
            async () => await loop.RunAsync(Trips(1L << 62), null, stop.Token), Cancel)
            .WaitAsync(TimeSpan.FromSeconds(60), Cancel));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await loop.RunAsync(Trips(1), null, stop.Token));
        using TensorSet three = await loop.RunAsync(Trips(3), null, Cancel);
        Assert.Equal([8f], Read(three, "y"));
    }

    [Fact]
    public async Task A_run_that_takes_longer_than_it_may_is_a_limit_that_was_reached()
    {
        using IBackendModel loop = await LoadAsync(
            EndlessLoop(), new NbcBackendOptions { MaxRunTime = TimeSpan.FromMilliseconds(50) });
        BackendException ended = await FailedAsync(loop, Trips(1L << 62), null);
        Assert.Equal(BackendFault.LimitReached, ended.Fault);
        Assert.Contains("50 ms are over", ended.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string[]?, Tensor[]> Mistakes => new()
    {
        { "input 'x' is missing: 'model.onnx' takes x FP32 [-1]", null, [] },
        { "'model.onnx' has no input 'z', it takes x FP32 [-1]", null, [Floats("z", [1], 1)] },
        { "input 'x' of 'model.onnx' takes FP32 [-1], got FP32 [1, 1]", null, [Floats("x", [1, 1], 1)] },
        { "'model.onnx' has no output 'q', it has y", ["q"], [Floats("x", [1], 1)] },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_mistake_in_a_call_is_one_sentence(string message, string[]? outputs, Tensor[] inputs)
    {
        using IBackendModel model = await LoadAsync(Doubling());
        BackendException refused = await FailedAsync(model, Set(inputs), outputs);
        Assert.Equal((BackendFault.InvalidInput, message), (refused.Fault, refused.Message));
    }

    [Fact]
    public async Task A_run_that_fails_names_the_node_and_the_shapes()
    {
        using IBackendModel model = await LoadAsync(Model(Graph(
            Node("Add", ["a", "b"], ["y"], "", Text(3, "block/Add_7")), Input("a", ElementType.Float32, "m"),
            Input("b", ElementType.Float32, "n"), Output("y", ElementType.Float32, "k"))));
        BackendException failed = await FailedAsync(
            model, Set(Floats("a", [2], 1, 2), Floats("b", [3], 1, 2, 3)), null);
        Assert.Equal(BackendFault.RunFailed, failed.Fault);
        Assert.Contains("block/Add_7", failed.Message, StringComparison.Ordinal);
        Assert.Contains("[3]", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_output_that_is_the_input_outlives_it()
    {
        using IBackendModel model = await LoadAsync(Identity(ElementType.Float32, "n"));
        byte[] memory = BitConverter.GetBytes(5f);
        using TensorSet outputs = await model.RunAsync(
            Set(new Tensor("x", ElementType.Float32, [1], memory)), null, Cancel);
        memory.AsSpan().Clear();
        Assert.Equal([5f], Read(outputs, "y"));
    }

    [Fact]
    public async Task An_output_cannot_be_read_after_its_set_was_disposed()
    {
        using IBackendModel model = await LoadAsync(Doubling());
        TensorSet outputs = await model.RunAsync(Set(Floats("x", [1], 2)), ["y"], Cancel);
        Tensor y = outputs.Tensors[0];
        outputs.Dispose();
        Assert.Throws<ObjectDisposedException>(() => y.Data.Span.Length);
    }

    [Fact]
    public async Task A_tensor_may_begin_anywhere_in_memory()
    {
        using IBackendModel model = await LoadAsync(Doubling());
        byte[] memory = [0, .. BitConverter.GetBytes(3f)];
        using TensorSet outputs = await model.RunAsync(
            Set(new Tensor("x", ElementType.Float32, [1], memory.AsMemory(1))), null, Cancel);
        Assert.Equal([6f], Read(outputs, "y"));
    }

    [Fact]
    public async Task Shapes_that_come_again_get_a_program_of_their_own_and_the_oldest_goes()
    {
        (NtirModule module, _) = NbcCompilation.Import(_folder.Write("model.onnx", Doubling()), allowFallback: false);
        using ShapePrograms programs = new(
            module, "m", new NbcBackendOptions { MaxShapes = 2 }, NullLogger.Instance, null, _tasks);
        for (int size = 1; size <= 5; size++)
        {
            Tensor[] inputs = [Floats("x", [size], new float[size])];
            Assert.Same(programs.Generic, Rent(programs, inputs)); // never seen
            Assert.Same(programs.Generic, Rent(programs, inputs)); // being made from now on
            await UntilAsync(() => !ReferenceEquals(Rent(programs, inputs), programs.Generic));
            Assert.InRange(programs.Count, 1, 2);
        }

        Tensor[] again = [Floats("x", [1], 1)];
        Assert.Same(programs.Generic, Rent(programs, again)); // it was the oldest
    }

    [Fact]
    public void A_program_in_use_outlives_its_models_end()
    {
        (NtirModule module, _) = NbcCompilation.Import(_folder.Write("model.onnx", Doubling()), allowFallback: false);
        ShapePrograms programs = new(module, "m", new NbcBackendOptions(), NullLogger.Instance, null, _tasks);
        Tensor[] inputs = [Floats("x", [1], 4)];
        ShapePrograms.Lease lease = programs.Rent(inputs);
        programs.Dispose();
        Assert.NotNull(lease.Model.Run(Nbc.Values.TensorValue.From(ElementType.Float32, [4f], 1))[0]);
        lease.Dispose();
        Assert.Throws<ObjectDisposedException>(() => programs.Rent(inputs));
    }

    [Fact]
    public async Task A_run_beyond_its_memory_is_a_limit_that_was_reached()
    {
        using IBackendModel model = await LoadAsync(
            Doubling(twice: true), new NbcBackendOptions { MaxRunBytes = 1 << 20 });
        BackendException refused = await FailedAsync(model, Set(Floats("x", [1 << 20], new float[1 << 20])), null);
        Assert.Equal(BackendFault.LimitReached, refused.Fault);
        Assert.Contains("NBC4001", refused.Message, StringComparison.Ordinal);
        using TensorSet small = await model.RunAsync(Set(Floats("x", [1], 1)), null, Cancel);
        Assert.Equal([4f], Read(small, "y"));
    }

    [Fact]
    public async Task An_account_that_is_empty_ends_the_run_and_gets_all_back()
    {
        ResourceManager resources = new("test", 16);
        ResourceAccount account = resources.Root.OpenChild("nbc", (ResourceKind.Memory, 1 << 20));
        using (IBackendModel model = await LoadAsync(Doubling(twice: true), account: account))
        {
            BackendException refused = await FailedAsync(
                model, Set(Floats("x", [1 << 20], new float[1 << 20])), null);
            Assert.Equal(BackendFault.LimitReached, refused.Fault);
            using TensorSet small = await model.RunAsync(Set(Floats("x", [1], 1)), null, Cancel);
            Assert.Equal([4f], Read(small, "y"));
        }

        Assert.Equal(0, account.GetUse(ResourceKind.Memory).InUse);
    }

    [Fact]
    public async Task What_the_engine_lacks_runs_on_ONNX_Runtime_inside_the_program()
    {
        byte[] bytes = WithForeignPart();
        using IBackendModel model = await LoadAsync(bytes);
        using TensorSet outputs = await model.RunAsync(
            Set(Floats("x", [2, 2], 1, 2, 3, 4)), null, Cancel);
        using IBackendModel direct = await _folder.LoadAsync(bytes);
        using TensorSet expected = await direct.RunAsync(
            Set(Floats("x", [2, 2], 1, 2, 3, 4)), null, Cancel);
        Assert.Equal([-1f, -2f, -3f, -4f], Read(outputs, "y"));
        Assert.Equal(Read(expected, "y"), Read(outputs, "y"));
        Assert.Equal("nbc", outputs.Engine);
    }

    [Fact]
    public async Task What_the_engine_lacks_is_refused_by_name_when_it_may_not_fall_back()
    {
        BackendException refused = await Assert.ThrowsAsync<BackendException>(
            () => LoadAsync(WithForeignPart(), new NbcBackendOptions { AllowFallback = false }));
        Assert.Equal(BackendFault.UnsupportedModel, refused.Fault);
        Assert.Contains(ForeignOperator, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("there is no model file 'none.onnx'", "none.onnx", null)]
    [InlineData("'empty.onnx' is empty", "empty.onnx", new byte[0])]
    [InlineData("'noise.onnx' cannot be run by Noodle's own engine", "noise.onnx", new byte[] { 255, 255, 255 })]
    public async Task A_file_that_is_no_model_is_one_sentence(string message, string name, byte[]? content)
    {
        string path = content is null ? Path.Combine(_folder.Root, name) : _folder.Write(name, content);
        BackendException refused = await Assert.ThrowsAsync<BackendException>(
            async () => await Backend().LoadAsync(path, Cancel));
        Assert.Equal(BackendFault.UnreadableModel, refused.Fault);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_folder.Root, refused.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    // An operator of ONNX Runtime for which Noodle has no kernel; it gives its operand back.
    internal const string ForeignOperator = "SampleOp";

    internal static byte[] WithForeignPart() => Join(Model(Graph(
        Node("Relu", ["x"], ["r"]),
        Node(ForeignOperator, ["r"], ["t"], "com.microsoft"),
        Node("Neg", ["t"], ["y"]),
        Input("x", ElementType.Float32, 2, 2), Output("y", ElementType.Float32, 2, 2))),
        Bytes(8, Join(Text(1, "com.microsoft"), Int(2, 1))));

    private static byte[] Doubling(bool twice = false) => Model(twice
        ? Graph(Node("Add", ["x", "x"], ["d"]), Node("Add", ["d", "d"], ["y"]),
            Input("x", ElementType.Float32, "n"), Output("y", ElementType.Float32, "n"))
        : Graph(Node("Add", ["x", "x"], ["y"]),
            Input("x", ElementType.Float32, "n"), Output("y", ElementType.Float32, "n")));

    internal static byte[] EndlessLoop()
    {
        byte[] body = Graph(
            Node("Identity", ["go"], ["go2"]), Node("Add", ["v", "v"], ["v2"]),
            Value(11, "i", 7, []), Value(11, "go", 9, []), Value(11, "v", 1, []),
            Value(12, "go2", 9, []), Value(12, "v2", 1, []));
        return Model(Graph(
            Node("Loop", ["trips", "on", "x"], ["y"], "", Bytes(5, Join(Text(1, "body"), Bytes(6, body), Int(20, 5)))),
            Value(11, "trips", 7, []), Value(11, "on", 9, []), Value(11, "x", 1, []), Value(12, "y", 1, [])));
    }

    private static TensorSet Trips(long count) => Set(
        new Tensor("trips", ElementType.Int64, [], BitConverter.GetBytes(count)),
        new Tensor("on", ElementType.Bool, [], new byte[] { 1 }), Floats("x", [], 1));

    private static NbcBackend Backend(NbcBackendOptions? options = null, IResourceAccount? account = null) =>
        new(options ?? new NbcBackendOptions(), NullLogger<NbcBackend>.Instance, account);

    private async Task<IBackendModel> LoadAsync(
        byte[] bytes, NbcBackendOptions? options = null, IResourceAccount? account = null) =>
        await Backend(options, account).LoadAsync(_folder.Write("model.onnx", bytes), Cancel);

    private static async Task<BackendException> FailedAsync(IBackendModel model, TensorSet inputs, string[]? outputs) =>
        await Assert.ThrowsAsync<BackendException>(async () => await model.RunAsync(inputs, outputs, Cancel));

    private static Nbc.Runtime.Machine.NbcModel Rent(ShapePrograms programs, Tensor[] inputs)
    {
        using ShapePrograms.Lease lease = programs.Rent(inputs);
        return lease.Model;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        while (!condition())
        {
            await Task.Yield();
            limit.Token.ThrowIfCancellationRequested();
        }
    }

    private static float[] Read(TensorSet outputs, string name)
    {
        Assert.True(outputs.TryGet(name, out Tensor? tensor));
        return System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(tensor.Data.Span).ToArray();
    }
}
