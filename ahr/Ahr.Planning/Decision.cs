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
    NodeId Node, bool IsLocal, bool IsReady, int ReportedInFlight, int OutstandingHere, long RoundTripMicroseconds);

/// <summary>One candidate's part in a decision.</summary>
/// <param name="Node">Which node.</param>
/// <param name="Score">Predicted cost in microseconds, lower is better; null when it was not eligible.</param>
/// <param name="Reason">Why it won or lost, such as <c>3 calls in flight, 1 more than the winner</c>.</param>
public sealed record CandidateScore(NodeId Node, long? Score, string Reason);

/// <summary>Where a call goes, and why there and nowhere else.</summary>
/// <param name="Chosen">The node; <see cref="NodeId.IsNone"/> when no candidate was eligible.</param>
/// <param name="Reason">One sentence for people.</param>
/// <param name="Scores">Every candidate, in the order given.</param>
public sealed record Decision(NodeId Chosen, string Reason, IReadOnlyList<CandidateScore> Scores);
