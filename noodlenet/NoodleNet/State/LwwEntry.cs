namespace NoodleNet.State;

/// <summary>One key as it was last written.</summary>
/// <param name="Key">Compared by ordinal.</param>
/// <param name="Value">Null when the key was deleted: a tombstone, kept so that the deletion reaches everybody.</param>
public sealed record LwwEntry(string Key, HybridStamp Stamp, ReadOnlyMemory<byte>? Value)
{
    /// <summary>True when the entry says that its key is gone.</summary>
    public bool IsTombstone => Value is null;

    /// <summary>True when this entry replaces <paramref name="other"/>, the same answer on every node.</summary>
    /// <remarks>
    /// Meaning: each rule puts all entries of a key in one order, and the greatest stays. Equal stamps come from one
    /// write, unless a writer is broken: then the tombstone wins, else the greater bytes, so that maps still end up the
    /// same.
    /// </remarks>
    public bool Beats(LwwEntry other, MergeRule rule = MergeRule.LastWins)
    {
        ArgumentNullException.ThrowIfNull(other);
        int byStamp = Stamp.CompareTo(other.Stamp);
        int byValue = CompareValues(Value, other.Value);
        return rule switch
        {
            MergeRule.FirstWins => byStamp != 0 ? byStamp < 0 : byValue > 0,
            MergeRule.Greatest => byValue != 0 ? byValue > 0 : byStamp > 0,
            _ => byStamp != 0 ? byStamp > 0 : byValue > 0,
        };
    }

    // A tombstone is greater than any value.
    private static int CompareValues(ReadOnlyMemory<byte>? ours, ReadOnlyMemory<byte>? theirs) =>
        ours is not { } mine ? (theirs is null ? 0 : 1)
        : theirs is not { } other ? -1
        : mine.Span.SequenceCompareTo(other.Span);

    /// <inheritdoc/>
    public bool Equals(LwwEntry? other) =>
        other is not null && Key == other.Key && Stamp == other.Stamp && IsTombstone == other.IsTombstone
        && (Value ?? default).Span.SequenceEqual((other.Value ?? default).Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Key, Stamp);
}

/// <summary>Why an entry was not taken.</summary>
public enum LwwFault
{
    /// <summary>It was taken.</summary>
    None,

    /// <summary>A newer or equal entry of the same key is there.</summary>
    Stale,

    /// <summary>The key is empty, longer than <see cref="LwwLimits.KeyBytes"/> in UTF-8, or not valid text.</summary>
    Key,

    /// <summary>The value is longer than <see cref="LwwLimits.ValueBytes"/>.</summary>
    Value,

    /// <summary>The map holds as many entries or bytes as <see cref="LwwLimits"/> let keys of this kind take.</summary>
    Full,

    /// <summary>A tombstone so old that this map has already forgotten it.</summary>
    Collected,

    /// <summary>
    /// The key's <see cref="MergeRule"/> forbids it: what the first writer wins is not deleted, a counter has 8 bytes.
    /// </summary>
    Rule,
}

/// <summary>What a map may hold; the same on all nodes, or they do not converge.</summary>
/// <param name="Entries">Keys, tombstones counted.</param>
/// <param name="KeyBytes">UTF-8 bytes of one key.</param>
/// <param name="ValueBytes">Bytes of one value.</param>
/// <param name="TotalBytes">Bytes of all keys and values together.</param>
/// <remarks>
/// The last sixteenth of the entries and of the bytes is kept free for <see cref="MergeRule.FirstWins"/>: a map full of
/// other things still takes a revocation.
/// </remarks>
public sealed record LwwLimits(
    int Entries = 65_536, int KeyBytes = 512, int ValueBytes = 65_536, long TotalBytes = 64 << 20);

/// <summary>What came of merging entries.</summary>
/// <param name="Changed">The entries that the map took, in the order given: what is worth passing on.</param>
/// <param name="Refused">How many were refused for another reason than being old news.</param>
/// <param name="FirstFault">Why the first of those was refused.</param>
public sealed record LwwMerge(IReadOnlyList<LwwEntry> Changed, int Refused, LwwFault FirstFault);
