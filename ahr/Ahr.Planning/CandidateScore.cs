using System.Globalization;
using Noodle.Primitives;

namespace Ahr.Planning;

/// <summary>One candidate's part in a decision.</summary>
/// <remarks>Cost: numbers alone; the sentence is made each time that somebody reads it.</remarks>
/// <param name="Candidate">The node, as it was seen then.</param>
/// <param name="Score">Predicted cost in microseconds, lower is better; null when it was not eligible.</param>
/// <param name="Winner">The score of the node that was chosen; null when none was.</param>
/// <param name="IsChosen">True for that node.</param>
public readonly record struct CandidateScore(Candidate Candidate, long? Score, long? Winner, bool IsChosen)
{
    /// <summary>Why it was not eligible, where that is neither its model nor an earlier attempt.</summary>
    public string? Fault { get; init; }

    /// <summary>The part of the score that is there because its answers took longer than those of others.</summary>
    public long SlowMicroseconds { get; init; }

    /// <summary>True when it may be as good as the winner although it scored more.</summary>
    public bool IsNearEqual { get; init; }

    /// <summary>Which node.</summary>
    public NodeId Node => Candidate.Node;

    /// <summary>Why it won or lost, such as <c>remote, predicted 900 us with 2 in flight, 300 us more than the
    /// winner</c>.</summary>
    public string Reason
    {
        get
        {
            if (Score is not { } score)
            {
                return Fault
                    ?? (Candidate.IsReady ? "an earlier attempt at this call failed there" : "model not loaded there");
            }

            string place = Candidate.IsLocal ? "this node" : "remote";
            string cost = string.Create(
                CultureInfo.InvariantCulture, $"{place}, predicted {score} us with {Candidate.InFlight} in flight");
            cost = SlowMicroseconds == 0 ? cost
                : string.Create(CultureInfo.InvariantCulture, $"{cost}, {SlowMicroseconds} us of it for slow answers");
            return IsChosen || Winner is not { } winner ? cost
                : score <= winner || IsNearEqual ? cost + ", near-equal but not drawn"
                : string.Create(CultureInfo.InvariantCulture, $"{cost}, {score - winner} us more than the winner");
        }
    }
}
