using System.Text.Json;
using Noodle.Cli.CommandLine;

namespace Noodle.Cli.Tests.Processes;

public sealed class NbcCommandTests
{
    private const string Text = """
        nbc 1
        input x : f32 [2]
        output y : f32 [2]
        const two = f32 [] [2.0]
        func main (r0) -> (r1) {
            registers 2
            PUSH "doubling"
            PRINT
            TENSOR_MUL r1 = r0, @two
            RET
        }

        """;

    [Fact]
    public async Task A_program_is_assembled_disassembled_verified_and_run()
    {
        using TemporaryFolder folder = new();
        string text = folder.File("double.nbca"), container = folder.File("double.nbc");
        string input = folder.File("x.json");
        await File.WriteAllTextAsync(text, Text, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(input, "[1.5, -2]", TestContext.Current.CancellationToken);
        Assert.Contains("1 functions", (await Command.RunAsync("nbc", "asm", text, container)).AssertGood().Output,
            StringComparison.Ordinal);
        Assert.StartsWith("NBC\0", await File.ReadAllTextAsync(container, TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
        string again = (await Command.RunAsync("nbc", "dis", container)).AssertGood().Output;
        Assert.Equal(Text.Replace("func", "entry main\n\nfunc", StringComparison.Ordinal), again);
        Assert.Equal("legal\n", (await Command.RunAsync("nbc", "verify", container)).AssertGood().Output);
        string[] run = ["nbc", "run", container, "-i", input];
        Assert.StartsWith("doubling\ny FP32 [2]\n", (await Command.RunAsync(run)).AssertGood().Output,
            StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(
            (await Command.RunAsync([.. run, "-o", "json"])).AssertGood().Output);
        Assert.Equal("doubling", json.RootElement.GetProperty("printed")[0].GetString());
        Assert.Equal([3.0, -4.0], json.RootElement.GetProperty("outputs")[0].GetProperty("data").EnumerateArray()
            .Select(each => each.GetDouble()));
    }

    [Fact]
    public async Task What_is_wrong_is_said_in_one_sentence()
    {
        using TemporaryFolder folder = new();
        string file = folder.File("p.nbca");
        await File.WriteAllTextAsync(file, "nbc 1\nfunc f () -> () {\nFLY\n}", TestContext.Current.CancellationToken);
        CommandEnd end = await Command.RunAsync("nbc", "run", file);
        Assert.Equal(ExitCodes.Usage, end.ExitCode);
        Assert.Contains("line 3, column 1: an instruction is expected, 'FLY' was found", end.Error,
            StringComparison.Ordinal);
        await File.WriteAllTextAsync(
            file, "nbc 1\nfunc f () -> () {\nADD\nRET\n}", TestContext.Current.CancellationToken);
        end = await Command.RunAsync("nbc", "verify", file, "-o", "json");
        Assert.Equal(ExitCodes.Failed, end.ExitCode);
        using JsonDocument json = JsonDocument.Parse(end.Output);
        Assert.Equal("WrongStack", json.RootElement.GetProperty("faults")[0].GetProperty("kind").GetString());
        await File.WriteAllTextAsync(
            file, "nbc 1\nfunc f () -> () {\na:\nJMP a\n}", TestContext.Current.CancellationToken);
        end = await Command.RunAsync("nbc", "run", file, "--instructions", "1000");
        Assert.Equal(ExitCodes.Failed, end.ExitCode);
        Assert.Contains("NBC1006 in f", end.Error, StringComparison.Ordinal);
    }
}
