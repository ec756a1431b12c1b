using Microsoft.Extensions.Logging;
using NoodleNet.Runtime.Link;

namespace NoodleNet.Runtime.Tests.Link;

/// <summary>A log that a test waits on.</summary>
internal sealed class SeenLog : ILogger<LinkHost>
{
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private readonly List<(string Part, TaskCompletionSource Seen)> _waiting = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>Completes when a line with this part was logged, before now or later.</summary>
    public Task SeenAsync(string part)
    {
        lock (_gate)
        {
            var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_lines.Exists(line => line.Contains(part, StringComparison.Ordinal)))
            {
                seen.TrySetResult();
            }

            _waiting.Add((part, seen));
            return seen.Task.WaitAsync(LinkPair.Bound);
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        string line = formatter(state, exception);
        lock (_gate)
        {
            _lines.Add(line);
            foreach ((string part, TaskCompletionSource seen) in _waiting)
            {
                if (line.Contains(part, StringComparison.Ordinal))
                {
                    seen.TrySetResult();
                }
            }
        }
    }
}
