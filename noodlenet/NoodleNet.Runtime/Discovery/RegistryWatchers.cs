using System.Runtime.CompilerServices;
using System.Threading.Channels;
using NoodleNet.Discovery;

namespace NoodleNet.Runtime.Discovery;

/// <summary>Hands every change to every watcher, without waiting for any.</summary>
/// <remarks>
/// Bound: the given number of changes wait for one watcher. A slower one loses the newest and then reads one
/// <see cref="RegistryChange.Missed"/>.
/// </remarks>
internal sealed class RegistryWatchers(int capacity)
{
    private readonly Lock _gate = new();
    private readonly List<Watcher> _watchers = [];
    private bool _closed;

    public void Publish(RegistryEvent change)
    {
        lock (_gate)
        {
            foreach (Watcher watcher in _watchers)
            {
                if (Volatile.Read(ref watcher.Missed) || !watcher.Changes.Writer.TryWrite(change))
                {
                    Volatile.Write(ref watcher.Missed, true);
                }
            }
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            _watchers.ForEach(watcher => watcher.Changes.Writer.TryComplete());
        }
    }

    /// <summary>Subscribes at once, not with the first read.</summary>
    public IAsyncEnumerable<RegistryEvent> Watch(CancellationToken cancellation)
    {
        var watcher = new Watcher(capacity);
        lock (_gate)
        {
            _watchers.Add(watcher);
            if (_closed)
            {
                watcher.Changes.Writer.TryComplete();
            }
        }

        return ReadAsync(watcher, cancellation);
    }

    private async IAsyncEnumerable<RegistryEvent> ReadAsync(
        Watcher watcher, [EnumeratorCancellation] CancellationToken cancellation)
    {
        try
        {
            do
            {
                while (watcher.Changes.Reader.TryRead(out RegistryEvent? change))
                {
                    yield return change;
                }

                if (Volatile.Read(ref watcher.Missed))
                {
                    Volatile.Write(ref watcher.Missed, false); // what comes from here on is delivered again
                    yield return new RegistryEvent(RegistryChange.Missed, null);
                }
            }
            while (await watcher.Changes.Reader.WaitToReadAsync(cancellation).ConfigureAwait(false));
        }
        finally
        {
            lock (_gate)
            {
                _watchers.Remove(watcher);
            }
        }
    }

    private sealed class Watcher(int capacity)
    {
        public bool Missed;

        public Channel<RegistryEvent> Changes { get; } = Channel.CreateBounded<RegistryEvent>(
            new BoundedChannelOptions(capacity) { SingleReader = true });
    }
}
