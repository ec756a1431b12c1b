using System.Collections;
using System.Diagnostics;

namespace Noodle.Cli.Tests.Processes;

/// <summary>The command as a person runs it: a process of its own.</summary>
internal static class Command
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    public static string Sample(string file) => Path.Combine(AppContext.BaseDirectory, "samples", file);

    /// <summary>Runs it to its end.</summary>
    public static async Task<CommandEnd> RunAsync(params string[] arguments) =>
        await RunAsync([], arguments);

    public static async Task<CommandEnd> RunAsync((string Name, string Value)[] environment, params string[] arguments)
    {
        using Process process = Start(environment, arguments);
        process.StandardInput.Close();
        return await EndAsync(process, process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
    }

    public static async Task<CommandEnd> EndAsync(Process process, Task<string> output, Task<string> error)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(s_limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        return new CommandEnd(process.ExitCode, await output, await error);
    }

    /// <summary>Runs it to its end on another host (see <see cref="TestSubnet"/>).</summary>
    public static async Task<CommandEnd> RunAtAsync(string[] host, params string[] arguments)
    {
        using Process process = StartAt(host, [], arguments);
        process.StandardInput.Close();
        return await EndAsync(process, process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
    }

    public static Process Start((string Name, string Value)[] environment, params string[] arguments) =>
        StartAt([], environment, arguments);

    /// <param name="host">A command that runs another one on a host; empty for this one.</param>
    public static Process StartAt(
        string[] host, (string Name, string Value)[] environment, params string[] arguments)
    {
        // Whoever runs the tests in the background hands them an ignored SIGINT; the command gets it as a person's
        // shell
        // would give it.
        string[] command = [DotnetPath(), Path.Combine(AppContext.BaseDirectory, "Noodle.Cli.dll"), .. arguments];
        string[] line = OperatingSystem.IsLinux()
            ? [.. host, "env", "--default-signal=INT", .. command] : command;
        var start = new ProcessStartInfo(line[0], line[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Select(entry => (string)entry.Key)
            .Where(name => name.StartsWith("NOODLE_", StringComparison.Ordinal)))
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static string DotnetPath() =>
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path ? path : "dotnet";
}

/// <summary>How a command ended.</summary>
internal sealed record CommandEnd(int ExitCode, string Output, string Error)
{
    /// <summary>Nothing on standard output, and one sentence for people on standard error.</summary>
    public void AssertRefused(int exitCode, params string[] named)
    {
        Assert.True(exitCode == ExitCode, $"exit status {ExitCode}: {Error}");
        Assert.Equal("", Output);
        string sentence = Assert.Single(
            Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => line.StartsWith("noodle: ",
                StringComparison.Ordinal));
        Assert.True(sentence is [.., '.' or '?'], sentence);
        Assert.All(named, name => Assert.Contains(name, sentence, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", Error, StringComparison.Ordinal);
    }

    public CommandEnd AssertGood()
    {
        Assert.True(ExitCode == 0, $"exit status {ExitCode}: {Error}");
        return this;
    }
}
