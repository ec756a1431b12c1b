using System.Diagnostics;
using System.Text.Json;
using Noodle.Client.Control;

namespace Noodle.Cli.Tests.Processes;

/// <summary>A running <c>noodle events --follow -o json</c>.</summary>
internal sealed class EventsProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly Task<string> _error;
    private readonly List<(string Kind, string Node)> _happened = []; // and not yet waited for

    private EventsProcess(Process process) =>
        (_process, _error) = (process, process.StandardError.ReadToEndAsync());

    public static EventsProcess Start(string[] host, string http)
    {
        Process process = Command.StartAt(host, [], ["events", "--follow", "-o", "json", "--node", http]);
        process.StandardInput.Close();
        return new EventsProcess(process);
    }

    /// <summary>Waits until that has happened to that node, once more than was waited for before.</summary>
    public async Task UntilAsync(string kind, string node)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(s_limit);
        while (!_happened.Remove((kind, node)))
        {
            string line = await _process.StandardOutput.ReadLineAsync(limit.Token)
                ?? throw new InvalidOperationException($"The events ended before {kind} of {node}: {await _error}");
            EventInfo each = JsonSerializer.Deserialize(line, ControlJson.Default.EventInfo)!;
            _happened.Add((each.Kind, each.Node));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _error;
        _process.Dispose();
    }
}
