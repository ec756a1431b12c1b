using System.Text.Json;

namespace Noodle.Bench.Tests;

public sealed class ClusterTests
{
    [Theory]
    [InlineData("--nodes", "takes a number from 2 to 100")]
    [InlineData("--nodes 1", "takes a number from 2 to 100")]
    [InlineData("--runs 0", "takes a number from 1 to 100")]
    [InlineData("--freeze-minutes x", "takes a number from 0 to 60")]
    [InlineData("--frogs 1", "'--frogs' is not understood")]
    public async Task What_cannot_be_meant_is_said(string arguments, string expected)
    {
        var progress = new StringWriter();
        int code = await BenchCommand.RunAsync(
            ["cluster", .. arguments.Split(' ')], Verbs.All, TextWriter.Null, progress,
            TestContext.Current.CancellationToken);
        Assert.Equal(2, code);
        Assert.Contains(expected, progress.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Real_processes_find_each_other_and_notice_a_killed_one()
    {
        var output = new StringWriter();
        int code = await BenchCommand.RunAsync(["cluster", "--nodes", "3", "--runs", "1", "--json"], Verbs.All, output,
            TextWriter.Null, TestContext.Current.CancellationToken);
        Assert.Equal(0, code);
        using JsonDocument report = JsonDocument.Parse(output.ToString());
        Assert.Equal(1, report.RootElement.GetProperty("allSeeAllMs").GetProperty("samples").GetInt32());
        Assert.Equal(2, report.RootElement.GetProperty("failedMs").GetProperty("samples").GetInt32());
        Assert.Equal(0, report.RootElement.GetProperty("falsePositives").GetInt32());
    }
}
