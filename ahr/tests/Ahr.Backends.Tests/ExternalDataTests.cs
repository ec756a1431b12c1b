using Ahr.Backends.OnnxRuntime;
using Nbc.Tensors;
using static Ahr.Backends.Tests.OnnxBytes;

namespace Ahr.Backends.Tests;

[Collection("engine")] // one listener in a process: a test that reads its log must not share it
public sealed class ExternalDataTests : IDisposable
{
    private readonly ModelFolder _folder = new();

    [Fact]
    public async Task Weights_beside_the_model_are_read()
    {
        _folder.Write("w.bin", [.. new byte[4], .. BitConverter.GetBytes(2.5f), .. BitConverter.GetBytes(-1f)]);
        using IBackendModel model = await _folder.LoadAsync(Adding(External("w", 2, "w.bin", "4", "8")));
        using TensorSet inputs = ModelFolder.Set(ModelFolder.Floats("x", [2], 1, 1));
        using TensorSet outputs = await model.RunAsync(inputs, null, TestContext.Current.CancellationToken);
        Assert.Equal(ModelFolder.Floats("y", [2], 3.5f, 0).Data.ToArray(), outputs.Tensors[0].Data.ToArray());
    }

    public static TheoryData<string, string, string, string> Refusals => new()
    {   // location           offset  length   message
        { "../w.bin",         "0",    "8",     "which is not in its own folder" },
        { "sub/../../w.bin",  "0",    "8",     "which is not in its own folder" },
        { "/etc/passwd",      "0",    "8",     "which is not in its own folder" },
        { "C:\\w.bin",        "0",    "8",     "which is not in its own folder" },
        { "..\\w.bin",        "0",    "8",     "which is not in its own folder" },
        { "C:w.bin",          "0",    "8",     "which is not in its own folder" },
        { "./w.bin",          "0",    "8",     "which is not in its own folder" },
        { "a\0b",             "0",    "8",     "which is not in its own folder" },
        { "",                 "0",    "8",     "which is not in its own folder" },
        { "gone.bin",         "0",    "8",     "which is missing" },
        { "link.bin",         "0",    "8",     "which is a link" },
        { "linked/w.bin",     "0",    "8",     "which is a link" },
        { "w.bin",            "1",    "8",     "does not have" },
        { "w.bin",            "9",    "",      "does not have" },
        { "w.bin",            "0",    "9223372036854775807", "does not have" },
        { "w.bin",            "-1",   "8",     "does not have" },
        { "w.bin",            "9223372036854775808", "8", "does not have" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Other_places_and_other_sizes_are_refused(
        string location, string offset, string length, string message)
    {
        _folder.Write("w.bin", new byte[8]);
        File.CreateSymbolicLink(Path.Combine(_folder.Root, "link.bin"), Path.Combine(_folder.Root, "w.bin"));
        Directory.CreateDirectory(Path.Combine(_folder.Root, "real"));
        _folder.Write("real/w.bin", new byte[8]);
        Directory.CreateSymbolicLink(Path.Combine(_folder.Root, "linked"), Path.Combine(_folder.Root, "real"));
        string path = _folder.Write("m.onnx", Adding(External("w", 2, location, offset, length)));
        BackendException refused = await _folder.RefusedAsync(path);
        Assert.Equal(BackendFault.UnreadableModel, refused.Fault);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\0', refused.Message);
    }

    [Fact]
    public void External_data_is_found_wherever_a_tensor_can_stand()
    {
        byte[] tensor = ExternalTensor("t", 1, "inner", "0", "");
        byte[] sparse = Join(Bytes(1, tensor), Bytes(2, ExternalTensor("t", 1, "inner2", "0", "")), Int(3, 1));
        Dictionary<string, byte[]> models = new()
        {
            ["attribute"] = Model(Graph(Node("X", [], ["y"], "", Bytes(5, Join(Text(1, "value"), Bytes(5, tensor)))))),
            ["attributes"] = Model(Graph(Node("X", [], ["y"], "", Bytes(5, Bytes(10, tensor))))),
            ["sparse attribute"] = Model(Graph(Node("X", [], ["y"], "", Bytes(5, Bytes(22, sparse))))),
            ["sparse initializer"] = Model(Graph(Bytes(15, sparse))),
            ["subgraph"] = Model(Graph(Node("If", ["c"], ["y"], "", Bytes(5, Bytes(6, Graph(Bytes(5, tensor))))))),
            ["function"] = Model(
                Graph(),
                17,
                Bytes(25, Join(Text(1, "f"), Bytes(7, NodeBody("X", [], ["y"], "", Bytes(5, Bytes(5, tensor))))))),
        };
        foreach ((string where, byte[] model) in models)
        {
            OnnxFile? file = OnnxFile.Read(new MemoryStream(model));
            Assert.True(file?.External.Any(data => data.Location == "inner"), where);
        }
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Adding(byte[] weight) => Model(Graph(
        weight,
        Node("Add", ["x", "w"], ["y"]),
        Input("x", ElementType.Float32, 2),
        Output("y", ElementType.Float32, 2)));
}
