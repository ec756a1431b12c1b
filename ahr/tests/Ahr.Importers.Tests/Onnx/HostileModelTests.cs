using Ahr.Importers.Onnx;
using Ahr.Importers.Onnx.Proto;
using Ahr.Ntir;
using Google.Protobuf;
using Nbc.Tensors;

namespace Ahr.Importers.Tests.Onnx;

/// <summary>Models made to do harm: each ends in one sentence, soon, and with little memory.</summary>
public sealed class HostileModelTests
{
    private const long LittleMemory = 64 << 20;

    public static TheoryData<string, string, string> Places => new()
    {
        { "../weights.bin", "0", "its content is in '../weights.bin', which is not in the model's own folder" },
        { "a/../../w", "0", "its content is in 'a/../../w', which is not in the model's own folder" },
        { "/etc/passwd", "0", "its content is in '/etc/passwd', which is not in the model's own folder" },
        { "C:\\w", "0", "its content is in 'C:\\w', which is not in the model's own folder" },
        { "w\0.bin", "0", "its content is in 'w?.bin', which is not in the model's own folder" },
        { "", "0", "its content is in '', which is not in the model's own folder" },
        { "./w.bin", "0", "its content is in './w.bin', which is not in the model's own folder" },
        { "link.bin", "0", "its content is in 'link.bin', which cannot be read: it is a link" },
        { "w.bin", "13", "'w.bin' has 16 bytes, 4 from byte 13 on are asked for" },
        { "w.bin", "9223372036854775807", "'w.bin' has 16 bytes, 4 from byte 9223372036854775807 on are asked for" },
        { "w.bin", "9223372036854775808", "the offset of its content, '9223372036854775808', is no number" },
        { "w.bin", "-1", "the offset of its content, '-1', is no number" },
    };

    [Theory]
    [MemberData(nameof(Places))]
    public void Weights_outside_the_models_folder_or_outside_the_file(string location, string offset, string expected)
    {
        MemoryFiles files = new(("w.bin", new byte[16]));
        ModelProto model = External(location, offset);
        Assert.Equal(expected, Build.Fault(model, files: files).Detail);
        Assert.All(files.Asked, asked => Assert.DoesNotContain("..", asked));
    }

    [Theory]
    [InlineData("length", "5", "f32 [1] takes 4 bytes, 5 are meant for it")]
    [InlineData("length", "x", "the length of its content, 'x', is no number")]
    [InlineData("location", "w.bin", "'location' of its content is given twice")]
    [InlineData("checksum", "abc", "the checksum of its content is not 40 hexadecimal digits")]
    [InlineData("checksum", "zz00000000000000000000000000000000000000",
        "the checksum of its content is not 40 hexadecimal digits")]
    [InlineData("checksum", "0000000000000000000000000000000000000000",
        "'w.bin' is not the file that the model was saved with: its SHA-1 differs")]
    public void Entries_of_external_data_that_do_not_fit(string key, string value, string expected)
    {
        ModelProto model = External("w.bin", "0");
        model.Graph.Initializer[0].ExternalData.Add(new StringStringEntryProto { Key = key, Value = value });
        Assert.Equal(expected, Build.Fault(model, files: new MemoryFiles(("w.bin", new byte[16]))).Detail);
    }

    [Fact]
    public void A_model_in_one_file_has_no_other_files() => Assert.Equal(
        "its content is in 'w.bin', which cannot be read: only the model file itself was given",
        Build.Fault(External("w.bin", "0")).Detail);

    public static TheoryData<long[], string> Sizes => new()
    {
        { [long.MaxValue, 2], "has more than 2147483647 elements" },
        { [1L << 32, 1L << 32], "has more than 2147483647 elements" },
        { [4_000_000_000], "has more than 2147483647 elements" },
        { [-1], "is no shape of a tensor" },
        { [1 << 30], "takes 4294967296 bytes, 4 are there" },
        { [0], "takes 0 bytes, 4 are there" },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Sizes_that_the_bytes_do_not_bear_out(long[] shape, string expected)
    {
        GraphProto graph = Build.Graph("", "w");
        graph.Initializer.Add(Build.Tensor("w", ElementType.Float32, shape, 0, 0, 0, 0));
        Assert.Contains(expected, Bounded(Build.Model(17, graph)).Detail);
    }

    [Fact]
    public void A_sparse_tensor_that_grows_without_end()
    {
        GraphProto graph = Build.Graph("", "w");
        graph.SparseInitializer.Add(new SparseTensorProto
        {
            Values = Build.Tensor("w", ElementType.Bool, [0]),
            Indices = Build.Tensor("", ElementType.Int64, [0]),
            Dims = { 2_000_000_000 },
        });
        Assert.Equal("a sparse tensor of [2000000000] takes 2000000000 bytes when dense, 1073741824 are left",
            Bounded(Build.Model(17, graph)).Detail);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(31)]
    public void Graphs_deep_inside_each_other(int depth)
    {
        GraphProto graph = Build.Graph("", "c");
        for (int i = 0; i < depth; i++)
        {
            graph = Build.Graph("", $"y{i}", Build.Node(
                "If", "c", $"y{i}", ("then_branch", graph), ("else_branch", Build.Graph("", "c"))));
        }

        graph.Input.Add(Build.Value("c"));
        if (depth > 30)
        {
            Assert.Contains("messages of the file are more than 96", Bounded(Build.Model(17, graph)).Detail);
            return;
        }

        Build.Module(Build.Model(17, graph));
        Assert.Contains("graphs and functions are more than 10",
            Build.Fault(Build.Model(17, graph), Loose.Options with { MaxDepth = 10 }).Detail);
    }

    [Fact]
    public void Types_ten_thousand_deep()
    {
        byte[] type = [];
        for (int i = 0; i < 10_000; i++)
        {
            byte[] item = [10, .. Varint(type.Length), .. type];
            type = [34, .. Varint(item.Length), .. item];
        }

        byte[] value = [18, .. Varint(type.Length), .. type];
        byte[] graph = [90, .. Varint(value.Length), .. value];
        byte[] file = [8, 8, 58, .. Varint(graph.Length), .. graph];
        Assert.Contains("inside each other", Assert.Single(Import(file).Diagnostics).Detail);
    }

    [Fact]
    public void Nodes_that_wait_for_each_other() => Assert.Equal(
        "NTIR106 at model: 2 nodes wait for their own results, the one that makes 'a' among them",
        Bounded(Build.Model(17, Build.Graph("x", "c", Build.Node("Add", "x,b", "a"), Build.Node("Abs", "a", "b"),
            Build.Node("Abs", "x", "c")))).ToString());

    [Fact]
    public void A_node_that_waits_for_itself_in_its_own_body()
    {
        GraphProto then = Build.Graph("", "t", Build.Node("Neg", "y", "t"));
        Assert.Contains("wait for their own results", Bounded(Build.Model(17, Build.Graph("c", "y", Build.Node(
            "If", "c", "y", ("then_branch", then), ("else_branch", Build.Graph("", "c")))))).Detail);
    }

    [Fact]
    public void A_million_empty_messages()
    {
        byte[] nodes = [.. Enumerable.Repeat((byte[])[10, 0], 1_000_000).SelectMany(pair => pair)];
        byte[] file = [8, 8, 58, .. Varint(nodes.Length), .. nodes];
        ImportResult result = OnnxImporter.Import(
            file, NoModelFiles.Instance, Loose.Options with { MaxMessages = 100_000 });
        Assert.Equal("NTIR202 at model: the file holds more than 100000 messages",
            Assert.Single(result.Diagnostics).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("08")]
    [InlineData("3A05")]
    [InlineData("FFFFFFFFFFFFFFFFFFFFFF")]
    [InlineData("0B")]
    [InlineData("0D00")]
    [InlineData("504B0304")]
    public void Bytes_that_are_no_model(string hex) =>
        Assert.NotEmpty(Import(Convert.FromHexString(hex)).Diagnostics);

    [Fact]
    public void Names_do_not_carry_commands_to_a_terminal()
    {
        string detail = Build.Fault(Build.Model(17, Build.Graph("x", "y\u001b[2J\r\n", Build.Node("Abs", "x", "z"))))
            .ToString();
        Assert.DoesNotContain(detail, char.IsControl);
    }

    private static ImportResult Import(byte[] bytes) =>
        OnnxImporter.Import(bytes, NoModelFiles.Instance, Loose.Options);

    private static Diagnostic Bounded(ModelProto model)
    {
        byte[] bytes = model.ToByteArray();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Diagnostic fault = Assert.Single(Import(bytes).Diagnostics);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, LittleMemory);
        return fault;
    }

    private static ModelProto External(string location, string offset)
    {
        GraphProto graph = Build.Graph("", "w");
        graph.Initializer.Add(new TensorProto
        {
            Name = "w",
            DataType = (int)ElementType.Float32,
            Dims = { 1 },
            DataLocation = 1,
            ExternalData =
            {
                new StringStringEntryProto { Key = "location", Value = location },
                new StringStringEntryProto { Key = "offset", Value = offset },
            },
        });
        return Build.Model(17, graph);
    }

    private static IEnumerable<byte> Varint(int value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            yield return (byte)(value | 0x80);
        }

        yield return (byte)value;
    }
}
