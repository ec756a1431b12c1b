using System.Net.Quic;
using System.Text.Json;
using Noodle.Bench.Link;

namespace Noodle.Bench.Tests;

/// <summary>The real measurement, all small: every subject answers, and nothing is said of how fast.</summary>
public sealed class LinkVerbTests : IDisposable
{
    private static readonly LinkSizes s_tiny = new(
        MessageBytes: 128, TensorBytes: 300_000, WarmUp: TimeSpan.FromMilliseconds(1), Blocks: 9,
        BlockCalls: 3, Tensors: 9, Bursts: 9, BurstCalls: 50);

    private readonly StringWriter _output = new(), _progress = new();

    public void Dispose()
    {
        _output.Dispose();
        _progress.Dispose();
    }

    [Fact]
    public async Task The_report_has_every_subject_and_null_for_what_the_machine_has_not()
    {
        Assert.Equal(0, await RunAsync("--json", "--blocks", "2", "--tensors", "2", "--bursts", "1"));
        string line = Assert.Single(_output.ToString().TrimEnd().Split('\n'));
        using JsonDocument report = JsonDocument.Parse(line);
        JsonElement trips = report.RootElement.GetProperty("roundTrip128");
        JsonElement tensors = report.RootElement.GetProperty("tensor64MiB");
        Assert.Equal(["noodle", "tls", "grpc", "tcp", "quic"], trips.EnumerateObject().Select(one => one.Name));
        Assert.Equal(["noodle", "tls", "grpc", "tcp", "quic"], tensors.EnumerateObject().Select(one => one.Name));
        foreach (string name in (string[])["noodle", "tls", "grpc", "tcp"])
        {
            JsonElement trip = trips.GetProperty(name);
            Assert.InRange(trip.GetProperty("p50Us").GetDouble(), 0.1, trip.GetProperty("p99Us").GetDouble());
            Assert.True(trip.GetProperty("bytesAllocated").GetInt64() >= 0);
            Assert.True(tensors.GetProperty(name).GetProperty("mbPerS").GetDouble() > 0);
        }

        Assert.Equal(IsQuicHere, trips.GetProperty("quic").ValueKind != JsonValueKind.Null);
        JsonElement burst = report.RootElement.GetProperty("concurrent10000").GetProperty("noodle");
        Assert.InRange(burst.GetProperty("p50Ms").GetDouble(), 0, burst.GetProperty("p99Ms").GetDouble());
        Assert.StartsWith("one", report.RootElement.GetProperty("processes").GetString());
    }

    [Fact]
    public async Task Text_is_a_line_for_each_subject()
    {
        Assert.Equal(0, await RunAsync("--blocks", "1", "--tensors", "1", "--bursts", "1"));
        string[] lines = _output.ToString().TrimEnd().Split(Environment.NewLine);
        Assert.Equal(9, lines.Length);
        Assert.Matches(@"^tls +[\d.]+ +[\d.]+ +1\.00 +\d+ +[\d.]+ +1\.00 +\d+$", lines[4]);
        Assert.True(IsQuicHere || lines[7].EndsWith("not on this machine", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--blocks")]
    [InlineData("--blocks", "0")]
    [InlineData("--tensors", "100001")]
    [InlineData("--bursts", "x")]
    [InlineData("--what", "1")]
    public async Task What_is_not_understood_is_said(params string[] arguments)
    {
        Assert.Equal(2, await RunAsync(arguments));
        Assert.Contains("usage: Noodle.Bench link", _progress.ToString());
        Assert.Empty(_output.ToString());
    }

    [Fact]
    public async Task An_interrupt_is_said()
    {
        Assert.Equal(130, await LinkVerb.RunAsync(s_tiny, [], _output, _progress, new CancellationToken(true)));
        Assert.Contains("Interrupted", _progress.ToString());
    }

    [Fact]
    public void Bytes_that_are_not_the_ones_sent_are_a_failure()
    {
        var payload = new LinkPayload(8, 16);
        payload.CheckEcho(payload.Message);
        payload.CheckTaken(payload.Tensor.AsSpan(8));
        Assert.Throws<InvalidOperationException>(() => payload.CheckEcho(payload.Tensor));
        Assert.Throws<InvalidOperationException>(() => payload.CheckTaken(payload.Message));
    }

    private static bool IsQuicHere =>
        (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS() || OperatingSystem.IsWindows())
        && QuicListener.IsSupported;

    private Task<int> RunAsync(params string[] arguments) =>
        LinkVerb.RunAsync(s_tiny, arguments, _output, _progress, CancellationToken.None)
            .WaitAsync(TimeSpan.FromMinutes(2));
}
