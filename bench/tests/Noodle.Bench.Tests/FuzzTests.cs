using System.Text.Json;
using Noodle.Bench.Fuzzing;

namespace Noodle.Bench.Tests;

public sealed class FuzzTests
{
    public static TheoryData<string> Targets => [.. FuzzTargets.All.Select(each => each.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void A_target_takes_what_it_is_given(string name)
    {
        FuzzTarget target = FuzzTargets.All.First(each => each.Name == name);
        FuzzReport report = FuzzRun.Run(
            target, 1, 3000, TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        Assert.True(report.Finding is null, $"{report.Finding}\n{Convert.ToBase64String(report.Input ?? [])}");
    }

    [Fact]
    public void A_failure_is_found_with_its_input()
    {
        FuzzTarget brittle = new("brittle", ["good"u8.ToArray()], input =>
            _ = input is [(byte)'g', ..] ? 0 : throw new InvalidOperationException("broken"));
        FuzzReport report = FuzzRun.Run(brittle, 1, 1_000_000, TimeSpan.FromMinutes(1), CancellationToken.None);
        Assert.Contains("broken", report.Finding, StringComparison.Ordinal);
        Assert.NotEqual((byte)'g', report.Input!.FirstOrDefault());
        FuzzTarget greedy = brittle with { Run = _ => GC.KeepAlive(new byte[FuzzRun.MaxBytes + 1]) };
        Assert.Contains("allocated",
            FuzzRun.Run(greedy, 1, 10, TimeSpan.FromMinutes(1), CancellationToken.None).Finding,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_verb_prints_a_report()
    {
        using StringWriter output = new(), progress = new();
        int code = await BenchCommand.RunAsync(
            ["fuzz", "--target", "nbc-text", "--minutes", "0.05", "--seed", "3"], Verbs.All, output, progress,
            CancellationToken.None);
        Assert.Equal((0, ""), (code, progress.ToString()));
        using JsonDocument json = JsonDocument.Parse(output.ToString());
        Assert.True(json.RootElement.GetProperty("inputs").GetInt64() > 2);
        Assert.Equal(2, await BenchCommand.RunAsync(
            ["fuzz", "--target", "nothing"], Verbs.All, output, progress, CancellationToken.None));
        Assert.Contains("nbc-container", progress.ToString(), StringComparison.Ordinal);
    }
}
