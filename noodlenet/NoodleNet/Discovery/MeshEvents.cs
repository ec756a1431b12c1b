using Noodle.Primitives;

namespace NoodleNet.Discovery;

/// <summary>What happened in the mesh, as one node saw it. The names are what people and programs read.</summary>
public enum MeshEventKind
{
    /// <summary>A node is new, or back.</summary>
    Joined,

    /// <summary>It tells something else of itself, or moved.</summary>
    Updated,

    /// <summary>It did not answer and may refute.</summary>
    Suspected,

    /// <summary>It refuted.</summary>
    Recovered,

    /// <summary>It is gone without a goodbye.</summary>
    Failed,

    /// <summary>It is gone with one.</summary>
    Left,

    /// <summary>It is no longer kept.</summary>
    Forgotten,

    /// <summary>One of its health checks changed its level.</summary>
    Health,

    /// <summary>The connection to it stands.</summary>
    LinkUp,

    /// <summary>The connection to it broke.</summary>
    LinkLost,
}

/// <param name="Sequence">Counts up by one, from 1, while the node's process lives.</param>
/// <param name="At">Wall-clock time of the node that saw it, for people.</param>
/// <param name="Detail">A sentence, or empty.</param>
public sealed record MeshEvent(
    long Sequence, DateTimeOffset At, MeshEventKind Kind, NodeId Node, string Detail);

/// <summary>The newest events.</summary>
/// <remarks>Bound: <see cref="Capacity"/> events, the oldest goes first.</remarks>
public sealed class MeshEventRing
{
    public const int Capacity = 1024;

    private readonly Queue<MeshEvent> _events = new();

    /// <summary>Sequence of the newest event; 0 before the first.</summary>
    public long Last { get; private set; }

    public MeshEvent Add(DateTimeOffset at, MeshEventKind kind, NodeId node, string detail)
    {
        if (_events.Count == Capacity)
        {
            _events.Dequeue();
        }

        var added = new MeshEvent(++Last, at, kind, node, detail);
        _events.Enqueue(added);
        return added;
    }

    /// <summary>Events after a sequence, oldest first.</summary>
    /// <param name="after">Below 0 counts as 0; past the newest, none.</param>
    /// <param name="limit">At most so many, the oldest of them.</param>
    /// <param name="missed">How many between <paramref name="after"/> and the first are kept no more.</param>
    public IReadOnlyList<MeshEvent> Read(long after, int limit, out long missed)
    {
        long from = Math.Max(after, 0), oldest = Last - _events.Count;
        missed = Math.Max(0, oldest - from);
        return [.. _events.SkipWhile(each => each.Sequence <= from).Take(limit)];
    }
}
