using System.Text.Json;
using Noodle.Cli.CommandLine;

namespace Noodle.Cli.Tests.Processes;

/// <summary>Models on this machine, without any node: import, show, dis, verify, conformance, run.</summary>
public sealed class EngineCommandTests
{
    private static string Model => Command.Sample("digits.onnx");

    [Fact]
    public async Task A_model_is_imported_explained_and_written_and_what_was_written_is_the_same_model()
    {
        using TemporaryFolder folder = new();
        string to = folder.File("digits.ntir");
        CommandEnd imported = (await Command.RunAsync("import", Model, "-o", to, "--explain")).AssertGood();
        Assert.Contains("all of them Noodle's own", imported.Output, StringComparison.Ordinal);
        Assert.Contains("operator set ai.onnx", imported.Output, StringComparison.Ordinal);
        Assert.Contains("ai.onnx.Conv version", imported.Output, StringComparison.Ordinal);
        Assert.StartsWith("\"ntir.module\"()", await File.ReadAllTextAsync(
            to, TestContext.Current.CancellationToken), StringComparison.Ordinal);

        string image = Command.Sample("seven.png");
        string[] run = ["--input", image, "-o", "json", "--backend", "nbc"];
        Assert.Equal(
            Parse(await Command.RunAsync(["run", Model, .. run])).GetProperty("outputs").GetRawText(),
            Parse(await Command.RunAsync(["run", to, .. run])).GetProperty("outputs").GetRawText());
    }

    [Fact]
    public async Task An_import_is_told_as_JSON_by_either_form_of_the_option()
    {
        foreach (string[] option in new string[][] { ["-o", "json"], ["--output", "json"] })
        {
            JsonElement told = Parse(await Command.RunAsync(["import", Model, .. option]));
            Assert.True(told.GetProperty("operations").GetInt32() > 3);
            Assert.Equal(0, told.GetProperty("fallbacks").GetArrayLength());
            Assert.True(told.GetProperty("operatorSets").GetProperty("ai.onnx").GetInt64() > 0);
        }
    }

    [Fact]
    public async Task A_model_is_shown_with_what_it_takes_and_needs()
    {
        CommandEnd shown = (await Command.RunAsync("show", Model)).AssertGood();
        Assert.Contains("image: f32 [", shown.Output, StringComparison.Ordinal);
        Assert.Contains("conv", shown.Output, StringComparison.Ordinal);
        JsonElement json = Parse(await Command.RunAsync("show", Model, "-o", "json"));
        Assert.True(json.GetProperty("parameters").GetInt64() > 1_000);
        Assert.True(json.GetProperty("flops").GetDouble() > json.GetProperty("parameters").GetInt64());
        Assert.Equal("image", json.GetProperty("inputs")[0].GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_model_is_disassembled()
    {
        CommandEnd text = (await Command.RunAsync("dis", Model)).AssertGood();
        Assert.Contains("TENSOR_CONV", text.Output, StringComparison.Ordinal);
        Assert.Contains("func main", text.Output, StringComparison.Ordinal);
        Assert.Contains(
            "const conv2.weight : f32 [32, 16, 3, 3] blob \"sha256:", text.Output, StringComparison.Ordinal);
        CommandEnd full = (await Command.RunAsync("dis", Model, "--full")).AssertGood();
        Assert.Contains("const conv2.weight = f32 [32, 16, 3, 3] [", full.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_is_verified_with_made_up_and_with_given_inputs()
    {
        CommandEnd verified = (await Command.RunAsync("verify", Model, "--seed", "7")).AssertGood();
        Assert.EndsWith("equal\n", verified.Output, StringComparison.Ordinal);
        Assert.Contains("--seed 7", verified.Error, StringComparison.Ordinal);
        JsonElement json = Parse(await Command.RunAsync(
            "verify", Model, "--against", "onnxruntime", "--input", Command.Sample("seven.png"), "-o", "json"));
        Assert.True(json.GetProperty("equal").GetBoolean());
        Assert.True(json.GetProperty("compared").GetInt32() > 2);
        Assert.Equal(2, json.GetProperty("outputs").GetArrayLength());
    }

    [Fact]
    public async Task A_file_runs_on_the_engine_that_is_named()
    {
        string[] run = ["run", Model, "--input", Command.Sample("seven.png")];
        foreach ((string backend, string title) in new[]
        {
            ("nbc", "Noodle's own engine (nbc)"), ("onnxruntime", "ONNX Runtime"), ("auto", "run here by"),
        })
        {
            CommandEnd end = (await Command.RunAsync([.. run, "--backend", backend])).AssertGood();
            Assert.Contains(title, end.Error, StringComparison.Ordinal);
            Assert.Contains("digit INT64", end.Output, StringComparison.Ordinal);
        }

        Assert.Equal(ExitCodes.Usage, (await Command.RunAsync([.. run, "--backend", "abacus"])).ExitCode);
    }

    [Fact]
    public async Task Conformance_counts_names_what_did_not_pass_and_ends_with_1_when_something_failed()
    {
        using TemporaryFolder folder = new();
        Write(folder, "good", [7, 0, 0, 0]);
        CommandEnd good = (await Command.RunAsync(
            "conformance", "--backend", "nbc", "--data", folder.FullName, "--json")).AssertGood();
        JsonElement report = Parse(good);
        Assert.Equal([1, 1, 0, 0, 0], new[] { "total", "passed", "failed", "refused", "random" }
            .Select(name => report.GetProperty(name).GetInt32()));
        JsonElement test = report.GetProperty("cases")[0];
        Assert.Equal(("good", "passed", ""), (test.GetProperty("name").GetString(),
            test.GetProperty("verdict").GetString(), test.GetProperty("why").GetString()));

        Write(folder, "deep/bad", [8, 0, 0, 0]);
        foreach (string backend in new[] { "nbc", "onnxruntime" })
        {
            CommandEnd bad = await Command.RunAsync("conformance", "--backend", backend, "--data", folder.FullName);
            Assert.Equal(ExitCodes.Failed, bad.ExitCode);
            Assert.Contains("failed deep/bad: test_data_set_0: output 0:", bad.Output, StringComparison.Ordinal);
            Assert.EndsWith(
                $"{backend}: 2 cases, 1 passed, 1 failed, 0 refused, 0 random\n", bad.Output, StringComparison.Ordinal);
        }

        (await Command.RunAsync(
            "conformance", "--backend", "nbc", "--data", folder.FullName, "--filter", "^good$")).AssertGood();
    }

    [Fact]
    public async Task What_is_wrong_on_the_command_line_is_one_sentence()
    {
        using TemporaryFolder folder = new();
        string empty = folder.File("empty.onnx", []), noise = folder.File("noise.onnx", [255, 255]);
        foreach (string verb in new[] { "import", "show", "dis", "verify" })
        {
            (await Command.RunAsync(verb, folder.File("none.onnx"))).AssertRefused(ExitCodes.Usage, "none.onnx");
            (await Command.RunAsync(verb, empty)).AssertRefused(ExitCodes.Usage, "empty");
            (await Command.RunAsync(verb, noise)).AssertRefused(ExitCodes.Failed, "noise.onnx");
        }

        string[] conformance = ["conformance", "--backend", "nbc", "--data"];
        (await Command.RunAsync([.. conformance, folder.FullName])).AssertRefused(ExitCodes.Usage, "model.onnx");
        (await Command.RunAsync([.. conformance, folder.File("none")])).AssertRefused(ExitCodes.Usage, "none");
        (await Command.RunAsync([.. conformance, folder.FullName, "--filter", "("]))
            .AssertRefused(ExitCodes.Usage, "--filter");
    }

    // A folder as ONNX's backend tests have them: the model gives its INT32 input back.
    private static void Write(TemporaryFolder folder, string name, byte[] expected)
    {
        string home = Directory.CreateDirectory(Path.Combine(folder.FullName, name)).FullName;
        string data = Directory.CreateDirectory(Path.Combine(home, "test_data_set_0")).FullName;
        byte[] graph =
        [
            .. Field(1, [.. Text(1, "x"), .. Text(2, "y"), .. Text(4, "Identity")]),
            .. Text(2, "g"), .. Port(11, "x"), .. Port(12, "y"),
        ];
        File.WriteAllBytes(
            Path.Combine(home, "model.onnx"), [8, 8, .. Field(8, [.. Text(1, ""), 16, 13]), .. Field(7, graph)]);
        File.WriteAllBytes(Path.Combine(data, "input_0.pb"), [8, 1, 16, 6, .. Field(9, [7, 0, 0, 0])]);
        File.WriteAllBytes(Path.Combine(data, "output_0.pb"), [8, 1, 16, 6, .. Field(9, expected)]);
    }

    private static byte[] Field(int number, byte[] value) => [(byte)((number << 3) | 2), (byte)value.Length, .. value];

    private static byte[] Text(int number, string text) => Field(number, System.Text.Encoding.UTF8.GetBytes(text));

    // An INT32 tensor of one element.
    private static byte[] Port(int number, string name) => Field(
        number, [.. Text(1, name), .. Field(2, Field(1, [8, 6, .. Field(2, Field(1, [8, 1]))]))]);

    private static JsonElement Parse(CommandEnd end) =>
        JsonDocument.Parse(end.AssertGood().Output).RootElement;
}
