using System.Text.Json;

namespace Noodle.Bench.Tests;

public sealed class BenchCommandTests : IDisposable
{
    private readonly StringWriter _output = new(), _progress = new();
    private readonly List<string> _runs = [];

    public void Dispose()
    {
        _output.Dispose();
        _progress.Dispose();
    }

    private Task<int> Run(params string[] arguments)
    {
        Verb pair = new("pair", "a against b", (options, progress, cancellation) =>
            Measurement.RunAsync([Counted("a"), Counted("b")], options, progress, cancellation))
        {
            Defaults = new(1, 3),
            Bars = [new(Of: "b", Over: "a", LimitUs: 60_000_000), new(Of: "a", Over: "b", LimitUs: -60_000_000)],
        };
        Verb broken = new("broken", "fails", (_, _, _) => throw new InvalidOperationException("no model"));
        Verb stopped = new("stopped", "is interrupted", (options, progress, _) =>
            Measurement.RunAsync([Counted("a")], options, progress, new CancellationToken(true)));
        return BenchCommand.RunAsync(
            arguments, [pair, broken, stopped, TensorJsonVerb.Verb], _output, _progress, CancellationToken.None);
    }

    private Subject Counted(string name) => new(name, _ =>
    {
        _runs.Add(name);
        GC.KeepAlive(new byte[100_000]);
        return ValueTask.CompletedTask;
    });

    [Fact]
    public async Task Subjects_take_turns_and_every_run_after_the_warm_up_counts()
    {
        Assert.Equal(0, await Run("pair", "--json", "--samples", "4", "--warm-up", "2"));
        string[] rounds = [.. _runs.Chunk(2).Select(round => string.Concat(round))];
        Assert.Equal(6, rounds.Length);
        Assert.Equal(["ab", "ba"], rounds.Distinct().Order());
        using JsonDocument report = JsonDocument.Parse(_output.ToString());
        Assert.Equal("pair", report.RootElement.GetProperty("verb").GetString());
        Assert.Contains("cores", report.RootElement.GetProperty("machine").GetString());
        JsonElement first = report.RootElement.GetProperty("series")[0];
        Assert.Equal(("a", 4), (first.GetProperty("name").GetString(), first.GetProperty("samples").GetInt32()));
        Assert.InRange(first.GetProperty("allocatedBytes").GetInt64(), 100_000, 10_000_000);
        Assert.True(first.GetProperty("minUs").GetDouble() <= first.GetProperty("p50Us").GetDouble());
        Assert.True(first.GetProperty("p50Us").GetDouble() <= first.GetProperty("p99Us").GetDouble());
        Assert.StartsWith("2 rounds of warm-up, 4 measured", _progress.ToString());
        JsonElement[] verdicts = [.. report.RootElement.GetProperty("verdicts").EnumerateArray()];
        Assert.Equal([true, false], verdicts.Select(verdict => verdict.GetProperty("isUnder").GetBoolean()));
    }

    [Fact]
    public async Task A_verb_says_how_much_is_measured_when_the_command_line_does_not()
    {
        Assert.Equal(0, await Run("pair"));
        Assert.Equal(8, _runs.Count);
    }

    [Fact]
    public async Task Text_is_a_line_for_the_machine_and_one_for_each_series()
    {
        Assert.Equal(0, await Run("pair", "--samples", "20"));
        string[] lines = _output.ToString().TrimEnd().Split(Environment.NewLine);
        Assert.Equal(6, lines.Length);
        Assert.StartsWith("pair: ", lines[0]);
        Assert.Contains("p99 us", lines[1]);
        Assert.Matches(@"^a +[\d.]+ +[\d.]+ +[\d.]+ +\d+ +1\.00 +20$", lines[2]);
        Assert.Matches(@"^'b' adds -?[\d.]+ us p50 to 'a': under 60000000 us$", lines[4]);
        Assert.Matches(@"^'a' adds -?[\d.]+ us p50 to 'b': NOT under -60000000 us$", lines[5]);
    }

    [Fact]
    public async Task The_reader_of_tensors_is_measured()
    {
        Assert.Equal(0, await Run("tensor-json", "--samples", "1", "--warm-up", "0"));
        Assert.Contains("system.text.json", _output.ToString());
    }

    [Theory]
    [InlineData(2, "usage: Noodle.Bench VERB")]
    [InlineData(2, "'none' is not understood.", "none")]
    [InlineData(2, "'pair' is not understood.", "pair", "pair")]
    [InlineData(2, "--samples takes a number from 1", "pair", "--samples", "0")]
    [InlineData(2, "--samples takes a number from 1", "pair", "--samples")]
    [InlineData(2, "--warm-up takes a number from 0", "pair", "--warm-up", "x")]
    [InlineData(1, "broken failed: no model", "broken")]
    [InlineData(130, "Interrupted", "stopped")]
    public async Task What_goes_wrong_is_said_on_the_other_stream(int code, string sentence, params string[] arguments)
    {
        Assert.Equal(code, await Run(arguments));
        Assert.Contains(sentence, _progress.ToString());
        Assert.Empty(_output.ToString());
    }

    [Fact]
    public async Task Measuring_nothing_is_refused() => await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
        () => Measurement.RunAsync([], new(0, 0), _progress, CancellationToken.None));
}
