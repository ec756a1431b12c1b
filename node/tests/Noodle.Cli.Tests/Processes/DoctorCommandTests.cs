using System.Text.Json;
using Noodle.Cli.CommandLine;

namespace Noodle.Cli.Tests.Processes;

public sealed class DoctorCommandTests
{
    [Fact]
    public async Task It_looks_at_this_machine_without_a_node()
    {
        using var folder = new TemporaryFolder();
        CommandEnd end = await Command.RunAsync(
            "doctor", "--data", folder.FullName, "--to", "127.0.0.1:1", "-o", "json");
        Assert.Equal((ExitCodes.Failed, ""), (end.ExitCode, end.Error)); // the port refuses
        using JsonDocument json = JsonDocument.Parse(end.Output);
        string[] checks = [.. json.RootElement.EnumerateArray().Select(each => each.GetProperty("check").GetString()!)];
        Assert.Superset(
            new HashSet<string> { "interfaces", "multicast", "ports", "firewall", "clock", "quic", "reach", "mesh" },
            checks.ToHashSet());
    }

    [Fact]
    public async Task A_target_that_is_none_is_said()
    {
        CommandEnd end = await Command.RunAsync("doctor", "--to", "a/b");
        Assert.Equal(ExitCodes.Usage, end.ExitCode);
        Assert.Contains("HOST:PORT", end.Error, StringComparison.Ordinal);
    }
}
