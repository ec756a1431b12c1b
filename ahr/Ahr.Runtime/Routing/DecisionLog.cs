using Ahr.Planning;
using Noodle.Primitives;

namespace Ahr.Runtime;

/// <summary>One attempt at a call.</summary>
/// <param name="Node">Who answered, or failed.</param>
/// <param name="Asked">Nodes that were asked in it: 2 when another one was asked beside a slow one.</param>
public readonly record struct AttemptRecord(NodeId Node, InferenceFault Fault, TimeSpan Duration, int Asked = 1);

/// <summary>What became of one call, for people.</summary>
/// <param name="Sequence">Counts calls from 0 since the node started.</param>
/// <param name="Time">When the call came in.</param>
/// <param name="Decision">The last one; null when there was nothing to decide.</param>
/// <param name="Attempts">In order; empty when no node was asked.</param>
/// <param name="Outcome">As the caller was told.</param>
/// <param name="Duration">From the call to its answer.</param>
/// <param name="Cancelled">True when the caller went away before the answer.</param>
/// <param name="Engine">Which engine ran the model; empty when none did.</param>
public sealed record DecisionEntry(
    long Sequence,
    DateTimeOffset Time,
    string Model,
    Decision? Decision,
    IReadOnlyList<AttemptRecord> Attempts,
    InferenceFault Outcome,
    TimeSpan Duration,
    bool Cancelled = false,
    string Engine = "");

/// <summary>The latest calls with where they went and why.</summary>
/// <remarks>
/// Bound: <see cref="Capacity"/> entries; a new one takes the place of the oldest.
/// Cost: one interlocked addition and one store a call; readers take no lock either.
/// </remarks>
public sealed class DecisionLog
{
    public const int DefaultCapacity = 1_024;

    private readonly DecisionEntry?[] _ring;
    private long _next;

    public DecisionLog(int capacity = DefaultCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _ring = new DecisionEntry?[capacity];
    }

    public int Capacity => _ring.Length;

    /// <summary>Calls recorded since the node started.</summary>
    public long Total => Interlocked.Read(ref _next);

    /// <summary>The latest entries, the newest first.</summary>
    /// <param name="most">How many at most.</param>
    /// <param name="model">Only calls of this model; null for all.</param>
    public IReadOnlyList<DecisionEntry> Read(int most, string? model = null)
    {
        List<DecisionEntry> entries = [];
        long end = Total;
        for (long i = end - 1; i >= 0 && i >= end - Capacity && entries.Count < most; i--)
        {
            // A slot may hold an older entry (its writer is not there yet) or a newer one (the ring went round).
            if (Volatile.Read(ref _ring[i % Capacity]) is { } entry && entry.Sequence == i
                && (model is null || entry.Model == model))
            {
                entries.Add(entry);
            }
        }

        return entries;
    }

    internal void Add(
        DateTimeOffset time,
        string model,
        Decision? decision,
        IReadOnlyList<AttemptRecord> attempts,
        InferenceFault outcome,
        TimeSpan duration,
        bool cancelled,
        string engine = "")
    {
        long sequence = Interlocked.Increment(ref _next) - 1;
        Volatile.Write(
            ref _ring[sequence % Capacity],
            new DecisionEntry(sequence, time, model, decision, attempts, outcome, duration, cancelled, engine));
    }
}
