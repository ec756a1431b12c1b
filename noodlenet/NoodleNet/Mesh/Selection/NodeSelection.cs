using System.Globalization;
using Noodle.Primitives;

namespace NoodleNet.Mesh.Selection;

/// <summary>What was decided of one candidate.</summary>
/// <param name="CostMicroseconds">Null when it does not fit the requirement.</param>
/// <param name="SpreadMicroseconds">How far the cost may be off.</param>
public sealed record NodeScore(NodeId Node, long? CostMicroseconds, long SpreadMicroseconds, bool IsChosen)
{
    /// <summary>Which condition it does not meet; null when it meets all.</summary>
    public string? Fault { get; init; }

    /// <summary>The part of the cost that is there because its answers took longer than those of others.</summary>
    public long SlowMicroseconds { get; init; }

    /// <summary>True when it may be as cheap as the cheapest, and another one was drawn.</summary>
    public bool IsNearEqual { get; init; }

    /// <summary>What the chosen one costs; null when none was chosen.</summary>
    public long? WonMicroseconds { get; init; }

    /// <summary>Why it won or lost.</summary>
    public string Reason
    {
        get
        {
            if (Fault is not null)
            {
                return Fault;
            }

            string cost = string.Create(
                CultureInfo.InvariantCulture, $"predicted {CostMicroseconds} us");
            cost = SlowMicroseconds == 0 ? cost
                : string.Create(CultureInfo.InvariantCulture, $"{cost}, {SlowMicroseconds} us of it for slow answers");
            return IsChosen ? cost
                : IsNearEqual ? cost + ", as good as the chosen one by what is known"
                : string.Create(CultureInfo.InvariantCulture,
                    $"{cost}, {CostMicroseconds - WonMicroseconds} us more than the chosen one");
        }
    }
}

/// <param name="Chosen">None when no candidate fits.</param>
/// <param name="Scores">One for each candidate, in their order.</param>
public sealed record NodeSelection(NodeId Chosen, IReadOnlyList<NodeScore> Scores)
{
    public bool IsNone => Chosen.IsNone;
}
