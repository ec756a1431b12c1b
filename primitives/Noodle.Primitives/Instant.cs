namespace Noodle.Primitives;

/// <summary>A point on a monotonic clock, counted from an arbitrary origin.</summary>
/// <remarks>
/// Unit: nanoseconds.
/// Meaning: only differences have meaning, and only within one process. People read wall-clock time, machines this.
/// Bound: 292 years from the origin; additions stop at the ends instead of wrapping.
/// </remarks>
public readonly record struct Instant(long Nanoseconds) : IComparable<Instant>
{
    /// <summary>The origin of the clock.</summary>
    public static Instant Origin => default;

    /// <summary>Later than every instant that a deadline can name.</summary>
    public static Instant Never => new(long.MaxValue);

    /// <inheritdoc/>
    public int CompareTo(Instant other) => Nanoseconds.CompareTo(other.Nanoseconds);

    /// <summary>The earlier of two deadlines, where null waits for nothing.</summary>
    public static Instant? Earlier(Instant? a, Instant? b) =>
        a is not { } first ? b : b is not { } second ? a : first <= second ? first : second;

    /// <summary>Time from <paramref name="earlier"/> to here, negative when it lies ahead.</summary>
    /// <remarks>Bound: 100 ns, the resolution of <see cref="TimeSpan"/>.</remarks>
    public TimeSpan Since(Instant earlier) => new((Nanoseconds - earlier.Nanoseconds) / TimeSpan.NanosecondsPerTick);

    public static Instant operator +(Instant at, TimeSpan length) => new(AddSaturating(at.Nanoseconds, length.Ticks));

    public static Instant operator -(Instant at, TimeSpan length) => new(AddSaturating(at.Nanoseconds, -length.Ticks));

    public static TimeSpan operator -(Instant later, Instant earlier) => later.Since(earlier);

    public static bool operator <(Instant a, Instant b) => a.Nanoseconds < b.Nanoseconds;

    public static bool operator >(Instant a, Instant b) => a.Nanoseconds > b.Nanoseconds;

    public static bool operator <=(Instant a, Instant b) => a.Nanoseconds <= b.Nanoseconds;

    public static bool operator >=(Instant a, Instant b) => a.Nanoseconds >= b.Nanoseconds;

    /// <summary>Milliseconds from the origin, for logs.</summary>
    public override string ToString() => $"{Nanoseconds / 1_000_000.0:0.###} ms";

    private static long AddSaturating(long nanoseconds, long ticks)
    {
        Int128 sum = (Int128)nanoseconds + ((Int128)ticks * TimeSpan.NanosecondsPerTick);
        return sum > long.MaxValue ? long.MaxValue : sum < long.MinValue ? long.MinValue : (long)sum;
    }
}
