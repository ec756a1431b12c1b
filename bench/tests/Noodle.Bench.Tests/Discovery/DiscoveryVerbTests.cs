using System.Text.Json;
using Noodle.Bench.Discovery;
using NoodleNet.Discovery;

namespace Noodle.Bench.Tests.Discovery;

public sealed class DiscoveryVerbTests : IDisposable
{
    private readonly StringWriter _output = new(), _progress = new();

    public void Dispose()
    {
        _output.Dispose();
        _progress.Dispose();
    }

    [Fact]
    public async Task One_line_of_json_says_what_was_measured()
    {
        Assert.Equal(0, await Run("--nodes", "12", "--seed", "7", "--loss", "0.1", "--json"));
        string line = Assert.Single(_output.ToString().TrimEnd().Split('\n'));
        using JsonDocument json = JsonDocument.Parse(line);
        JsonElement root = json.RootElement;
        Assert.Equal(
            ["nodes", "seed", "loss", "convergedMs", "detectMs", "falsePositives", "bytesPerNodeSecond", "traceHash",
                "wallMs"],
            root.EnumerateObject().Select(property => property.Name));
        Assert.Equal((12, 7, 0.1), (root.GetProperty("nodes").GetInt32(), root.GetProperty("seed").GetInt32(),
            root.GetProperty("loss").GetDouble()));
        Assert.Equal(["p50", "p99"], root.GetProperty("detectMs").EnumerateObject().Select(property => property.Name));
        Assert.True(root.GetProperty("detectMs").GetProperty("p50").GetDouble() > 1_000);
        Assert.True(root.GetProperty("convergedMs").GetDouble() > 0);
        Assert.Equal(0, root.GetProperty("falsePositives").GetInt64());
        Assert.Equal(16, root.GetProperty("traceHash").GetString()!.Length);
        Assert.Contains("settling", _progress.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task People_read_the_same_in_words()
    {
        Assert.Equal(0, await Run("--nodes", "3", "--profile", "local"));
        Assert.Contains("3 simulated nodes, seed 1", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("living nodes declared dead", _output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--nodes takes a number from 2 to 20000.", "--nodes", "1")]
    [InlineData("--nodes takes a number from 2 to 20000.", "--nodes")]
    [InlineData("--nodes takes a number from 2 to 20000.", "--nodes", "20001")]
    [InlineData("--seed takes a number from 0 to 18446744073709551615.", "--seed", "-1")]
    [InlineData("--loss takes the share that is lost, from 0 to 0.9, such as 0.2.", "--loss", "1")]
    [InlineData("--stream-loss takes the share that is lost, from 0 to 0.9, such as 0.2.", "--stream-loss", "x")]
    [InlineData("--profile takes lan, wan or local.", "--profile", "moon")]
    [InlineData("'--noodles' is not understood.", "--json", "--noodles")]
    public async Task A_mistake_is_named_with_the_way_out(string sentence, params string[] arguments)
    {
        Assert.Equal(2, await Run(arguments));
        Assert.StartsWith(sentence, _progress.ToString(), StringComparison.Ordinal);
        Assert.Empty(_output.ToString());
    }

    [Fact]
    public void Every_option_is_taken()
    {
        DiscoveryOptions options = DiscoveryOptions.Parse(
            ["--nodes", "2", "--seed", "3", "--loss", "0.25", "--stream-loss", "0.5", "--profile", "wan", "--json"],
            out string fault);
        Assert.Equal(("", new DiscoveryOptions(2, 3, 0.25, 0.5, SwimOptions.Wan, true)), (fault, options));
        Assert.Equal(SwimOptions.Lan, DiscoveryOptions.Parse(["--profile", "lan"], out _).Profile);
    }

    [Fact]
    public async Task An_interrupt_ends_it_and_says_so()
    {
        Assert.Equal(130, await DiscoveryVerb.Verb.RunOwnAsync!(
            ["--nodes", "3"], _output, _progress, new CancellationToken(canceled: true)));
        Assert.Contains("Interrupted", _progress.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mesh_that_does_not_hold_together_is_no_result()
    {
        // One node alone cannot tell the other's death from its silence, and here nearly everything is lost.
        int code = await Run("--nodes", "2", "--loss", "0.9", "--stream-loss", "0.9", "--seed", "2");
        Assert.True(code == 0 || _progress.ToString().Contains("did not agree within 10 virtual minutes",
            StringComparison.Ordinal));
    }

    private Task<int> Run(params string[] arguments) =>
        BenchCommand.RunAsync(["discovery", .. arguments], [DiscoveryVerb.Verb], _output, _progress,
            CancellationToken.None);
}
