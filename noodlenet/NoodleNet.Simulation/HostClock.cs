using Noodle.Primitives;

namespace NoodleNet.Simulation;

/// <summary>The monotonic clock of one host: started whenever, and a little fast or slow.</summary>
/// <remarks>Meaning: when the drift changes, the clock goes on from where it is; it never goes back.</remarks>
public sealed class HostClock(Instant localStart)
{
    private const long Million = 1_000_000;
    private Instant _global, _local = localStart;

    /// <summary>Parts in a million by which the clock is fast; negative when it is slow.</summary>
    public int DriftPpm { get; private set; }

    public void SetDrift(int ppm, Instant now)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ppm, -(int)Million);
        (_local, _global, DriftPpm) = (ToLocal(now), now, ppm);
    }

    public Instant ToLocal(Instant global) =>
        new(_local.Nanoseconds + Scale(global.Nanoseconds - _global.Nanoseconds, Million + DriftPpm, Million));

    /// <summary>The first moment at which this clock shows <paramref name="local"/> or more.</summary>
    public Instant ToGlobal(Instant local)
    {
        long length = Scale(local.Nanoseconds - _local.Nanoseconds, Million, Million + DriftPpm);
        var global = new Instant(_global.Nanoseconds + length);
        return ToLocal(global) >= local ? global : new Instant(global.Nanoseconds + 1);
    }

    private static long Scale(long length, long times, long by) =>
        times == by ? length : (long)((Int128)length * times / by);
}
