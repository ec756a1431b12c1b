using System.Text.Json;
using Noodle.Bench.Overhead;

namespace Noodle.Bench.Tests;

/// <summary>The real measurements, a few calls long: real nodes answer, and nothing is said of how fast.</summary>
public sealed class OverheadTests
{
    [Fact]
    public async Task A_node_is_measured_against_ONNX_Runtime_and_says_where_its_time_went() => Assert.Equal(
        ["onnx runtime", "noodle's backend", "GET /v2/health/live", "whole node", "of it: router and engine",
            "of it: engine"],
        await MeasureAsync(ServeOverheadVerb.Verb));

    [Fact]
    public async Task A_call_is_measured_where_the_model_is_and_over_the_link() => Assert.Equal(
        ["GET /v2/health/live", "at the node that has it", "at the other node", "here: router and engine",
            "here: engine", "there: router, link, engine", "there: engine"],
        await MeasureAsync(RemoteOverheadVerb.Verb));

    private static async Task<string[]> MeasureAsync(Verb verb)
    {
        using StringWriter output = new(), progress = new();
        int code = await BenchCommand.RunAsync(
            [verb.Name, "--json", "--samples", "3", "--warm-up", "2"], [verb], output, progress, CancellationToken.None)
            .WaitAsync(TimeSpan.FromMinutes(5));
        Assert.True(code == 0, progress.ToString());
        using JsonDocument report = JsonDocument.Parse(output.ToString());
        Assert.Single(report.RootElement.GetProperty("verdicts").EnumerateArray());
        JsonElement[] series = [.. report.RootElement.GetProperty("series").EnumerateArray()];
        Assert.All(series, one => Assert.Equal(3, one.GetProperty("samples").GetInt32()));
        Assert.All(series, one => Assert.True(one.GetProperty("p50Us").GetDouble() > 0));
        return [.. series.Select(one => one.GetProperty("name").GetString()!)];
    }
}
