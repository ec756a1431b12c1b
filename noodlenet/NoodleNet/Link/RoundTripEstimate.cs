namespace NoodleNet.Link;

/// <summary>Smoothed round trip time and its mean deviation.</summary>
/// <remarks>
/// Meaning: the least of the first <see cref="FirstSamples"/>, for the first one of a cold process waits for its
/// compiler and may take a hundred times as long. After them jitter += (|smoothed - sample| - jitter) / 4, then
/// smoothed += (sample - smoothed) / 8.
/// Source: RFC 6298, section 2, but for the start.
/// </remarks>
public struct RoundTripEstimate
{
    /// <summary>Samples of which only the least counts.</summary>
    public const int FirstSamples = 4;

    private int _count;

    /// <summary>Zero until the first sample.</summary>
    public TimeSpan Smoothed { get; private set; }

    public TimeSpan Jitter { get; private set; }

    /// <summary>False until as many samples came that the estimate can be compared with another one.</summary>
    public readonly bool IsSettled => _count >= FirstSamples;

    /// <summary>Takes one measured round trip; shorter than one tick counts as one tick.</summary>
    public void Add(TimeSpan sample)
    {
        long ticks = long.Max(sample.Ticks, 1);
        if (_count < FirstSamples)
        {
            ticks = _count == 0 ? ticks : long.Min(ticks, Smoothed.Ticks);
            _count++;
            Smoothed = new TimeSpan(ticks);
            Jitter = new TimeSpan(ticks / 2);
            return;
        }

        Jitter += new TimeSpan((long.Abs(Smoothed.Ticks - ticks) - Jitter.Ticks) / 4);
        Smoothed += new TimeSpan((ticks - Smoothed.Ticks) / 8);
    }
}
