using System.Security.Cryptography;
using System.Text.Json;
using Ahr.Backends.Conformance;
using Nbc.Tensors;
using Nbc.Values;
using Noodle.Bench.Models;
using Noodle.Primitives;

namespace Noodle.Bench.Tests;

public sealed class ModelsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("noodle-models-").FullName;
    private readonly StringWriter _output = new(), _progress = new();

    public void Dispose()
    {
        _output.Dispose();
        _progress.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Digits => Path.Combine(
        Path.GetDirectoryName(Path.GetDirectoryName(ModelEntry.GetFolder()))!, "samples", "models", "digits.onnx");

    private Task<int> RunAsync(params string[] arguments) =>
        BenchCommand.RunAsync(arguments, Verbs.All, _output, _progress, CancellationToken.None);

    [Fact]
    public void The_list_names_every_model_once_and_no_file_with_two_sums()
    {
        IReadOnlyList<ModelEntry> all = ModelEntry.ReadAll(ModelEntry.GetFolder());
        Assert.Equal(all.Count, all.Select(entry => entry.Name).Distinct().Count());
        Assert.All(
            all.GroupBy(entry => entry.File), file => Assert.Single(file.Select(entry => entry.Sha256).Distinct()));
        Assert.All(all, entry => Assert.True(entry.Sha256 is { Length: 64 } != entry.File.StartsWith("exported/",
            StringComparison.Ordinal), entry.Name));
    }

    [Fact]
    public void The_lock_file_names_no_address_and_a_sum_for_each_package()
    {
        using JsonDocument file = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(ModelEntry.GetFolder(), "package-lock.json")));
        Assert.DoesNotContain("://", file.RootElement.GetRawText(), StringComparison.Ordinal);
        int sums = file.RootElement.GetProperty("packages").EnumerateObject()
            .Count(package => package.Value.TryGetProperty("integrity", out _));
        Assert.Equal(6, sums);
    }

    [Fact]
    public void A_fetched_model_is_checked_by_its_sum()
    {
        File.WriteAllBytes(Path.Combine(_folder, "good"), [1, 2, 3]);
        File.WriteAllBytes(Path.Combine(_folder, "bad"), [1, 2, 4]);
        string sum = Convert.ToHexStringLower(SHA256.HashData([1, 2, 3]));
        ModelEntry good = new("g", "good", sum);
        Assert.Equal(0, FetchVerb.Check(_folder, [good, new("e", "exported/e")], _output));
        Assert.Equal(1, FetchVerb.Check(_folder, [good, new("b", "bad", sum), new("m", "none", sum)], _output));
        Assert.Contains("changed  bad", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("missing  none", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("2 models are not", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_is_compared_measured_and_profiled()
    {
        ModelEntry digits = new("digits", Digits, Inputs: new Dictionary<string, long[]> { ["image"] = [2, 1, 8, 8] });
        KernelProfile profile = new();
        ModelResult result = ModelTrial.Run(digits, _folder, profile);
        Assert.Equal(("equal", null, 0), (result.Verdict, result.Why, result.BytesPerRun));
        Assert.InRange(result.OfAllowed, 0, 1);
        Assert.True(result is { NbcMs: > 0, OrtMs: > 0, ImportMs: > 0, Ratio: > 0 });
        profile.WriteText(_output);
        Assert.Contains("TENSOR_CONV f32 [2, 1, 8, 8]", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal("missing", ModelTrial.Run(new("none", "none.onnx"), _folder).Verdict);
        Assert.Throws<InvalidOperationException>(() => ModelTrial.Run(new("digits", Digits), _folder));
    }

    [Fact]
    public void A_difference_is_seen_and_measured()
    {
        TensorValue one = TensorValue.From<float>(ElementType.Float32, [1, 100], 2);
        TensorValue two = TensorValue.From<float>(ElementType.Float32, [1.1f, 100], 2);
        Deviation apart = Deviation.Of("y", two, one, Tolerance.Float32);
        Assert.Equal(1e-3, apart.OfLargest, 1e-6);
        Assert.Equal(0.1 / (1e-4 + 1e-3), apart.OfAllowed, 0.01);
        Assert.StartsWith("y: element 0", apart.Fault, StringComparison.Ordinal);
        Assert.Equal(Deviation.None, Deviation.Of("y", one, one, Tolerance.Float32));
        TensorValue longer = TensorValue.From<float>(ElementType.Float32, [1, 100, 3], 3);
        Assert.True(double.IsPositiveInfinity(Deviation.Of("y", longer, one, Tolerance.Float32).OfAllowed));
    }

    [Fact]
    public async Task The_verb_takes_a_file_and_says_what_it_found()
    {
        byte[] relu = [.. OneNode("Relu")];
        string path = Path.Combine(_folder, "relu.onnx");
        await File.WriteAllBytesAsync(path, relu);
        Assert.Equal(0, await RunAsync("models", "--file", path, "--json"));
        using JsonDocument json = JsonDocument.Parse(_output.ToString());
        Assert.Equal("equal", json.RootElement[0].GetProperty("verdict").GetString());
        Assert.Equal(0, await RunAsync("models", "--file", path, "--profile"));
        Assert.Contains("1 equal", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, await RunAsync("models", "--only", "no such model"));
        Assert.Equal(2, await RunAsync("models", "--file"));
        Assert.Equal(2, await RunAsync("fetch", "all"));
    }

    [Fact]
    public async Task A_large_model_is_made_and_its_weights_stay_in_their_file()
    {
        Assert.Equal(0, await RunAsync("large", "--megabytes", "160", "--folder", _folder));
        Assert.Contains("weights 15", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("No second copy", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal(2, await RunAsync("large", "--megabytes", "0"));
        Assert.Equal(2, await RunAsync("large", "--what", "1"));
    }

    [Theory]
    [InlineData("page", -1, 1)]
    [InlineData("sound", -0.4, 0.4)]
    [InlineData(null, -1, 1)]
    public void What_is_drawn_is_the_same_for_a_seed_and_lies_in_its_range(string? kind, double least, double most)
    {
        TensorValue one = TensorValue.Allocate(ElementType.Float32, 1, 2, 64, 96);
        TensorValue two = TensorValue.Allocate(ElementType.Float32, 1, 2, 64, 96);
        InputDraw.Fill(one, "x", kind, null, new Prng(5));
        InputDraw.Fill(two, "x", kind, null, new Prng(5));
        Assert.True(one.Bytes().SequenceEqual(two.Bytes()));
        Assert.All(one.Span<float>().ToArray(), number => Assert.InRange(number, least, most));
        Assert.True(one.Span<float>().ToArray().Distinct().Count() > 1);
    }

    [Fact]
    public void Ids_masks_and_flags_are_drawn_by_their_names()
    {
        TensorValue ids = TensorValue.Allocate(ElementType.Int64, 1, 16);
        InputDraw.Fill(ids, "attention_mask", null, null, new Prng(1));
        Assert.Equal(14, ids.Span<long>().ToArray().Sum());
        InputDraw.Fill(ids, "token_type_ids", null, null, new Prng(1));
        Assert.All(ids.Span<long>().ToArray(), id => Assert.InRange(id, 0, 1));
        InputDraw.Fill(ids, "sr", null, 16000, new Prng(1));
        Assert.All(ids.Span<long>().ToArray(), id => Assert.Equal(16000, id));
        TensorValue flag = TensorValue.Allocate(ElementType.Bool, 1);
        InputDraw.Fill(flag, "use_cache_branch", null, 1, new Prng(1));
        Assert.Equal(1, flag.Bytes()[0]);
        Assert.Throws<InvalidOperationException>(() => InputDraw.Fill(
            TensorValue.Allocate(ElementType.Int8, 1), "x", null, null, new Prng(1)));
    }

    // An ONNX model of one operator over [4]: protobuf is a field's number and kind, then its bytes.
    private static IEnumerable<byte> OneNode(string op)
    {
        byte[] graph =
        [
            .. Field(1, [.. Field(1, "x"u8), .. Field(2, "y"u8), .. Field(4, System.Text.Encoding.UTF8.GetBytes(op))]),
            .. Field(2, "g"u8), .. Port(11, "x"u8), .. Port(12, "y"u8),
        ];
        return [8, 8, .. Field(8, [10, 0, 16, 17]), .. Field(7, graph)];
    }

    private static byte[] Port(byte field, ReadOnlySpan<byte> name) =>
        Field(field, [.. Field(1, name), .. Field(2, Field(1, [8, 1, .. Field(2, Field(1, [8, 4]))]))]);

    private static byte[] Field(byte number, ReadOnlySpan<byte> value) =>
        [(byte)((number << 3) | 2), (byte)value.Length, .. value];
}
