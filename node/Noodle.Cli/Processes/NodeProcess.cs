using System.Collections;
using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Noodle.Cli.CommandLine;

namespace Noodle.Cli.Processes;

/// <summary>One node: a process of its own, started the way a person would, that ends with its starter.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_stopLimit = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly Task _log;

    private NodeProcess(Process process, Task log, string id, Uri http)
    {
        _process = process;
        _log = log;
        Id = id;
        Http = http;
    }

    public string Id { get; }

    public Uri Http { get; }

    public int ProcessId => _process.Id;

    public bool IsRunning => !_process.HasExited;

    /// <summary>Starts a node and waits until it says that it is ready.</summary>
    /// <param name="folder">Its data folder and its log.</param>
    /// <param name="tokenFile">Where the mesh's token is, or will be.</param>
    /// <param name="command">The program to start; null: this one, or the one beside it.</param>
    /// <exception cref="CliException">It did not come up; the sentence holds what it said.</exception>
    public static async Task<NodeProcess> StartAsync(
        string folder, string tokenFile, CancellationToken cancellation, string? command = null)
    {
        Directory.CreateDirectory(folder);
        ProcessStartInfo start = Describe(
            ["up", "-o", "json", "--until-eof", "--data", folder, "--token-file", tokenFile], command);
        Process process = Process.Start(start)!;
        string logFile = Path.Combine(folder, "node.log");
        Task log = CopyAsync(process.StandardError, logFile);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(s_startLimit);
        try
        {
            if (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                using JsonDocument ready = JsonDocument.Parse(line);
                return new NodeProcess(process, log, ready.RootElement.GetProperty("node").GetString()!,
                    new Uri(ready.RootElement.GetProperty("http").GetString()!));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or JsonException)
        {
            cancellation.ThrowIfCancellationRequested();
        }

        process.Kill();
        await log;
        process.Dispose();
        string said = (await File.ReadAllTextAsync(logFile, CancellationToken.None)).Trim();
        throw new CliException(ExitCodes.Failed, $"A node did not come up. It said: {said}");
    }

    /// <summary>Ends the process as a power cut would: SIGKILL, or TerminateProcess on Windows.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Asks the node to leave, and waits until it has.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close(); // --until-eof
            using var limit = new CancellationTokenSource(s_stopLimit);
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
            }
        }

        await _log;
        _process.Dispose();
    }

    private static ProcessStartInfo Describe(string[] arguments, string? command)
    {
        (string program, string[] first) = command is null ? FindSelf() : (command, []);
        var start = new ProcessStartInfo(program, [.. first, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            if (((string)variable.Key).StartsWith("NOODLE_", StringComparison.Ordinal))
            {
                start.Environment.Remove((string)variable.Key); // the user's own mesh is none of its business
            }
        }

        return start;
    }

    // The command as it runs now; in another program, such as the benchmarks, the one that lies beside it.
    private static (string Program, string[] First) FindSelf()
    {
        string running = Environment.ProcessPath!;
        Assembly command = typeof(NodeProcess).Assembly;
        if (Path.GetFileNameWithoutExtension(running).Equals("dotnet", StringComparison.OrdinalIgnoreCase))
        {
            return (running, [command.Location]);
        }

        string beside = Path.Combine(
            AppContext.BaseDirectory, command.GetName().Name + (OperatingSystem.IsWindows() ? ".exe" : ""));
        return (Assembly.GetEntryAssembly() == command ? running : beside, []);
    }

    private static async Task CopyAsync(StreamReader from, string file)
    {
        await using var to = new StreamWriter(file) { AutoFlush = true };
        while (await from.ReadLineAsync() is { } line)
        {
            await to.WriteLineAsync(line);
        }
    }
}
