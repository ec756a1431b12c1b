namespace NoodleNet.Trust;

/// <summary>Decides when a node renews its certificate.</summary>
/// <remarks>
/// Meaning: at two thirds of its life for the first time; after a failure again, 1 min later, then 2, 4 and so on up to
/// an hour. With less than a sixth left somebody should look. A clock that was set does no harm: every answer is worked
/// out anew from the certificate and the time.
/// </remarks>
public readonly record struct RenewalPlan(DateTimeOffset Begins, DateTimeOffset Ends)
{
    public static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    private TimeSpan Life => Ends - Begins;

    /// <summary>From when on it is to be renewed.</summary>
    public DateTimeOffset DueAt => Ends - (Life / 3);

    /// <summary>True when it is to be renewed now.</summary>
    public bool IsDue(DateTimeOffset now) => now >= DueAt;

    /// <summary>True when it is late: less than a sixth of its life is left.</summary>
    public bool IsLate(DateTimeOffset now) => Ends - now < Life / 6;

    public bool IsOver(DateTimeOffset now) => now >= Ends;

    /// <summary>How long to wait before the next look.</summary>
    /// <param name="failures">Attempts that failed since the last success.</param>
    public TimeSpan PauseBefore(DateTimeOffset now, int failures)
    {
        if (failures > 0)
        {
            return failures > 6 ? LongestPause : FirstPause * (1 << (failures - 1));
        }

        // Looked at each hour at least: a machine that slept, or whose clock was set, notices.
        TimeSpan left = DueAt - now;
        return left > LongestPause ? LongestPause : left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
