using Noodle.Primitives;
using NoodleNet.Mesh.Requirements;

namespace NoodleNet.Mesh.Selection;

/// <summary>A node that might do a piece of work.</summary>
/// <param name="Facts">What is known of it.</param>
/// <param name="IsLocal">It is the node that chooses: its numbers are never stale, and nothing is sent.</param>
/// <param name="InFlight">Pieces of work that it said it has.</param>
/// <param name="Outstanding">Pieces of work that this node has sent there and not got back.</param>
/// <param name="ServiceMicroseconds">What one piece of work takes there; null when it is not known.</param>
/// <param name="ToldAt">When it last said how busy it is; null when it never did.</param>
public sealed record NodeCandidate(
    NodeFacts Facts, bool IsLocal, int InFlight, int Outstanding, long? ServiceMicroseconds, Instant? ToldAt)
{
    /// <summary>What answers from there took lately, see <see cref="FeltLatencies"/>; null when none came.</summary>
    public long? FeltMicroseconds { get; init; }
}

/// <summary>Chooses where a piece of work will probably be done first.</summary>
/// <remarks>
/// Meaning: who does not meet the requirement is out, by the name of the condition. The others cost queue + transfer +
/// compute, in whole microseconds: queue is the work before it, transfer the round trip and the payload at the measured
/// bandwidth, compute one run. A node whose answers took more than twice as long as the middle one's costs the rest as
/// well: it is slower than it says. Of the queue that a node told of, as much is done by now as time has passed since:
/// an old word says less, and a very old one nothing, so that nobody runs for long to the node that was idle once. A
/// cost may be off by 1/16, and by a quarter of what the age put in doubt. Who might be as cheap as the cheapest is a
/// near-equal. Two of them are drawn and the cheaper wins (power of two choices), so that many nodes with the same old
/// word do not all run to the same target; of two equal ones the one drawn first wins. The local node wins without a
/// draw when none is cheaper, for its own numbers are never stale.
/// Cost: one pass for the facts, one for the costs; an object a candidate, its sentence only when it is read.
/// </remarks>
public static class BestNode
{
    /// <summary>Costs within a 1/16 part are the same.</summary>
    public const int SameFraction = 16;

    /// <summary>Bandwidth that is supposed of a way that nothing large went yet: 10 MB/s, a bad wireless
    /// network.</summary>
    public const long UnknownBytesPerSecond = 10_000_000;

    /// <summary>Round trip that is supposed of a way that was never measured nor predicted.</summary>
    public const long UnknownRoundTripMicroseconds = 50_000;

    /// <summary>Service time that is supposed of work that was never done.</summary>
    public const long UnknownServiceMicroseconds = 10_000;

    public static NodeSelection Choose(
        IReadOnlyList<NodeCandidate> candidates, Requirement requirement, long payloadBytes, Instant now, Prng chance)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        ArgumentNullException.ThrowIfNull(requirement);
        ArgumentNullException.ThrowIfNull(chance);
        var costs = new Cost[candidates.Count];
        long ceiling = long.MaxValue;
        for (int i = 0; i < costs.Length; i++)
        {
            costs[i] = new Cost(null, 0, RequirementCheck.FindFault(requirement, candidates[i].Facts));
        }

        long usual = FindUsual(candidates, costs);
        for (int i = 0; i < costs.Length; i++)
        {
            costs[i] = costs[i].Fault is null ? Price(candidates[i], payloadBytes, usual, now) : costs[i];
            ceiling = long.Min(ceiling, costs[i].Highest);
        }

        int chosen = FindLocalBest(candidates, costs) ?? Draw(costs, ceiling, chance);
        long? won = chosen < 0 ? null : costs[chosen].Microseconds;
        var scores = new NodeScore[costs.Length];
        for (int i = 0; i < scores.Length; i++)
        {
            Cost cost = costs[i];
            scores[i] = new NodeScore(candidates[i].Facts.Node, cost.Microseconds, cost.Spread, i == chosen)
            {
                Fault = cost.Fault,
                SlowMicroseconds = cost.Slow,
                IsNearEqual = i != chosen && cost.IsNear(ceiling),
                WonMicroseconds = won,
            };
        }

        return new NodeSelection(chosen < 0 ? default : candidates[chosen].Facts.Node, scores);
    }

    private static int? FindLocalBest(IReadOnlyList<NodeCandidate> candidates, Cost[] costs)
    {
        int? local = null;
        long least = long.MaxValue;
        for (int i = 0; i < costs.Length; i++)
        {
            least = long.Min(least, costs[i].Microseconds ?? long.MaxValue);
            local = candidates[i].IsLocal && costs[i].Microseconds is not null ? i : local;
        }

        return local is { } here && costs[here].Microseconds == least ? local : null;
    }

    // With old words every node is felt to have queues that nobody foresaw; only who stands out is slow. Simulated as
    // in StampedeTests with one node eight times as slow as it says, p99 in ms: nothing felt 127, what was felt as the
    // least cost 1,531, all that exceeds the prediction 145, what exceeds twice the middle 110.
    private static long FindUsual(IReadOnlyList<NodeCandidate> candidates, Cost[] costs)
    {
        var felt = new List<long>(costs.Length);
        for (int i = 0; i < costs.Length; i++)
        {
            if (costs[i].Fault is null && candidates[i].FeltMicroseconds is { } took)
            {
                felt.Add(took);
            }
        }

        felt.Sort();
        return felt.Count == 0 ? 0 : felt[(felt.Count - 1) / 2];
    }

    private static Cost Price(NodeCandidate candidate, long payloadBytes, long usual, Instant now)
    {
        NodeFacts facts = candidate.Facts;
        Int128 service = long.Max(candidate.ServiceMicroseconds ?? UnknownServiceMicroseconds, 1);
        Int128 told = service * int.Max(candidate.InFlight, 0);
        Int128 age = candidate.IsLocal ? 0
            : candidate.ToldAt is { } at ? (Int128)long.Max((long)now.Since(at).TotalMicroseconds, 0) : told;
        // What this node itself has waiting there it knows for sure.
        Int128 queue = Int128.Max(told - age, service * int.Max(candidate.Outstanding, 0));
        Int128 transfer = candidate.IsLocal ? 0
            : (facts.RoundTripMicroseconds ?? UnknownRoundTripMicroseconds)
                + ((Int128)long.Max(payloadBytes, 0) * 1_000_000
                    / long.Max(facts.BytesPerSecond ?? UnknownBytesPerSecond, 1));
        Int128 slow = candidate.IsLocal ? 0 : Int128.Max((candidate.FeltMicroseconds ?? 0) - ((Int128)usual * 2), 0);
        Int128 total = queue + transfer + service + slow;
        Int128 spread = (total / SameFraction) + (Int128.Min(age, told + service) / 4);
        return new Cost(
            (long)Int128.Min(total, long.MaxValue / 4), (long)Int128.Min(spread, long.MaxValue / 4), null, (long)slow);
    }

    private static int Draw(Cost[] costs, long ceiling, Prng chance)
    {
        var near = new List<int>(costs.Length);
        for (int i = 0; i < costs.Length; i++)
        {
            if (costs[i].IsNear(ceiling))
            {
                near.Add(i);
            }
        }

        if (near.Count < 2)
        {
            return near.Count == 0 ? -1 : near[0];
        }

        int first = chance.Next(near.Count);
        int second = chance.Next(near.Count - 1);
        second += second >= first ? 1 : 0;
        (first, second) = (near[first], near[second]);
        return costs[second].Microseconds < costs[first].Microseconds ? second : first;
    }

    private readonly record struct Cost(long? Microseconds, long Spread, string? Fault, long Slow = 0)
    {
        public long Highest => Microseconds is { } cost ? cost + Spread : long.MaxValue;

        public bool IsNear(long ceiling) => Microseconds is { } cost && cost - Spread <= ceiling;
    }
}
