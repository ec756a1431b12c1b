using Noodle.Primitives;

namespace Ahr.Planning;

/// <summary>A node that may run a call, as seen by the node that decides.</summary>
/// <param name="Node">Which node.</param>
/// <param name="IsLocal">True for the node that decides.</param>
/// <param name="IsReady">True when it says that it has the model loaded.</param>
/// <param name="ReportedInFlight">Calls it said it was working on, from all callers.</param>
/// <param name="OutstandingHere">Calls that the deciding node has sent it and that are not answered yet.</param>
/// <param name="RoundTripMicroseconds">Measured round trip to it; 0 for the local node.</param>
public readonly record struct Candidate(
    NodeId Node, bool IsLocal, bool IsReady, int ReportedInFlight, int OutstandingHere, long RoundTripMicroseconds)
{
    /// <summary>The larger of what it reported and what is outstanding: the report may already count ours.</summary>
    public int InFlight => Math.Max(0, Math.Max(ReportedInFlight, OutstandingHere));
}

/// <summary>Where a call goes, and why there and nowhere else.</summary>
/// <param name="Chosen">The node; <see cref="NodeId.IsNone"/> when no candidate was eligible.</param>
/// <param name="Reason">One sentence for people.</param>
/// <param name="Scores">Every candidate, in the order given.</param>
public sealed record Decision(NodeId Chosen, string Reason, IReadOnlyList<CandidateScore> Scores)
{
    /// <summary>True when nodes are ready, and none of them is what the call requires.</summary>
    public bool IsUnmet { get; init; }
}
