using Noodle.Primitives;

namespace NoodleNet.State;

/// <summary>Gives stamps that never go back, follow every stamp seen, and stay near wall-clock time.</summary>
/// <remarks>
/// Meaning: wall-clock time is handed in; when it stands still or jumps back, the counter and then the millisecond of
/// the last stamp go on alone. A stamp from too far ahead is refused, so that one wrong clock cannot drag all others.
/// Source: Kulkarni and others, "Logical Physical Clocks", 2014.
/// </remarks>
public sealed class HybridClock(NodeId node)
{
    /// <summary>How far ahead of this node's wall clock a remote stamp may lie.</summary>
    public static readonly TimeSpan MaxDrift = TimeSpan.FromSeconds(60);

    private ulong _last;

    /// <summary>The latest stamp given or seen.</summary>
    public HybridStamp Last => new(_last, node);

    /// <summary>A stamp later than all before; <paramref name="wallMs"/> is milliseconds since 1970.</summary>
    /// <remarks>Bound: at the very end of the 48 bits it repeats the last stamp.</remarks>
    public HybridStamp Next(long wallMs)
    {
        ulong now = (ulong)Math.Clamp(wallMs, 0, HybridStamp.MaxWallMs) << 16;
        // Adding one carries from a full counter into the millisecond: that is the wanted overflow.
        _last = now > _last ? now : _last == ulong.MaxValue ? _last : _last + 1;
        return Last;
    }

    /// <summary>Takes a stamp from a peer; false when it lies more than <see cref="MaxDrift"/> ahead.</summary>
    public bool TryObserve(HybridStamp remote, long wallMs)
    {
        if (remote.WallMs - Math.Clamp(wallMs, 0, HybridStamp.MaxWallMs) > (long)MaxDrift.TotalMilliseconds)
        {
            return false;
        }

        _last = Math.Max(_last, remote.Time);
        return true;
    }

    /// <summary>Goes on after a stamp from this node's own disk, however far ahead it lies.</summary>
    public void Resume(HybridStamp own) => _last = Math.Max(_last, own.Time);
}
