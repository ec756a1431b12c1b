using System.Globalization;
using Noodle.Primitives;

namespace Ahr.Planning;

/// <summary>Sends a call to the node that will probably answer first.</summary>
/// <remarks>
/// Meaning: score = (in flight + 1) x service time + round trip, in microseconds; lower is better. In flight is the
/// larger of what the node reported and what this node has outstanding there: the report may already count ours.
/// The local node wins when no other scores lower, for its own numbers are never stale. Otherwise the lowest score
/// and those within <see cref="NearEqualFraction"/> of it are near-equals: two of them are drawn, the better of the
/// two wins, so that many nodes with the same old report do not all choose the same target.
/// Cost: two passes over the candidates and one sentence for each.
/// </remarks>
public static class LeastLoaded
{
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
        long?[] scores = new long?[candidates.Count];
        int best = -1;
        for (int i = 0; i < scores.Length; i++)
        {
            if (!candidates[i].IsReady || Contains(excluded, candidates[i].Node))
            {
                continue;
            }

            scores[i] = Score(candidates[i], serviceMicroseconds);
            if (best < 0 || Precedes(candidates, scores, i, best))
            {
                best = i;
            }
        }

        if (best < 0)
        {
            return new Decision(default, WhyNobody(candidates), Explain(candidates, scores, -1));
        }

        int chosen = candidates[best].IsLocal ? best : DrawNearEqual(candidates, scores, best, prng);
        CandidateScore[] explained = Explain(candidates, scores, chosen);
        return new Decision(candidates[chosen].Node, explained[chosen].Reason, explained);
    }

    /// <summary>Predicted microseconds until the answer, stopping at the largest number.</summary>
    public static long Score(in Candidate candidate, long serviceMicroseconds)
    {
        Int128 waiting = (Int128)InFlight(candidate) + 1;
        Int128 score = (waiting * Math.Max(1, serviceMicroseconds)) + Math.Max(0, candidate.RoundTripMicroseconds);
        return score > long.MaxValue ? long.MaxValue : (long)score;
    }

    private static int InFlight(in Candidate candidate) =>
        Math.Max(0, Math.Max(candidate.ReportedInFlight, candidate.OutstandingHere));

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

    private static bool Precedes(IReadOnlyList<Candidate> candidates, long?[] scores, int left, int right)
    {
        if (scores[left] != scores[right])
        {
            return scores[left] < scores[right];
        }

        return candidates[left].IsLocal ||
            (!candidates[right].IsLocal && candidates[left].Node < candidates[right].Node);
    }

    private static int DrawNearEqual(IReadOnlyList<Candidate> candidates, long?[] scores, int best, Prng prng)
    {
        long limit = NearEqualLimit(scores[best]!.Value);
        List<int> near = [];
        for (int i = 0; i < scores.Length; i++)
        {
            if (scores[i] <= limit)
            {
                near.Add(i);
            }
        }

        if (near.Count == 1)
        {
            return best;
        }

        int first = prng.Next(near.Count);
        int second = prng.Next(near.Count - 1);
        second += second >= first ? 1 : 0;
        // An exact tie goes to the one drawn first, or the lower name would take every call.
        bool secondIsBetter = scores[near[second]] < scores[near[first]];
        return secondIsBetter ? near[second] : near[first];
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

    private static CandidateScore[] Explain(IReadOnlyList<Candidate> candidates, long?[] scores, int chosen)
    {
        CandidateScore[] result = new CandidateScore[scores.Length];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = new CandidateScore(candidates[i].Node, scores[i], Reason(candidates, scores, i, chosen));
        }

        return result;
    }

    private static string Reason(IReadOnlyList<Candidate> candidates, long?[] scores, int i, int chosen)
    {
        Candidate candidate = candidates[i];
        if (scores[i] is not { } score)
        {
            return candidate.IsReady ? "an earlier attempt at this call failed there" : "model not loaded there";
        }

        string place = candidate.IsLocal ? "this node" : "remote";
        string cost = string.Create(
            CultureInfo.InvariantCulture,
            $"{place}, predicted {score} us with {InFlight(candidate)} in flight");
        if (i == chosen)
        {
            return cost;
        }

        long difference = score - scores[chosen]!.Value;
        return difference <= 0
            ? cost + ", near-equal but not drawn"
            : string.Create(CultureInfo.InvariantCulture, $"{cost}, {difference} us more than the winner");
    }
}
