using Ahr.Backends.OnnxRuntime;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Nbc.Tensors;
using static Ahr.Backends.Tests.OnnxBytes;

namespace Ahr.Backends.Tests;

[Collection("engine")] // one listener in a process: a test that reads its log must not share it
public sealed class LoadTests : IDisposable
{
    private readonly ModelFolder _folder = new();

    [Fact]
    public async Task Inputs_and_outputs_are_described_as_the_model_declares_them()
    {
        using IBackendModel model = await _folder.LoadAsync(Identity(ElementType.Float32, "batch", 3));
        Assert.Equal("x FP32 [-1, 3]", Assert.Single(model.Inputs).ToString());
        Assert.Equal("y FP32 [-1, 3]", Assert.Single(model.Outputs).ToString());
        Assert.Equal("onnxruntime", ModelFolder.Backend.Name);
    }

    public static TheoryData<string, byte[]> NotModels => new()
    {
        { "text",             "Dear reader, this is no model."u8.ToArray() },
        { "cut short",        Identity(ElementType.Float32, 1)[..^9] },
        { "zeros",            new byte[64] },
        { "varint too long",  [.. Enumerable.Repeat((byte)0xFF, 20)] },
        { "length too long",  [0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F] },
        { "fixed past end",   [0x09, 1, 2, 3] },
        { "no graph",         Int(1, 8) },
        { "inner past outer", [0x3A, 2, 0x0A, 9] },
        { "deep graphs",      Model(Nest(OnnxFile.DeepestGraph + 1)) },
        { "long text",        Model(Graph(External("w", 1, new string('x', 5_000)))) },
    };

    [Theory]
    [MemberData(nameof(NotModels))]
    public async Task What_is_no_model_is_refused_by_name(string what, byte[] bytes)
    {
        BackendException refused = await _folder.RefusedAsync(_folder.Write("m.onnx", bytes));
        Assert.True(refused.Fault == BackendFault.UnreadableModel, what);
        Assert.StartsWith("'m.onnx' is not a whole ONNX model", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_file_is_called_empty() => Assert.Equal(
        "'m.onnx' is empty: copy or export it again",
        (await _folder.RefusedAsync(_folder.Write("m.onnx", []))).Message);

    [Fact]
    public async Task A_model_cut_anywhere_is_refused_or_lacks_something_but_never_breaks()
    {
        byte[] whole = Model(Graph(
            Node("Identity", ["x"], ["y"]), Input("x", ElementType.Float32, 2), Output("y", ElementType.Float32, 2)));
        for (int length = 1; length < whole.Length; length++)
        {
            await _folder.RefusedAsync(_folder.Write("cut.onnx", whole[..length]));
        }
    }

    [Fact]
    public void Random_bytes_never_break_the_reader() => Gen.Byte.Array[0, 300].Sample(
        bytes => OnnxFile.Read(new MemoryStream(bytes)) is null or { HasGraph: true });

    [Fact]
    public void A_damaged_model_never_breaks_the_reader()
    {
        byte[] whole = Model(Graph(External("w", 4, "a/b", "1", "2"), Node("If", ["c"], ["y"], "", Nested(1))));
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte).Array[1, 8].Sample(edits =>
        {
            byte[] damaged = [.. whole];
            foreach ((int at, byte value) in edits)
            {
                damaged[at] = value;
            }

            return OnnxFile.Read(new MemoryStream(damaged)) is null or { HasGraph: true };
        });
    }

    [Fact]
    public async Task A_missing_file_a_folder_and_an_unreadable_file_are_named()
    {
        Assert.Equal(
            "there is no model file 'no.onnx': check the path",
            (await _folder.RefusedAsync(Path.Combine(_folder.Root, "no.onnx"))).Message);
        Assert.Equal(
            "there is no model file 'no.onnx': check the path",
            (await _folder.RefusedAsync(Path.Combine(_folder.Root, "nowhere", "no.onnx"))).Message);
        Directory.CreateDirectory(Path.Combine(_folder.Root, "dir.onnx"));
        Assert.Equal(
            "'dir.onnx' is a folder: name the model file in it",
            (await _folder.RefusedAsync(Path.Combine(_folder.Root, "dir.onnx"))).Message);
        string held = _folder.Write("held.onnx", Identity(ElementType.Float32, 1));
        using FileStream lockIt = new(held, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.Equal(
            "'held.onnx' cannot be read: check its permissions and the disk",
            (await _folder.RefusedAsync(held)).Message);
    }

    [Fact]
    public async Task An_unknown_operator_is_named()
    {
        byte[] model = Model(Graph(
            Node("Noodle", ["x"], ["y"], "test.custom"), Input("x", ElementType.Float32, 1),
            Output("y", ElementType.Float32, 1)));
        BackendException refused = await _folder.RefusedAsync(_folder.Write("odd.onnx", model));
        Assert.Equal(BackendFault.UnsupportedModel, refused.Fault);
        Assert.Matches(
            "^'odd.onnx' uses operator test.custom:Noodle, which ONNX Runtime [0-9.]+ does not have: " +
            "export it with standard operators of opset 17 or lower$",
            refused.Message);
    }

    [Fact]
    public async Task A_model_from_the_future_is_unsupported()
    {
        byte[] model = Model(Graph(
            Node("Identity", ["x"], ["y"]), Input("x", ElementType.Float32, 1),
            Output("y", ElementType.Float32, 1)), 999);
        BackendException refused = await _folder.RefusedAsync(_folder.Write("new.onnx", model));
        Assert.Equal(BackendFault.UnsupportedModel, refused.Fault);
        Assert.Contains("opset 999", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_graph_that_contradicts_itself_is_not_valid()
    {
        byte[] model = Model(Graph(Node("Identity", ["nothing"], ["y"]), Output("y", ElementType.Float32, 1)));
        BackendException refused = await _folder.RefusedAsync(_folder.Write("bad.onnx", model));
        Assert.Equal(BackendFault.UnreadableModel, refused.Fault);
        Assert.Equal(
            "'bad.onnx' is an ONNX file, but its graph is not valid: check it with onnx.checker", refused.Message);
    }

    [Fact]
    public async Task Types_that_calls_cannot_carry_are_named()
    {
        const int float8 = 17;
        byte[] small = Model(
            Graph(Node("Identity", ["x"], ["y"]), Value(11, "x", float8, [1]), Value(12, "y", float8, [1])), 19);
        BackendException refused = await _folder.RefusedAsync(_folder.Write("small.onnx", small));
        Assert.Equal(BackendFault.UnsupportedModel, refused.Fault);
        Assert.Equal(
            "'small.onnx' has an input or output of an element type that calls cannot carry: " +
            "export it with ordinary tensors",
            refused.Message);

        byte[] type = Bytes(4, Bytes(1, Bytes(1, Join(Int(1, 1), Bytes(2, [])))));
        byte[] sequence = Model(Graph(
            Node("SequenceConstruct", ["x"], ["y"]), Input("x", ElementType.Float32, 1),
            Bytes(12, Join(Text(1, "y"), Bytes(2, type)))));
        refused = await _folder.RefusedAsync(_folder.Write("sequence.onnx", sequence));
        Assert.Contains("output 'y' of 'sequence.onnx' is a", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_load_can_be_cancelled()
    {
        string path = _folder.Write("m.onnx", Identity(ElementType.Float32, 1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await ModelFolder.Backend.LoadAsync(path, new CancellationToken(true)));
    }

    [Fact]
    public async Task What_the_engine_says_goes_to_the_log()
    {
        ListLogger logger = new();
        OnnxRuntimeBackend backend = new(new OnnxRuntimeOptions { Threads = 2, Spin = true }, logger);
        using (await backend.LoadAsync(
            _folder.Write("m.onnx", Identity(ElementType.Float32, 1)), TestContext.Current.CancellationToken))
        {
            OnnxRuntimeEngine.OnMessage(0, default, "c", "id", "here", "a word of the engine");
        }

        Assert.Contains("ONNX Runtime says at here: a word of the engine", logger.Lines);
        Assert.Contains(logger.Lines, line => line.EndsWith("2 threads", StringComparison.Ordinal));
        OnnxRuntimeEngine.Start(NullLogger.Instance);
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Nest(int depth) => depth == 0
        ? Graph()
        : Graph(Node("If", ["c"], ["y"], "", Bytes(5, Join(Text(1, "then_branch"), Bytes(6, Nest(depth - 1))))));

    private static byte[] Nested(int depth) => Bytes(5, Join(Text(1, "then_branch"), Bytes(6, Nest(depth))));

    private sealed class ListLogger : ILogger<OnnxRuntimeBackend>
    {
        private readonly Lock _gate = new();
        private readonly List<string> _lines = [];

        public IReadOnlyList<string> Lines
        {
            get
            {
                lock (_gate)
                {
                    return [.. _lines];
                }
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            lock (_gate)
            {
                _lines.Add(formatter(state, exception));
            }
        }
    }
}
