using System.Diagnostics.CodeAnalysis;
using Noodle.Primitives;

namespace NoodleNet.Content;

/// <summary>The nodes that a fetch may ask.</summary>
/// <remarks>Bound: the given number; one more is passed over. Who lied stays in mind while the fetch lasts.</remarks>
internal sealed class HolderTable(int capacity, Prng chance)
{
    private readonly List<ChunkHolder> _holders = [];
    private readonly Dictionary<NodeId, ChunkHolder> _byNode = [];

    /// <summary>True when of those present every one is banned.</summary>
    public bool AreAllBanned => _holders.TrueForAll(holder => holder.IsBanned || !holder.IsPresent);

    public bool TryGet(NodeId node, [NotNullWhen(true)] out ChunkHolder? holder) =>
        _byNode.TryGetValue(node, out holder);

    /// <summary>Takes a node that can be asked, new or known.</summary>
    public void Find(NodeId node, bool saysItHas)
    {
        if (!_byNode.TryGetValue(node, out ChunkHolder? holder))
        {
            if (_holders.Count >= capacity)
            {
                return;
            }

            _byNode[node] = holder = new ChunkHolder(node, chance.NextUInt64());
            _holders.Add(holder);
        }

        if (saysItHas && !holder.SaysItHas && holder.Strikes == 0)
        {
            holder.PausedUntil = Instant.Origin; // it got it meanwhile
        }

        (holder.IsPresent, holder.SaysItHas) = (true, saysItHas);
    }

    /// <summary>The one to ask next; null when none may be asked.</summary>
    /// <param name="perHolder">How much one may have in flight before.</param>
    public ChunkHolder? Pick(Instant now, ChunkHolder? except, int perHolder)
    {
        ChunkHolder? best = null;
        bool somebodyHas = false;
        foreach (ChunkHolder holder in _holders)
        {
            if (!holder.CanBeAsked(now))
            {
                continue;
            }

            somebodyHas |= holder.SaysItHas;
            int most = holder.Strikes == 0 ? perHolder : 1;
            if (holder != except && holder.InFlight < most && (best is null || holder.IsBefore(best)))
            {
                best = holder;
            }
        }

        return best is { SaysItHas: false } && somebodyHas ? null : best;
    }

    /// <summary>Lets those be asked again who did not fit a manifest that is no longer in use.</summary>
    public void Reconcile() => _holders.ForEach(holder => holder.Disagrees = false);

    /// <summary>When the next pause of a holder ends; null when nobody pauses.</summary>
    public Instant? NextReturn(Instant now)
    {
        Instant? next = null;
        foreach (ChunkHolder holder in _holders)
        {
            if (holder.IsPresent && !holder.IsBanned && holder.PausedUntil > now)
            {
                next = Instant.Earlier(next, holder.PausedUntil);
            }
        }

        return next;
    }
}
