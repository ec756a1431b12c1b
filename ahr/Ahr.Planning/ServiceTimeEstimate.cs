namespace Ahr.Planning;

/// <summary>How long one run of a model takes, learned from the runs so far.</summary>
/// <remarks>
/// Unit: microseconds.
/// Meaning: an exponential mean in whole numbers, new = old + (sample - old) / 8, kept in 1/16 microsecond so that
/// small differences are not lost; the first sample is taken as it is.
/// Bound: samples count as 1 microsecond to 1 hour.
/// </remarks>
/// <param name="Raw">The estimate in 1/16 microsecond; 0 when nothing was measured yet.</param>
public readonly record struct ServiceTimeEstimate(long Raw)
{
    /// <summary>What a model is taken to need before its first run was measured.</summary>
    public const long UnknownMicroseconds = 1_000;

    private const int Fraction = 16;
    private const int Weight = 8;
    private const long LongestMicroseconds = 3_600_000_000;

    /// <summary>True before the first sample.</summary>
    public bool IsUnknown => Raw == 0;

    /// <summary>The estimate; <see cref="UnknownMicroseconds"/> before the first sample.</summary>
    public long Microseconds => IsUnknown ? UnknownMicroseconds : Math.Max(1, Raw / Fraction);

    /// <summary>The estimate after one more measured run.</summary>
    public ServiceTimeEstimate With(long microseconds)
    {
        long sample = Math.Clamp(microseconds, 1, LongestMicroseconds) * Fraction;
        return new ServiceTimeEstimate(IsUnknown ? sample : Raw + ((sample - Raw) / Weight));
    }
}
