using System.Text;
using Nbc.Tensors;
using static Ahr.Backends.Tests.ModelFolder;
using static Ahr.Backends.Tests.OnnxBytes;

namespace Ahr.Backends.Tests;

[Collection("engine")] // one listener in a process: a test that reads its log must not share it
public sealed class RunTests : IDisposable
{
    private readonly ModelFolder _folder = new();

    public static TheoryData<ElementType> EveryType =>
        [.. ElementTypes.All.Where(type => type != ElementType.String && ElementTypes.NameOf(type) != "UNDEFINED")];

    [Theory]
    [MemberData(nameof(EveryType))]
    public async Task Every_element_type_comes_back_bit_for_bit(ElementType type)
    {
        using IBackendModel model = await _folder.LoadAsync(Identity(type, "n", 3));
        foreach (int misaligned in new[] { 0, 1 })
        {
            byte[] memory = new byte[misaligned + (6 * ElementTypes.SizeOf(type))];
            new Noodle.Primitives.Prng(42).Fill(memory);
            memory.AsSpan().Replace(memory, (byte)0, (byte)1);
            if (type == ElementType.Bool)
            {
                new byte[] { 0, 1, 1, 0, 1, 0 }.CopyTo(memory, misaligned);
            }

            ReadOnlyMemory<byte> data = memory.AsMemory(misaligned);
            using TensorSet outputs = await model.RunAsync(Set(new Tensor("x", type, [2, 3], data)), null, default);
            Tensor y = Assert.Single(outputs.Tensors);
            Assert.Equal(("y", type), (y.Name, y.Type));
            Assert.Equal([2, 3], y.Shape);
            Assert.Equal(data.ToArray(), y.Data.ToArray());
        }
    }

    [Fact]
    public async Task Strings_keep_every_byte()
    {
        byte[][] texts = [[0xFF, 0xFE], [], "a\0b"u8.ToArray(), Encoding.UTF8.GetBytes("noodle \U0001F35C")];
        byte[] data = [.. texts.SelectMany(text => BitConverter.GetBytes(text.Length).Concat(text))];
        using IBackendModel model = await _folder.LoadAsync(Identity(ElementType.String, "n"));
        using TensorSet outputs = await model.RunAsync(
            Set(new Tensor("x", ElementType.String, [4], data)), ["y"], default);
        Assert.Equal(data, outputs.Tensors[0].Data.ToArray());
    }

    [Fact]
    public async Task Empty_tensors_and_scalars_pass()
    {
        using IBackendModel rows = await _folder.LoadAsync(Identity(ElementType.Float32, "n", 3));
        using TensorSet empty = await rows.RunAsync(Set(Floats("x", [0, 3])), null, default);
        Assert.Equal([0, 3], empty.Tensors[0].Shape);
        Assert.True(empty.Tensors[0].Data.IsEmpty);
        using IBackendModel scalar = await _folder.LoadAsync(Identity(ElementType.Float32));
        using TensorSet one = await scalar.RunAsync(Set(Floats("x", [], 7)), null, default);
        Assert.Empty(one.Tensors[0].Shape);
        Assert.Equal(BitConverter.GetBytes(7f), one.Tensors[0].Data.ToArray());
    }

    [Fact]
    public async Task A_model_without_declared_shapes_takes_any_shape_but_not_any_type()
    {
        using IBackendModel model = await _folder.LoadAsync(Model(Graph(
            Node("Identity", ["x"], ["y"]), Value(11, "x", 1, null), Value(12, "y", 1, null))));
        using TensorSet outputs = await model.RunAsync(Set(Floats("x", [1, 2, 1], 1, 2)), null, default);
        Assert.Equal([1, 2, 1], outputs.Tensors[0].Shape);
        Assert.Equal(
            "input 'x' of 'model.onnx' takes FP32 of any shape, got INT8 [1]",
            await RefusedAsync(model, Set(new Tensor("x", ElementType.Int8, [1], new byte[1])), null));
    }

    public static TheoryData<string, Tensor[], string[]?> Mistakes => new()
    {
        { "input 'a' of 'model.onnx' takes FP32 [-1, 2], got FP32 [2]", [Floats("a", [2], 1, 2), B], null },
        { "input 'a' of 'model.onnx' takes FP32 [-1, 2], got FP32 [1, 3]", [Floats("a", [1, 3], 1, 2, 3), B], null },
        { "input 'b' of 'model.onnx' takes BOOL [1], got UINT8 [1]", [A, B with { Type = ElementType.UInt8 }], null },
        { "input 'a' is missing: 'model.onnx' takes a FP32 [-1, 2]; b BOOL [1]", [B], null },
        { "input 'a' is given twice: give it once", [A, A, B], null },
        { "'model.onnx' has no input 'A', it takes a FP32 [-1, 2]; b BOOL [1]", [Floats("A", [1, 2], 1, 2), B], null },
        { "input 'a': shape [1, 2] of FP32 is 8 bytes, the data is 7", [A with { Data = new byte[7] }, B], null },
        { "input 'b' is BOOL and has a byte that is neither 0 nor 1", [A, B with { Data = new byte[] { 2 } }], null },
        { "'model.onnx' has no output 'q', it has y, z", [A, B], ["q"] },
        { "output 'y' is asked for twice: name it once", [A, B], ["y", "z", "y"] },
        { "no output is asked for: name one of y, z", [A, B], [] },
    };

    private static Tensor A => Floats("a", [1, 2], 1, 2);

    private static Tensor B => new("b", ElementType.Bool, [1], new byte[] { 1 });

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_mistake_in_a_call_is_one_sentence(string message, Tensor[] inputs, string[]? outputs)
    {
        using IBackendModel model = await _folder.LoadAsync(TwoInputs());
        Assert.Equal(message, await RefusedAsync(model, Set(inputs), outputs));
    }

    [Fact]
    public async Task Outputs_come_in_the_order_asked_for()
    {
        using IBackendModel model = await _folder.LoadAsync(TwoInputs());
        using TensorSet both = await model.RunAsync(Set(B, A), ["z", "y"], default);
        Assert.Equal(["z", "y"], both.Tensors.Select(tensor => tensor.Name));
        using TensorSet one = await model.RunAsync(Set(B, A), ["z"], default);
        Assert.Equal("z", Assert.Single(one.Tensors).Name);
    }

    [Fact]
    public async Task An_output_cannot_be_read_after_its_set_was_disposed()
    {
        using IBackendModel model = await _folder.LoadAsync(Identity(ElementType.Float32, 2));
        TensorSet outputs = await model.RunAsync(Set(Floats("x", [2], 1, 2)), null, default);
        Tensor y = outputs.Tensors[0];
        using (System.Buffers.MemoryHandle pin = y.Data.Pin())
        {
            Assert.Equal(8, y.Data.Length);
        }

        outputs.Dispose();
        outputs.Dispose();
        Assert.Throws<ObjectDisposedException>(() => y.Data.Span.Length);
    }

    [Fact]
    public async Task A_run_that_the_engine_gives_up_is_a_fault_without_its_words()
    {
        // Two tensors of any size whose sizes do not fit each other: only the engine can see that.
        using IBackendModel model = await _folder.LoadAsync(Model(Graph(
            Node("Add", ["a", "b"], ["y"]), Input("a", ElementType.Float32, "m"), Input("b", ElementType.Float32, "n"),
            Output("y", ElementType.Float32, "k"))));
        BackendException failed = await Assert.ThrowsAsync<BackendException>(async () =>
            await model.RunAsync(Set(Floats("a", [2], 1, 2), Floats("b", [3], 1, 2, 3)), null, default));
        Assert.Equal(BackendFault.RunFailed, failed.Fault);
        Assert.StartsWith(
            "ONNX Runtime could not run 'model.onnx' with these inputs", failed.Message, StringComparison.Ordinal);
        Assert.NotNull(failed.InnerException);
    }

    [Fact]
    public async Task A_long_run_is_ended_by_cancellation()
    {
        // A Loop of 2^62 trips: it ends only because it is told to.
        byte[] body = Graph(
            Node("Identity", ["go"], ["go2"]), Node("Add", ["v", "v"], ["v2"]),
            Value(11, "i", 7, []), Value(11, "go", 9, []), Value(11, "v", 1, []),
            Value(12, "go2", 9, []), Value(12, "v2", 1, []));
        byte[] model = Model(Graph(
            Node("Loop", ["trips", "on", "x"], ["y"], "", Bytes(5, Join(Text(1, "body"), Bytes(6, body), Int(20, 5)))),
            Value(11, "trips", 7, []), Value(11, "on", 9, []), Value(11, "x", 1, []), Value(12, "y", 1, [])));
        using IBackendModel loop = await _folder.LoadAsync(model);
        using CancellationTokenSource stop = new(TimeSpan.FromMilliseconds(100));
        TensorSet inputs = Set(
            new Tensor("trips", ElementType.Int64, [], BitConverter.GetBytes(1L << 62)),
            new Tensor("on", ElementType.Bool, [], new byte[] { 1 }), Floats("x", [], 1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await loop.RunAsync(inputs, null, stop.Token).AsTask().WaitAsync(TimeSpan.FromSeconds(60)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await loop.RunAsync(inputs, null, stop.Token));
    }

    [Fact]
    public async Task Many_threads_may_run_one_model()
    {
        using IBackendModel model = await _folder.LoadAsync(Identity(ElementType.Float32, 1));
        await Parallel.ForAsync(0, 200, TestContext.Current.CancellationToken, async (i, stop) =>
        {
            using TensorSet outputs = await model.RunAsync(Set(Floats("x", [1], i)), null, stop);
            Assert.Equal(i, BitConverter.ToSingle(outputs.Tensors[0].Data.Span));
        });
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] TwoInputs() => Model(Graph(
        Node("Identity", ["a"], ["y"]), Node("Not", ["b"], ["z"]),
        Input("a", ElementType.Float32, "n", 2), Input("b", ElementType.Bool, 1),
        Output("y", ElementType.Float32, "n", 2), Output("z", ElementType.Bool, 1)));

    private static async Task<string> RefusedAsync(IBackendModel model, TensorSet inputs, string[]? outputs)
    {
        BackendException refused = await Assert.ThrowsAsync<BackendException>(
            async () => await model.RunAsync(inputs, outputs, default));
        Assert.Equal(BackendFault.InvalidInput, refused.Fault);
        return refused.Message;
    }
}
