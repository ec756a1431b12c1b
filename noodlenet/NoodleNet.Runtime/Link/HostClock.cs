using Noodle.Primitives;

namespace NoodleNet.Runtime.Link;

/// <summary>The host's clock as machines read it.</summary>
internal sealed class HostClock(TimeProvider time)
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    private readonly long _origin = time.GetTimestamp();

    public TimeProvider Provider => time;

    public Instant Now
    {
        get
        {
            long ticks = time.GetTimestamp() - _origin;
            long frequency = time.TimestampFrequency;
            return new Instant(frequency == NanosecondsPerSecond
                ? ticks
                : (long)((Int128)ticks * NanosecondsPerSecond / frequency));
        }
    }
}
