using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using NoodleNet.Runtime.Discovery;

namespace NoodleNet.Runtime.Tests.Discovery;

/// <summary>Keeps what a host logs, and waits for a line.</summary>
internal sealed class LineLog : ILogger<GossipHost>
{
    private readonly Channel<string> _fresh = Channel.CreateUnbounded<string>();
    private readonly ConcurrentQueue<string> _read = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter) => _fresh.Writer.TryWrite(formatter(state, exception));

    /// <summary>Everything that was logged so far, for a test that failed.</summary>
    public string Drain()
    {
        while (_fresh.Reader.TryRead(out string? line))
        {
            _read.Enqueue(line);
        }

        return string.Join('\n', _read);
    }

    public async Task UntilAsync(string part, CancellationToken cancellation)
    {
        while (!_read.Any(line => line.Contains(part, StringComparison.Ordinal)))
        {
            _read.Enqueue(await _fresh.Reader.ReadAsync(cancellation));
        }
    }
}
