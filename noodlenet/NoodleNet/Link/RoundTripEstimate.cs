namespace NoodleNet.Link;

/// <summary>Smoothed round trip time and its mean deviation.</summary>
/// <remarks>
/// Meaning: jitter += (|smoothed - sample| - jitter) / 4, then smoothed += (sample - smoothed) / 8.
/// Source: RFC 6298, section 2.
/// </remarks>
public struct RoundTripEstimate
{
    /// <summary>Zero until the first sample.</summary>
    public TimeSpan Smoothed { get; private set; }

    public TimeSpan Jitter { get; private set; }

    /// <summary>Takes one measured round trip; shorter than one tick counts as one tick.</summary>
    public void Add(TimeSpan sample)
    {
        long ticks = long.Max(sample.Ticks, 1);
        if (Smoothed == TimeSpan.Zero)
        {
            Smoothed = new TimeSpan(ticks);
            Jitter = new TimeSpan(ticks / 2);
            return;
        }

        Jitter += new TimeSpan((long.Abs(Smoothed.Ticks - ticks) - Jitter.Ticks) / 4);
        Smoothed += new TimeSpan((ticks - Smoothed.Ticks) / 8);
    }
}
