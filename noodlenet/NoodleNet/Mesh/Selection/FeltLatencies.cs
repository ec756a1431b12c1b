using Noodle.Primitives;

namespace NoodleNet.Mesh.Selection;

/// <summary>What this node itself has waited for answers of each node, for each kind of work: a
/// <see cref="PeakEwma"/> each.</summary>
/// <remarks>
/// Meaning: it needs no word from anybody, so it notices a node that is slower than it says. A peak is half forgotten
/// after <see cref="HalfLife"/> without another answer. The first answer of a pair is not counted: it pays what is paid
/// once, such as code and caches.
/// Bound: <see cref="Most"/> pairs of node and kind; when there are more, all are forgotten and felt again.
/// Cost: about 100 bytes a pair. Not safe for several threads at once.
/// </remarks>
public sealed class FeltLatencies
{
    /// <summary>Pairs of node and kind that are remembered.</summary>
    public const int Most = 4_096;

    /// <summary>Silence after which a slow node counts as half as slow.</summary>
    public static TimeSpan HalfLife { get; } = TimeSpan.FromSeconds(5);

    private readonly Dictionary<(NodeId Node, string Kind), PeakEwma> _felt = [];

    public int Count => _felt.Count;

    /// <summary>Takes what a piece of work took, from asking to answer.</summary>
    public void Add(NodeId node, string kind, TimeSpan took, Instant now)
    {
        bool isFirst = !_felt.ContainsKey((node, kind));
        PeakEwma felt = Take(node, kind);
        if (!isFirst)
        {
            felt.Add(took, now);
        }

        _felt[(node, kind)] = felt;
    }

    /// <summary>Takes that a node had not answered after this long, and was left for another one; each time in a row
    /// counts twice the one before.</summary>
    public void AddAtLeast(NodeId node, string kind, TimeSpan waited, Instant now)
    {
        PeakEwma felt = Take(node, kind);
        felt.AddAtLeast(waited, now);
        _felt[(node, kind)] = felt;
    }

    /// <summary>Microseconds that one more piece of work will probably take; null when nothing is known.</summary>
    public long? Read(NodeId node, string kind, Instant now) =>
        _felt.TryGetValue((node, kind), out PeakEwma felt) && felt.AverageMicroseconds > 0 ? felt.Read(now) : null;

    private PeakEwma Take(NodeId node, string kind)
    {
        if (_felt.TryGetValue((node, kind), out PeakEwma felt))
        {
            return felt;
        }

        if (_felt.Count >= Most)
        {
            _felt.Clear();
        }

        return new PeakEwma(HalfLife);
    }
}
