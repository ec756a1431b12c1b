using Noodle.Primitives;

namespace NoodleNet.Mesh.Selection;

/// <summary>The rule to beat: what a node's answers took, with peaks believed at once and forgotten slowly.</summary>
/// <remarks>
/// Meaning: an answer slower than the average becomes the average; a faster one pulls it down by the share of the time
/// that has passed. Cost = average x (outstanding + 1). It needs no word from the node, and so knows only of the load
/// that this caller itself has felt.
/// Source: the rule of Finagle's and Linkerd's balancers.
/// </remarks>
public struct PeakEwma(TimeSpan follow)
{
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

    /// <summary>Predicted microseconds of one more call.</summary>
    public readonly long Cost(int outstanding) => AverageMicroseconds * (int.Max(outstanding, 0) + 1L);
}
