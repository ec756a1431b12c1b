using Noodle.Primitives;

namespace NoodleNet.Discovery.Health;

/// <summary>How far this clock is from the others'.</summary>
/// <param name="Offset">What is to be added to this clock: positive when it is behind.</param>
/// <param name="Uncertainty">Half the round trip of the measurement.</param>
/// <param name="Peers">How many nodes were compared.</param>
public readonly record struct ClockSkew(TimeSpan Offset, TimeSpan Uncertainty, int Peers);

/// <summary>Measures the clocks of others by asking for the time.</summary>
/// <remarks>
/// Meaning: an answer is taken to have been written midway between question and arrival. Of the last
/// <see cref="Samples"/> answers of a node the one with the shortest round trip counts, because its way hides the least
/// (as NTP's clock filter does); of all nodes the median counts, so that one wrong clock does not make ours wrong.
/// Bound: <see cref="MaxPeers"/> nodes, the others are not taken in; a sample counts for <see cref="Life"/>.
/// </remarks>
public sealed class ClockOffsets
{
    public const int Samples = 8;
    public const int MaxPeers = 256;
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(2);

    // The widest that is believed: a nonsense clock must not overflow what is computed with it.
    private static readonly TimeSpan s_widest = TimeSpan.FromDays(36_500);
    private readonly SortedDictionary<NodeId, Queue<Sample>> _peers = [];

    /// <summary>Takes one answer.</summary>
    /// <param name="askedUs">This clock at the question, microseconds since 1970.</param>
    /// <param name="toldUs">The other clock in the answer.</param>
    /// <param name="roundTrip">From question to arrival, on a monotonic clock.</param>
    public void Note(NodeId node, long askedUs, long toldUs, TimeSpan roundTrip, Instant now)
    {
        if (!_peers.TryGetValue(node, out Queue<Sample>? samples))
        {
            if (_peers.Count >= MaxPeers)
            {
                return;
            }

            _peers[node] = samples = new Queue<Sample>();
        }

        if (samples.Count == Samples)
        {
            samples.Dequeue();
        }

        TimeSpan way = roundTrip < TimeSpan.Zero ? TimeSpan.Zero : roundTrip;
        Int128 apartUs = (Int128)toldUs - askedUs - (long)(way.TotalMicroseconds / 2);
        Int128 widest = (long)s_widest.TotalMicroseconds;
        long offsetUs = (long)(apartUs > widest ? widest : apartUs < -widest ? -widest : apartUs);
        samples.Enqueue(new Sample(TimeSpan.FromMicroseconds(offsetUs), way, now));
    }

    /// <summary>Forgets a node that is gone.</summary>
    public void Forget(NodeId node) => _peers.Remove(node);

    /// <summary>How far another clock is from this one; null when it was not told lately.</summary>
    public ClockSkew? Of(NodeId node, Instant now) =>
        _peers.TryGetValue(node, out Queue<Sample>? samples) && Best(samples, now) is { } best
            ? new ClockSkew(best.Offset, best.RoundTrip / 2, 1) : null;

    /// <summary>How far this clock is from the median of the others; null when none was told lately.</summary>
    public ClockSkew? Estimate(Instant now)
    {
        List<Sample> best = [];
        foreach (Queue<Sample> samples in _peers.Values)
        {
            if (Best(samples, now) is { } sample)
            {
                best.Add(sample);
            }
        }

        if (best.Count == 0)
        {
            return null;
        }

        best.Sort(static (a, b) => a.Offset.CompareTo(b.Offset));
        Sample low = best[(best.Count - 1) / 2], high = best[best.Count / 2];
        return new ClockSkew(
            low.Offset + ((high.Offset - low.Offset) / 2),
            (low.RoundTrip > high.RoundTrip ? low.RoundTrip : high.RoundTrip) / 2, best.Count);
    }

    private static Sample? Best(Queue<Sample> samples, Instant now)
    {
        Sample? best = null;
        foreach (Sample sample in samples)
        {
            if (now - sample.At <= Life && (best is null || sample.RoundTrip <= best.Value.RoundTrip))
            {
                best = sample;
            }
        }

        return best;
    }

    private readonly record struct Sample(TimeSpan Offset, TimeSpan RoundTrip, Instant At);
}
