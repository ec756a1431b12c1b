using Noodle.Primitives;

namespace NoodleNet.Mesh.Quality;

/// <summary>Round trip, jitter, loss and bandwidth of the way to one peer, from what was measured.</summary>
/// <remarks>
/// Meaning: smoothed += (sample - smoothed) / 8, and jitter += (|sample - last| - jitter) / 16 as RFC 3550 has it for
/// arrivals. Loss is smoothed by 1/16. Of the first three samples the shortest counts alone: the first answer of a cold
/// process is late by ten milliseconds, and no average forgets that soon.
/// Bound: about 150 bytes a peer, 150 more once a large transfer was seen.
/// </remarks>
public sealed class LinkQuality(Instant since)
{
    private const int ColdSamples = 3;
    private const long LossScale = 1_000_000;
    private static readonly TimeSpan s_leastWindow = TimeSpan.FromMinutes(1);

    private Instant _at = since;
    private long _samples;
    private long _smoothed;
    private long _last;
    private long _jitter;
    private long _loss;
    private Instant _windowBegan = since;
    private long _least = long.MaxValue;
    private long _leastBefore = long.MaxValue;
    private BandwidthWindow? _bandwidth;

    /// <summary>Takes a measured round trip; one that is not positive counts as one nanosecond.</summary>
    public void AddRoundTrip(TimeSpan roundTrip, Instant now)
    {
        long sample = long.Max((long)double.Min(roundTrip.TotalNanoseconds, long.MaxValue / 32), 1);
        if (_samples < ColdSamples)
        {
            _smoothed = _samples == 0 ? sample : long.Min(_smoothed, sample);
        }
        else
        {
            _smoothed += (sample - _smoothed) / 8;
            _jitter += (long.Abs(sample - _last) - _jitter) / 16;
        }

        (_last, _at) = (sample, now);
        _samples++;
        AddOutcome(lost: false);
        KeepLeast(sample, now);
    }

    /// <summary>Takes a probe that nobody answered.</summary>
    public void AddLoss() => AddOutcome(lost: true);

    /// <summary>Takes a transfer of this peer's bytes or to it; short ones do not count.</summary>
    public void AddTransfer(long bytes, TimeSpan took, Instant now)
    {
        if (bytes >= BandwidthWindow.LeastBytes)
        {
            (_bandwidth ??= new BandwidthWindow()).TryAdd(bytes, took, now);
        }
    }

    public LinkMeasure Read(Instant now)
    {
        TimeSpan age = now.Since(_at);
        bool measured = _samples > 0;
        return new LinkMeasure(
            measured ? ToMicroseconds(_smoothed) : null,
            measured ? ToMicroseconds(long.Min(_least, _leastBefore)) : null,
            _jitter / 1_000,
            (int)(_loss / (LossScale / 1_000)),
            _bandwidth?.Median(now),
            _bandwidth?.Best(now),
            _samples,
            age,
            Quality.Confidence.Of(_samples, age));
    }

    private static long ToMicroseconds(long nanoseconds) => long.Max(nanoseconds / 1_000, 1);

    private void AddOutcome(bool lost) => _loss += ((lost ? LossScale : 0) - _loss) / 16;

    // Two windows, one after the other: a path that became longer is believed after two minutes.
    private void KeepLeast(long sample, Instant now)
    {
        if (now.Since(_windowBegan) >= s_leastWindow)
        {
            (_leastBefore, _least, _windowBegan) = (_least, sample, now);
        }

        _least = long.Min(_least, sample);
    }
}
