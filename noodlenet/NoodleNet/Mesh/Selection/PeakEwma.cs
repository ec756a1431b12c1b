using Noodle.Primitives;

namespace NoodleNet.Mesh.Selection;

/// <summary>What a node's answers took, with peaks believed at once and forgotten slowly.</summary>
/// <remarks>
/// Meaning: an answer slower than the average becomes the average; a faster one pulls it down by the share of the time
/// that has passed. Cost = average x (outstanding + 1). It needs no word from the node, and so knows only of the load
/// that this caller itself has felt. Silence halves it each <c>follow</c>: who was slow once and is asked no more gets
/// another chance.
/// Source: the rule of Finagle's and Linkerd's balancers.
/// </remarks>
public struct PeakEwma(TimeSpan follow)
{
    private const int MostHalvings = 40; // of the longest time in microseconds nothing is left then

    private const long MostMicroseconds = 3_600_000_000; // an hour: doubling stops there

    private Instant _at;

    /// <summary>Microseconds; zero before the first answer.</summary>
    public long AverageMicroseconds { get; private set; }

    /// <summary>Takes what an answer took.</summary>
    public void Add(TimeSpan took, Instant now)
    {
        long sample = long.Max((long)took.TotalMicroseconds, 1);
        TimeSpan gap = now.Since(_at);
        _at = now;
        if (sample >= AverageMicroseconds)
        {
            AverageMicroseconds = sample;
            return;
        }

        Int128 step = (Int128)(sample - AverageMicroseconds) * gap.Ticks / (gap.Ticks + follow.Ticks);
        AverageMicroseconds += (long)step;
    }

    /// <summary>Takes that no answer had come after this long. How long it would have taken nobody knows: each time in
    /// a row counts twice the one before.</summary>
    public void AddAtLeast(TimeSpan waited, Instant now)
    {
        TimeSpan doubled = TimeSpan.FromMicroseconds(long.Min(Read(now), MostMicroseconds) * 2);
        Add(waited > doubled ? waited : doubled, now);
    }

    /// <summary>What is left of the average after the silence since the last answer.</summary>
    /// <remarks>Meaning: between two halvings it falls in a straight line, so that it is a whole number
    /// everywhere.</remarks>
    public readonly long Read(Instant now)
    {
        long ticks = long.Max(now.Since(_at).Ticks, 0);
        long halvings = long.Min(ticks / follow.Ticks, MostHalvings);
        long upper = AverageMicroseconds >> (int)halvings;
        return halvings == MostHalvings ? 0
            : upper - (long)((Int128)(upper / 2) * (ticks % follow.Ticks) / follow.Ticks);
    }

    /// <summary>Predicted microseconds of one more call.</summary>
    public readonly long Cost(int outstanding) => AverageMicroseconds * (int.Max(outstanding, 0) + 1L);
}
