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
                return Candidate.IsReady ? "an earlier attempt at this call failed there" : "model not loaded there";
            }

            string place = Candidate.IsLocal ? "this node" : "remote";
            string cost = string.Create(
                CultureInfo.InvariantCulture, $"{place}, predicted {score} us with {Candidate.InFlight} in flight");
            return IsChosen || Winner is not { } winner ? cost
                : score <= winner ? cost + ", near-equal but not drawn"
                : string.Create(CultureInfo.InvariantCulture, $"{cost}, {score - winner} us more than the winner");
        }
    }
}
