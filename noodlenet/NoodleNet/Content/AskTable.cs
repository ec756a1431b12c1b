using System.Diagnostics.CodeAnalysis;
using Noodle.Primitives;

namespace NoodleNet.Content;

/// <summary>One thing that a holder is asked for.</summary>
/// <param name="Index">Of the chunk; <see cref="AskTable.Manifest"/> for the manifest.</param>
internal sealed record ChunkAsk(ChunkHolder Holder, int Index, Instant Due);

/// <summary>What is asked for and not answered yet, the oldest first.</summary>
/// <remarks>Bound: the machine's; a few entries, so that a search of all of them costs little.</remarks>
internal sealed class AskTable
{
    /// <summary>Stands for the manifest where chunks have an index.</summary>
    public const int Manifest = -1;

    private readonly List<ChunkAsk> _asks = [];

    /// <summary>The chunks that the indexes name.</summary>
    public ChunkSet Chunks { get; set; } = ChunkSet.Empty;

    public int ManifestCount { get; private set; }

    public int ChunkCount => _asks.Count - ManifestCount;

    /// <summary>When the first of them is overdue.</summary>
    public Instant? NextDue
    {
        get
        {
            Instant? next = null;
            foreach (ChunkAsk ask in _asks)
            {
                next = Instant.Earlier(next, ask.Due);
            }

            return next;
        }
    }

    public void Add(ChunkHolder holder, int index, Instant due)
    {
        _asks.Add(new ChunkAsk(holder, index, due));
        holder.InFlight++;
        if (index == Manifest)
        {
            ManifestCount++;
        }
        else
        {
            Chunks.MarkAsked(index);
        }
    }

    /// <summary>Ends the ask that an answer belongs to; false when nobody waits for it any more.</summary>
    public bool TryEnd(NodeId node, int index, [NotNullWhen(true)] out ChunkAsk? ask) =>
        TryEnd(one => one.Index == index && one.Holder.Node == node, out ask);

    /// <summary>Ends the oldest ask of a holder.</summary>
    public bool TryEndOf(ChunkHolder holder, [NotNullWhen(true)] out ChunkAsk? ask) =>
        TryEnd(one => one.Holder == holder, out ask);

    /// <summary>Ends the oldest ask for a chunk, whoever it is asked of.</summary>
    public bool TryEndFor(int index, [NotNullWhen(true)] out ChunkAsk? ask) =>
        TryEnd(one => one.Index == index, out ask);

    /// <summary>Ends the oldest ask that is overdue.</summary>
    public bool TryEndDue(Instant now, [NotNullWhen(true)] out ChunkAsk? ask) => TryEnd(one => one.Due <= now, out ask);

    /// <summary>Ends the oldest ask of all.</summary>
    public bool TryEndAny([NotNullWhen(true)] out ChunkAsk? ask) => TryEnd(_ => true, out ask);

    /// <summary>Of the chunks that one holder alone is asked for, the one that was asked for first.</summary>
    public ChunkAsk? FindLone() => _asks.Find(ask => ask.Index != Manifest && Chunks.AsksOf(ask.Index) == 1);

    private bool TryEnd(Predicate<ChunkAsk> which, [NotNullWhen(true)] out ChunkAsk? ask)
    {
        int at = _asks.FindIndex(which);
        ask = at < 0 ? null : _asks[at];
        if (ask is null)
        {
            return false;
        }

        _asks.RemoveAt(at);
        ask.Holder.InFlight--;
        if (ask.Index == Manifest)
        {
            ManifestCount--;
        }
        else
        {
            Chunks.MarkUnasked(ask.Index);
        }

        return true;
    }
}
