using Noodle.Primitives;

namespace NoodleNet.Runtime.Link;

/// <summary>The host's clock as machines read it.</summary>
internal sealed class HostClock(TimeProvider time)
{
    private readonly long _origin = time.GetTimestamp();

    public TimeProvider Provider => time;

    public Instant Now
    {
        get
        {
            long ticks = time.GetTimestamp() - _origin;
            return new Instant((long)((Int128)ticks * 1_000_000_000 / time.TimestampFrequency));
        }
    }
}
