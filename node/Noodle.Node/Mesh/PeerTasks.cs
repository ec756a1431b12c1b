using Microsoft.Extensions.Logging;
using Noodle.Primitives;

namespace Noodle.Node.Mesh;

/// <summary>Work that is done for one peer at a time, and once more when it was asked for meanwhile.</summary>
/// <remarks>Bound: one task a peer, forgotten when it ends. Safe for several threads.</remarks>
internal sealed class PeerTasks(string what, ILogger log)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<NodeId, Entry> _running = [];
    private bool _closed;

    /// <summary>Peers for which something is under way.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _running.Count;
            }
        }
    }

    /// <summary>Starts the work, or has what is under way followed by it.</summary>
    /// <param name="work">Of several that were asked for meanwhile only the newest is done.</param>
    /// <param name="forSeveral">What is done instead of several that were asked for meanwhile.</param>
    public void Start(NodeId node, Func<Task> work, Func<Task>? forSeveral = null)
    {
        Entry entry;
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            if (_running.TryGetValue(node, out Entry? known))
            {
                known.Next = known.Next is null ? work : forSeveral ?? work;
                return;
            }

            _running[node] = entry = new Entry { Next = work };
            entry.Task = Task.Run(() => RunAsync(node, entry));
        }
    }

    /// <summary>Ends when all that was asked for until now is done; what failed counts as done.</summary>
    public Task WhenDoneAsync()
    {
        lock (_gate)
        {
            return Task.WhenAll(_running.Values.Select(entry => entry.Task));
        }
    }

    /// <summary>Takes nothing more, and waits for what is under way.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _closed = true;
        }

        return WhenDoneAsync();
    }

    private async Task RunAsync(NodeId node, Entry entry)
    {
        while (TakeNext(node, entry) is { } work)
        {
            try
            {
                await work();
            }
            catch (Exception e)
            {
                Log.PartBroke(log, what, e); // the next one may fare better
            }
        }
    }

    private Func<Task>? TakeNext(NodeId node, Entry entry)
    {
        lock (_gate)
        {
            Func<Task>? next = _closed ? null : entry.Next;
            entry.Next = null;
            if (next is null)
            {
                _running.Remove(node);
            }

            return next;
        }
    }

    private sealed class Entry
    {
        public Func<Task>? Next { get; set; }

        public Task Task { get; set; } = Task.CompletedTask;
    }
}
