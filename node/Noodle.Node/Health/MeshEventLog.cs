using Ahr.Runtime;
using Noodle.Client.Control;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Link;
using NoodleNet.Runtime.Discovery;
using NoodleNet.Runtime.Link;

namespace Noodle.Node.Health;

/// <summary>What happened in the mesh as this node saw it, for whoever asks and for whoever waits.</summary>
/// <remarks>
/// Bound: the newest <see cref="MeshEventRing.Capacity"/> events; <see cref="MaxWaiters"/> wait at once. Safe for
/// several threads. A waiter that is slower than the ring is told how many it missed.
/// </remarks>
internal sealed class MeshEventLog(NodeId self, TimeProvider time)
{
    public const int MaxWaiters = 64;

    private readonly Lock _gate = new();
    private readonly MeshEventRing _ring = new();
    private readonly ReadinessSignal _added = new();
    private int _waiters;

    /// <summary>Tells one life of the process from the next: sequences begin anew with each.</summary>
    public long Life { get; } = time.GetUtcNow().ToUnixTimeMilliseconds();

    public void Add(MeshEventKind kind, NodeId node, string detail)
    {
        lock (_gate)
        {
            _ring.Add(time.GetUtcNow(), kind, node, detail);
        }

        _added.Raise();
    }

    /// <summary>Takes a place among the waiters; null when all are taken. Disposing of it gives it back.</summary>
    public IDisposable? TryEnter()
    {
        if (Interlocked.Increment(ref _waiters) <= MaxWaiters)
        {
            return new Place(this);
        }

        Interlocked.Decrement(ref _waiters);
        return null;
    }

    /// <summary>Events after a sequence; waits for one when there is none yet.</summary>
    /// <param name="life">The life that <paramref name="since"/> is of; of another, or 0, everything is new.</param>
    /// <param name="wait">At most so long; then the page is empty.</param>
    public async Task<EventPage> ReadAsync(
        long since, long life, int limit, TimeSpan wait, CancellationToken cancellation)
    {
        long from = life == Life ? since : 0;
        long began = time.GetTimestamp();
        while (true)
        {
            Task next = _added.Next;
            EventPage page = Read(from, limit);
            TimeSpan left = wait - time.GetElapsedTime(began);
            if (page.Events.Count > 0 || left <= TimeSpan.Zero)
            {
                return page;
            }

            try
            {
                await next.WaitAsync(left, time, cancellation);
            }
            catch (TimeoutException)
            {
                return page;
            }
        }
    }

    /// <summary>Listens to gossip and links until cancelled.</summary>
    /// <param name="gone">Told of each node that failed, left or is forgotten.</param>
    public async Task RunAsync(GossipHost gossip, LinkHost link, Action<NodeId> gone, CancellationToken cancellation)
    {
        link.PeerConnected += OnConnected;
        link.PeerLost += OnLost;
        try
        {
            IAsyncEnumerable<RegistryEvent> changes = gossip.WatchAsync(cancellation);
            HashSet<NodeId> early = TakeEarly(gossip.Members);
            await foreach (RegistryEvent change in changes)
            {
                bool again = change.Entry is { } known && early.Remove(known.Node) &&
                    change.Change == RegistryChange.Joined;
                if (!again && change.Entry is { } entry)
                {
                    Add(KindOf(change.Change), entry.Node, DetailOf(change.Change, entry));
                    if (entry.State is NodeState.Failed or NodeState.Left)
                    {
                        gone(entry.Node);
                    }
                }
            }
        }
        finally
        {
            link.PeerConnected -= OnConnected;
            link.PeerLost -= OnLost;
        }
    }

    // Who joined before anybody listened, this node itself above all; the watcher may tell of them once more.
    private HashSet<NodeId> TakeEarly(IReadOnlyList<RegistryEntry> members)
    {
        foreach (RegistryEntry member in members)
        {
            Add(MeshEventKind.Joined, member.Node, DetailOf(RegistryChange.Joined, member));
        }

        return [.. members.Select(member => member.Node)];
    }

    private void OnConnected(LinkPeer peer) => Add(MeshEventKind.LinkUp, peer.Node, $"{peer.Remote}");

    private void OnLost(LinkPeer peer, LinkFault fault) => Add(MeshEventKind.LinkLost, peer.Node, $"{fault}");

    private static MeshEventKind KindOf(RegistryChange change) => change switch
    {
        RegistryChange.Joined => MeshEventKind.Joined,
        RegistryChange.Suspected => MeshEventKind.Suspected,
        RegistryChange.Recovered => MeshEventKind.Recovered,
        RegistryChange.Failed => MeshEventKind.Failed,
        RegistryChange.Left => MeshEventKind.Left,
        RegistryChange.Forgotten => MeshEventKind.Forgotten,
        _ => MeshEventKind.Updated,
    };

    private static string DetailOf(RegistryChange change, RegistryEntry entry) => change switch
    {
        RegistryChange.Joined or RegistryChange.Updated => $"{entry.GossipEndPoint}",
        RegistryChange.Suspected or RegistryChange.Failed => entry.LastError,
        _ => "",
    };

    private EventPage Read(long from, int limit)
    {
        lock (_gate)
        {
            IReadOnlyList<MeshEvent> found = _ring.Read(from, limit, out long missed);
            return new EventPage
            {
                Node = self.ToString(),
                Life = Life,
                Last = found.Count > 0 ? found[^1].Sequence : Math.Max(from, missed),
                Missed = missed,
                Events = [.. found.Select(each => new EventInfo
                {
                    Sequence = each.Sequence, At = each.At, Kind = Names.Of(each.Kind), Node = each.Node.ToString(),
                    Detail = each.Detail.Length == 0 ? null : each.Detail,
                })],
            };
        }
    }

    private sealed class Place(MeshEventLog log) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                Interlocked.Decrement(ref log._waiters);
            }
        }
    }
}
