using Noodle.Primitives;

namespace NoodleNet.Mesh.Load;

/// <summary>A number that follows what is measured within some seconds, whatever the pace of the samples.</summary>
/// <remarks>Meaning: value += (sample - value) x gap / (gap + <c>follow</c>), in whole numbers; the first sample is
/// taken as it is, and so is the first after a long silence.</remarks>
internal struct SmoothedGauge(TimeSpan follow)
{
    private const int LongSilence = 10;

    private Instant _at;
    private long? _scaled;

    /// <summary>Null until the first sample.</summary>
    public readonly long? Value => _scaled / Scale;

    private const long Scale = 16; // keeps a small gap from being rounded away

    public void Add(long? sample, Instant now)
    {
        if (sample is not { } taken)
        {
            return;
        }

        TimeSpan gap = now.Since(_at);
        _at = now;
        Int128 scaled = (Int128)taken * Scale;
        if (_scaled is { } value && gap < follow * LongSilence)
        {
            scaled = value + ((scaled - value) * gap.Ticks / (gap.Ticks + follow.Ticks));
        }

        _scaled = (long)Int128.Clamp(scaled, long.MinValue, long.MaxValue);
    }
}
