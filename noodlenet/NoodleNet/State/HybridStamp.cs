using Noodle.Primitives;

namespace NoodleNet.State;

/// <summary>When something was written, so that every node puts two writes in the same order.</summary>
/// <remarks>
/// Meaning: wall-clock time as the writer believed it, then a counter among writes of one millisecond, then the writer.
/// Unit: <paramref name="Time"/> holds milliseconds since 1970 in its upper 48 bits and the counter in its lower 16.
/// </remarks>
public readonly record struct HybridStamp(ulong Time, NodeId Node) : IComparable<HybridStamp>
{
    /// <summary>The latest millisecond that a stamp can name, in the year 10889.</summary>
    public const long MaxWallMs = (1L << 48) - 1;

    /// <exception cref="ArgumentOutOfRangeException">The time is negative or does not fit 48 bits.</exception>
    public HybridStamp(long wallMs, ushort counter, NodeId node)
        : this(Pack(wallMs, counter), node)
    {
    }

    /// <summary>Milliseconds since 1970.</summary>
    public long WallMs => (long)(Time >> 16);

    /// <summary>Place among the stamps of one millisecond.</summary>
    public ushort Counter => (ushort)Time;

    /// <inheritdoc/>
    public int CompareTo(HybridStamp other)
    {
        int byTime = Time.CompareTo(other.Time);
        return byTime != 0 ? byTime : Node.CompareTo(other.Node);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{WallMs}.{Counter}@{Node.ShortName}";

    public static bool operator <(HybridStamp a, HybridStamp b) => a.CompareTo(b) < 0;

    public static bool operator >(HybridStamp a, HybridStamp b) => a.CompareTo(b) > 0;

    public static bool operator <=(HybridStamp a, HybridStamp b) => a.CompareTo(b) <= 0;

    public static bool operator >=(HybridStamp a, HybridStamp b) => a.CompareTo(b) >= 0;

    private static ulong Pack(long wallMs, ushort counter)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(wallMs);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(wallMs, MaxWallMs);
        return ((ulong)wallMs << 16) | counter;
    }
}
