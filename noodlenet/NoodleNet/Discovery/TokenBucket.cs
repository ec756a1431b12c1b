using Noodle.Primitives;

namespace NoodleNet.Discovery;

/// <summary>Allows so many events a second, and a burst of them after a silence.</summary>
/// <param name="burst">Most at once, at least 1.</param>
/// <param name="perSecond">In the long run, at least 1.</param>
internal sealed class TokenBucket(int burst, int perSecond)
{
    private readonly long _costNs = 1_000_000_000L / perSecond;
    private Instant? _fullAt; // when the bucket is full again; null: it is

    /// <summary>True when nothing was taken for so long that it is full.</summary>
    public bool IsFull(Instant now) => _fullAt is not { } at || at <= now;

    public bool TryTake(Instant now)
    {
        Instant from = IsFull(now) ? now : _fullAt!.Value;
        var next = new Instant(from.Nanoseconds + _costNs);
        if (next.Nanoseconds - now.Nanoseconds > burst * _costNs)
        {
            return false;
        }

        _fullAt = next;
        return true;
    }
}
