using System.Runtime.CompilerServices;
using System.Threading.Channels;
using NoodleNet.Discovery.Serf;

namespace NoodleNet.Runtime.Discovery;

/// <summary>Hands every user event to every watcher, without waiting for any.</summary>
/// <remarks>Bound: the given number of events wait for one watcher; a slower one loses the oldest.</remarks>
internal sealed class EventWatchers(int capacity)
{
    private readonly Lock _gate = new();
    private readonly List<Channel<UserEvent>> _watchers = [];
    private bool _closed;

    public void Publish(UserEvent word)
    {
        lock (_gate)
        {
            _watchers.ForEach(watcher => watcher.Writer.TryWrite(word));
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            _watchers.ForEach(watcher => watcher.Writer.TryComplete());
        }
    }

    /// <summary>Subscribes at once, not with the first read.</summary>
    public IAsyncEnumerable<UserEvent> Watch(CancellationToken cancellation)
    {
        Channel<UserEvent> watcher = Channel.CreateBounded<UserEvent>(
            new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_gate)
        {
            _watchers.Add(watcher);
            if (_closed)
            {
                watcher.Writer.TryComplete();
            }
        }

        return ReadAsync(watcher, cancellation);
    }

    private async IAsyncEnumerable<UserEvent> ReadAsync(
        Channel<UserEvent> watcher, [EnumeratorCancellation] CancellationToken cancellation)
    {
        try
        {
            await foreach (UserEvent word in watcher.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
            {
                yield return word;
            }
        }
        finally
        {
            lock (_gate)
            {
                _watchers.Remove(watcher);
            }
        }
    }
}
