using Noodle.Primitives;

namespace Nbc.Runtime.Frames;

/// <summary>Where the deadlines of tasks lie on a clock.</summary>
public static class TaskClock
{
    /// <summary>Now, as the monotonic clock of a provider counts: an adjusted wall clock moves no deadline.</summary>
    public static Instant GetInstant(this TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        return Instant.Origin + time.GetElapsedTime(0);
    }
}
