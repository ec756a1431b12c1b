using System.Globalization;
using Noodle.Primitives;

namespace Ahr.Planning;

/// <summary>Sends a call to the node that will probably answer first.</summary>
/// <remarks>
/// Meaning: score = (in flight + 1) x service time + round trip, in microseconds; lower is better. The local node wins
/// when no other scores lower, for its own numbers are never stale. Otherwise the lowest score and those within
/// <see cref="NearEqualFraction"/> of it are near-equals: two of them are drawn, the better of the two wins, so that
/// many nodes with the same old report do not all choose the same target.
/// A requirement cannot be judged by what candidates tell: nobody meets one. Nothing is learned from answers.
/// Cost: four passes over the candidates at most, one array of them and one sentence, for the winner.
/// </remarks>
public sealed class LeastLoaded : INodeSelector
{
    private LeastLoaded()
    {
    }

    /// <summary>It has no state.</summary>
    public static LeastLoaded Instance { get; } = new();

    /// <summary>Scores up to the best plus a 1/16 part of it are taken as equal.</summary>
    public const long NearEqualFraction = 16;

    /// <summary>Chooses one of <paramref name="candidates"/>, or none when no one is eligible.</summary>
    /// <param name="candidates">At most one for each node.</param>
    /// <param name="excluded">Nodes where this call has failed already.</param>
    /// <param name="serviceMicroseconds">Expected time of one run of the model.</param>
    public static Decision Choose(
        IReadOnlyList<Candidate> candidates,
        IReadOnlyCollection<NodeId> excluded,
        long serviceMicroseconds,
        Prng prng)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        ArgumentNullException.ThrowIfNull(excluded);
        ArgumentNullException.ThrowIfNull(prng);
        CandidateScore[] scores = new CandidateScore[candidates.Count];
        int best = -1;
        for (int i = 0; i < scores.Length; i++)
        {
            Candidate candidate = candidates[i];
            bool isEligible = candidate.IsReady && !Contains(excluded, candidate.Node);
            long? score = isEligible ? Score(candidate, serviceMicroseconds) : null;
            scores[i] = new CandidateScore(candidate, score, null, false);
            if (isEligible && (best < 0 || Precedes(scores[i], scores[best])))
            {
                best = i;
            }
        }

        if (best < 0)
        {
            return new Decision(default, WhyNobody(candidates), scores);
        }

        int chosen = scores[best].Candidate.IsLocal ? best : DrawNearEqual(scores, best, prng);
        long? winner = scores[chosen].Score;
        for (int i = 0; i < scores.Length; i++)
        {
            scores[i] = scores[i] with { Winner = winner, IsChosen = i == chosen };
        }

        return new Decision(scores[chosen].Node, scores[chosen].Reason, scores);
    }

    Decision INodeSelector.Choose(
        IReadOnlyList<Candidate> candidates, IReadOnlyCollection<NodeId> excluded, in SelectionAsk ask, Prng prng) =>
        ask.Requirement is { Length: > 0 } requirement
            ? new Decision(
                default, $"nothing is known of the nodes that {requirement} could be held against",
                [.. candidates.Select(candidate => new CandidateScore(candidate, null, null, false))])
            {
                IsUnmet = true,
            }
            : Choose(candidates, excluded, ask.ServiceMicroseconds, prng);

    void INodeSelector.Learn(NodeId node, string digest, TimeSpan took, bool isAnswered)
    {
    }

    /// <summary>Predicted microseconds until the answer, stopping at the largest number.</summary>
    public static long Score(in Candidate candidate, long serviceMicroseconds)
    {
        Int128 waiting = (Int128)candidate.InFlight + 1;
        Int128 score = (waiting * Math.Max(1, serviceMicroseconds)) + Math.Max(0, candidate.RoundTripMicroseconds);
        return score > long.MaxValue ? long.MaxValue : (long)score;
    }

    private static bool Contains(IReadOnlyCollection<NodeId> excluded, NodeId node)
    {
        if (excluded.Count == 0)
        {
            return false;
        }

        foreach (NodeId other in excluded)
        {
            if (other == node)
            {
                return true;
            }
        }

        return false;
    }

    private static bool Precedes(in CandidateScore left, in CandidateScore right) =>
        left.Score != right.Score ? left.Score < right.Score
        : left.Candidate.IsLocal || (!right.Candidate.IsLocal && left.Node < right.Node);

    private static int DrawNearEqual(CandidateScore[] scores, int best, Prng prng)
    {
        long limit = NearEqualLimit(scores[best].Score!.Value);
        int near = scores.Count(candidate => candidate.Score <= limit);
        if (near == 1)
        {
            return best;
        }

        int first = prng.Next(near);
        int second = prng.Next(near - 1);
        second += second >= first ? 1 : 0;
        (first, second) = (FindNear(scores, limit, first), FindNear(scores, limit, second));
        // An exact tie goes to the one drawn first, or the lower name would take every call.
        return scores[second].Score < scores[first].Score ? second : first;
    }

    // Where the near-equal of that number stands, counted from 0.
    private static int FindNear(CandidateScore[] scores, long limit, int number)
    {
        int i = 0;
        while (!(scores[i].Score <= limit) || number-- > 0)
        {
            i++;
        }

        return i;
    }

    private static long NearEqualLimit(long best) =>
        best > long.MaxValue - (best / NearEqualFraction) ? long.MaxValue : best + (best / NearEqualFraction);

    private static string WhyNobody(IReadOnlyList<Candidate> candidates)
    {
        int ready = 0;
        foreach (Candidate candidate in candidates)
        {
            ready += candidate.IsReady ? 1 : 0;
        }

        return candidates.Count == 0 ? "no node is alive"
            : ready == 0 ? string.Create(
                CultureInfo.InvariantCulture, $"none of {candidates.Count} nodes has the model loaded")
            : string.Create(
                CultureInfo.InvariantCulture, $"this call has failed on every node that is ready ({ready})");
    }
}
