using Noodle.Primitives;

namespace NoodleNet.Mesh.Quality;

/// <summary>How fast bytes went to a peer, from transfers that took place anyway.</summary>
/// <remarks>
/// Meaning: a short transfer says how long the round trip is, not how wide the path; those under
/// <see cref="LeastBytes"/> do not count. The best of the last ten minutes is what the path can do, the middle one what
/// it does beside other work.
/// Bound: eight transfers a peer, 128 bytes, made with the first.
/// </remarks>
public sealed class BandwidthWindow
{
    /// <summary>The shortest transfer that counts.</summary>
    public const long LeastBytes = 256 * 1024;

    private const int Kept = 8;
    private static readonly TimeSpan s_window = TimeSpan.FromMinutes(10);

    private readonly (Instant At, long Rate)[] _transfers = new (Instant, long)[Kept];
    private int _count;

    /// <summary>Takes a finished transfer; false when it is too short or took no time.</summary>
    public bool TryAdd(long bytes, TimeSpan took, Instant now)
    {
        if (bytes < LeastBytes || took <= TimeSpan.Zero)
        {
            return false;
        }

        Int128 rate = (Int128)bytes * TimeSpan.TicksPerSecond / took.Ticks;
        _transfers[_count++ % Kept] = (now, (long)Int128.Min(rate, long.MaxValue));
        return true;
    }

    /// <summary>Bytes a second of the fastest transfer of the window; null when there was none.</summary>
    public long? Best(Instant now) => Rates(now) is [.., var best] ? best : null;

    /// <summary>Bytes a second of the middle transfer, the slower one of two; null when there was none.</summary>
    public long? Median(Instant now) => Rates(now) is { Length: > 0 } rates ? rates[(rates.Length - 1) / 2] : null;

    private long[] Rates(Instant now)
    {
        List<long> rates = [];
        for (int i = 0; i < int.Min(_count, Kept); i++)
        {
            if (now.Since(_transfers[i].At) <= s_window)
            {
                rates.Add(_transfers[i].Rate);
            }
        }

        rates.Sort();
        return [.. rates];
    }
}
