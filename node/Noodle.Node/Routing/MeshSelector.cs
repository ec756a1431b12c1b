using System.Globalization;
using Ahr.Planning;
using Noodle.Node.Mesh.Topology;
using Noodle.Node.Models;
using Noodle.Primitives;
using NoodleNet.Mesh;
using NoodleNet.Mesh.Requirements;
using NoodleNet.Mesh.Selection;

namespace Noodle.Node.Routing;

/// <summary>Chooses where calls run by what the mesh knows: <see cref="BestNode"/> over the nodes that are
/// ready.</summary>
/// <remarks>
/// Meaning: out are nodes without the model, those on which this call has failed, those that do not meet its
/// requirement, and those whose breaker is open unless all of them are. Of the others each costs what it has in flight
/// (as old as its word is), the way there for this payload, one run in its own time, and what its answers took more
/// than those of others.
/// Cost: for a call with a requirement all that is known of the ready nodes is read, else only the way to them.
/// Safe for several threads.
/// </remarks>
/// <param name="allows">False for a node whose breaker is open.</param>
/// <param name="ownService">Microseconds that one run of a model takes on this node; 0 when not known.</param>
internal sealed class MeshSelector(MeshFacts facts, Func<NodeId, bool> allows, Func<string, long> ownService)
    : INodeSelector
{
    private const int MostNamed = 4;

    private readonly FeltLatencies _felt = new();
    private readonly Lock _gate = new();

    public Decision Choose(
        IReadOnlyList<Candidate> candidates, IReadOnlyCollection<NodeId> excluded, in SelectionAsk ask, Prng prng)
    {
        Requirement requirement = Requirement.Any;
        if (ask.Requirement is { Length: > 0 } text)
        {
            requirement = RequirementParser.Parse(text, out RequirementError? error) ?? Requirement.Any;
            if (error is not null)
            {
                return Refuse(candidates, $"the requirement cannot be read: {error.Message}");
            }
        }

        string?[] faults = FindFaults(candidates, requirement);
        int[] fitting =
            [.. Enumerable.Range(0, candidates.Count).Where(i => candidates[i].IsReady && faults[i] is null)];
        if (fitting.Length == 0)
        {
            return Explain(candidates, faults, requirement);
        }

        int[] free = [.. fitting.Where(i => !excluded.Contains(candidates[i].Node))];
        int[] open = [.. free.Where(i => candidates[i].IsLocal || allows(candidates[i].Node))];
        if (open.Length > 0 && open.Length < free.Length)
        {
            foreach (int i in free.Except(open))
            {
                faults[i] = "left alone for a while, for its last calls failed";
            }

            free = open;
        }

        if (free.Length == 0)
        {
            return new Decision(
                default, string.Create(CultureInfo.InvariantCulture,
                    $"this call has failed on every node that may run it ({fitting.Length})"),
                Score(candidates, faults, [], null));
        }

        NodeSelection selection = Weigh(candidates, free, ask, prng);
        CandidateScore[] scores = Score(candidates, faults, free, selection);
        CandidateScore won = scores.First(score => score.IsChosen);
        return new Decision(won.Node, won.Reason, scores);
    }

    public void Learn(NodeId node, string digest, TimeSpan took, bool isAnswered)
    {
        lock (_gate)
        {
            if (isAnswered)
            {
                _felt.Add(node, digest, took, facts.Now);
            }
            else
            {
                _felt.AddAtLeast(node, digest, took, facts.Now);
            }
        }
    }

    private string?[] FindFaults(IReadOnlyList<Candidate> candidates, Requirement requirement)
    {
        var faults = new string?[candidates.Count];
        if (requirement.On.Count == 0 && requirement.Qos.Count == 0)
        {
            return faults;
        }

        Dictionary<NodeId, NodeFacts> known =
            facts.Read([.. candidates.Where(candidate => candidate.IsReady).Select(candidate => candidate.Node)]);
        for (int i = 0; i < faults.Length; i++)
        {
            if (candidates[i].IsReady)
            {
                faults[i] = known.TryGetValue(candidates[i].Node, out NodeFacts? node)
                    ? RequirementCheck.FindFault(requirement, node) : "nothing is known of it";
            }
        }

        return faults;
    }

    private NodeSelection Weigh(
        IReadOnlyList<Candidate> candidates, int[] eligible, in SelectionAsk ask, Prng prng)
    {
        var nodes = new NodeCandidate[eligible.Length];
        Instant now = facts.Now;
        for (int i = 0; i < nodes.Length; i++)
        {
            nodes[i] = Describe(candidates[eligible[i]], ask, now);
        }

        return BestNode.Choose(nodes, Requirement.Any, ask.PayloadBytes, now, prng);
    }

    private NodeCandidate Describe(in Candidate candidate, in SelectionAsk ask, Instant now)
    {
        long? felt;
        lock (_gate)
        {
            felt = _felt.Read(candidate.Node, ask.Digest, now);
        }

        if (candidate.IsLocal)
        {
            long own = ownService(ask.Digest);
            return new NodeCandidate(
                new NodeFacts { Node = candidate.Node, RoundTripMicroseconds = 0 }, true, candidate.InFlight, 0,
                own > 0 ? own : ask.ServiceMicroseconds, null)
            {
                FeltMicroseconds = felt,
            };
        }

        NodeLoad? told = facts.LoadOf(candidate.Node);
        long? service = told is null ? null : (long?)ClusterModels.Find(told.Status, ask.Digest)?.ServiceTimeUs;
        NodeFacts way = facts.ReadWay(candidate.Node);
        return new NodeCandidate(
            way.RoundTripMicroseconds is null && candidate.RoundTripMicroseconds > 0
                ? way with { RoundTripMicroseconds = candidate.RoundTripMicroseconds } : way,
            false, (int)(told?.InFlight ?? 0), candidate.OutstandingHere,
            service > 0 ? service : ask.ServiceMicroseconds, told?.At)
        {
            FeltMicroseconds = felt,
        };
    }

    private static CandidateScore[] Score(
        IReadOnlyList<Candidate> candidates, string?[] faults, int[] eligible, NodeSelection? selection)
    {
        var scores = new CandidateScore[candidates.Count];
        for (int i = 0; i < scores.Length; i++)
        {
            scores[i] = new CandidateScore(candidates[i], null, null, false) { Fault = faults[i] };
        }

        for (int k = 0; k < eligible.Length; k++)
        {
            NodeScore score = selection!.Scores[k];
            scores[eligible[k]] = new CandidateScore(
                candidates[eligible[k]], score.CostMicroseconds, score.WonMicroseconds, score.IsChosen)
            {
                SlowMicroseconds = score.SlowMicroseconds, IsNearEqual = score.IsNearEqual,
            };
        }

        return scores;
    }

    private static Decision Explain(IReadOnlyList<Candidate> candidates, string?[] faults, Requirement requirement)
    {
        int[] unfit = [.. Enumerable.Range(0, faults.Length).Where(i => faults[i] is not null)];
        if (unfit.Length == 0)
        {
            string nobody = candidates.Count == 0 ? "no node is alive"
                : string.Create(CultureInfo.InvariantCulture,
                    $"none of {candidates.Count} nodes has the model loaded");
            return new Decision(default, nobody, Score(candidates, faults, [], null));
        }

        string each = string.Join(
            "; ", unfit.Take(MostNamed).Select(i => $"{candidates[i].Node.ShortName}: {faults[i]}"));
        string more = unfit.Length > MostNamed
            ? string.Create(CultureInfo.InvariantCulture, $"; and {unfit.Length - MostNamed} more") : "";
        string reason = string.Create(CultureInfo.InvariantCulture,
            $"none of the {unfit.Length} nodes that have it loaded meets {requirement} ({each}{more})");
        return new Decision(default, reason, Score(candidates, faults, [], null)) { IsUnmet = true };
    }

    private static Decision Refuse(IReadOnlyList<Candidate> candidates, string reason) =>
        new(default, reason, Score(candidates, new string?[candidates.Count], [], null)) { IsUnmet = true };
}
