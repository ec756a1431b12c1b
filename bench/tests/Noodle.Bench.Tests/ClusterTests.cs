using System.Text.Json;
using Noodle.Bench.Cluster;

namespace Noodle.Bench.Tests;

public sealed class ClusterTests
{
    [Theory]
    [InlineData("--nodes", "takes a number from 1 to 100")]
    [InlineData("--nodes 0", "takes a number from 1 to 100")]
    [InlineData("--runs 0", "takes a number from 1 to 100")]
    [InlineData("--freeze-minutes x", "takes a number from 0 to 60")]
    [InlineData("--idle-seconds 601", "takes a number from 0 to 600")]
    [InlineData("--command", "'--command' is not understood")]
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
        int code = await BenchCommand.RunAsync(
            ["cluster", "--nodes", "3", "--runs", "1", "--idle-seconds", "2", "--json"], Verbs.All, output,
            TextWriter.Null, TestContext.Current.CancellationToken);
        Assert.Equal(0, code);
        using JsonDocument report = JsonDocument.Parse(output.ToString());
        Assert.Equal(1, report.RootElement.GetProperty("allSeeAllMs").GetProperty("samples").GetInt32());
        Assert.Equal(2, report.RootElement.GetProperty("failedMs").GetProperty("samples").GetInt32());
        Assert.Equal(0, report.RootElement.GetProperty("falsePositives").GetInt32());
        if (OperatingSystem.IsLinux())
        {
            Assert.Equal(3, report.RootElement.GetProperty("startCpuMs").GetProperty("samples").GetInt32());
            JsonElement idle = report.RootElement.GetProperty("idle");
            Assert.InRange(idle.GetProperty("wakeupsPerSecond").GetProperty("p50").GetDouble(), 1, 5_000);
            Assert.InRange(idle.GetProperty("residentMb").GetProperty("p50").GetDouble(), 10, 2_000);
        }
    }

    [Fact]
    public void What_a_process_used_can_be_read_and_one_that_is_gone_has_nothing_to_tell()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux tells it under /proc");
        ProcessUse before = ProcessUse.Read(Environment.ProcessId)!.Value;
        for (long end = Environment.TickCount64 + 100; Environment.TickCount64 < end;)
        {
            Thread.SpinWait(100);
        }

        ProcessUse after = ProcessUse.Read(Environment.ProcessId)!.Value;
        Assert.InRange(after.CpuMs - before.CpuMs, 10, 60_000);
        Assert.True(after.ResidentMb > 1);
        Assert.Null(ProcessUse.Read(int.MaxValue));
    }

    [Fact]
    public void The_cost_of_rest_is_the_difference_over_the_time()
    {
        ProcessUse?[] before = [new ProcessUse(100, 10, 50), null], after = [new ProcessUse(150, 70, 60), null];
        IdleCost cost = IdleCost.Between(before, after, TimeSpan.FromSeconds(2))!;
        Assert.Equal((25.0, 30.0, 60.0), (cost.CpuMsPerSecond.P50, cost.WakeupsPerSecond.P50, cost.ResidentMb.P50));
        Assert.Equal(1, cost.CpuMsPerSecond.Samples);
        Assert.Null(IdleCost.Between([null], [null], TimeSpan.FromSeconds(2)));
    }
}
