using Ahr.Runtime;
using Noodle.Client.Control;
using Noodle.Node.Mesh;
using Noodle.Node.Models;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Mesh;
using NoodleNet.Runtime.Link;
using NoodleNet.Talk;

namespace Noodle.Node.Control;

/// <summary>What this node knows, in the form in which people and programs ask for it.</summary>
internal sealed class NodeView(
    MeshPeers peers, ClusterModels catalog, ModelHost host, DecisionLog decisions, Uri http)
{
    /// <summary>Every node known by gossip, this one first, then by id.</summary>
    public IReadOnlyList<NodeInfo> ListNodes() =>
        [.. peers.Members.OrderByDescending(member => member.Node == host.Node).ThenBy(member => member.Node)
            .Select(Describe)];

    /// <summary>Every deployed model, by name.</summary>
    public IReadOnlyList<ModelInfo> ListModels() => [.. catalog.List().Select(Describe)];

    /// <summary>Every model on every node that has, or tries to have, it.</summary>
    public IReadOnlyList<ReplicaInfo> ListReplicas() => [.. catalog.List().SelectMany(DescribeReplicas)];

    /// <summary>The newest decisions of this node, newest first.</summary>
    public IReadOnlyList<DecisionInfo> ListDecisions(int limit) => [.. decisions.Read(limit).Select(Describe)];

    public ModelInfo Describe(DeployedModel model) => new()
    {
        Name = model.Name,
        Version = model.Version,
        Digest = model.Digest,
        SizeBytes = model.SizeBytes,
        Platform = model.Platform,
        Replicas = model.Replicas,
        Ready = catalog.CountReady(model),
        Inputs = [.. model.Inputs.Select(TensorInfo.From)],
        Outputs = [.. model.Outputs.Select(TensorInfo.From)],
    };

    private NodeInfo Describe(RegistryEntry member)
    {
        bool self = member.Node == host.Node;
        NodeLoad? load = peers.TryGetLoad(member.Node, out NodeLoad? known) ? known : null;
        TimeSpan? roundTrip = peers.TryGetLink(member.Node, out LinkPeer? link) ? link.RoundTrip : null;
        return new NodeInfo
        {
            Id = member.Node.ToString(),
            State = StateOf(member.State),
            Self = self,
            StateForMs = (long)peers.Now.Since(member.Since).TotalMilliseconds,
            Link = MemberTags.LinkAddressOf(member)?.ToString() ?? "",
            Http = self ? http.GetLeftPart(UriPartial.Authority) : MemberTags.HttpOf(member),
            Version = MemberTags.VersionOf(member),
            RoundTripUs = roundTrip is { Ticks: > 0 } measured ? (long)measured.TotalMicroseconds : null,
            InFlight = self ? host.InFlight : (int)(load?.InFlight ?? 0),
            Models = [.. catalog.List().Where(model => IsReady(self, load, model.Digest)).Select(model => model.Name)],
            LastError = string.IsNullOrEmpty(member.LastError) ? null : member.LastError,
        };
    }

    private bool IsReady(bool self, NodeLoad? load, string digest) =>
        self ? host.IsReady(digest)
        : load is not null && ClusterModels.Find(load.Status, digest)?.State == ReplicaState.Ready;

    private IEnumerable<ReplicaInfo> DescribeReplicas(DeployedModel model)
    {
        foreach (RegistryEntry member in peers.Members.OrderBy(member => member.Node))
        {
            if (member.Node == host.Node)
            {
                ModelStatus local = host.GetStatus(model.Digest);
                if (local.State != ModelState.Absent)
                {
                    yield return Describe(model.Name, member.Node, (ReplicaState)local.State, local.InFlight,
                        local.Served, local.ServiceMicroseconds, local.Reason, local.Fetched);
                }
            }
            else if (peers.TryGetLoad(member.Node, out NodeLoad? load) &&
                ClusterModels.Find(load.Status, model.Digest) is { State: not ReplicaState.Absent } remote)
            {
                yield return Describe(model.Name, member.Node, remote.State, (int)remote.InFlight, (long)remote.Served,
                    (long)remote.ServiceTimeUs, remote.Reason,
                    new FetchProgress(remote.FetchedBytes, remote.TotalBytes));
            }
        }
    }

    private static ReplicaInfo Describe(
        string model, NodeId node, ReplicaState state, int inFlight, long served, long serviceTimeUs,
        string reason, FetchProgress fetched) => new()
        {
            Model = model,
            Node = node.ToString(),
            State = state switch
            {
                ReplicaState.Ready => ReplicaStates.Ready,
                ReplicaState.Loading => ReplicaStates.Loading,
                ReplicaState.Fetching => ReplicaStates.Fetching,
                ReplicaState.Failed => ReplicaStates.Failed,
                _ => ReplicaStates.Absent,
            },
            InFlight = inFlight,
            Served = served,
            ServiceTimeUs = serviceTimeUs,
            Reason = reason.Length == 0 ? null : reason,
            FetchedBytes = state == ReplicaState.Fetching ? fetched.DoneBytes : null,
            TotalBytes = state == ReplicaState.Fetching && fetched.TotalBytes > 0 ? fetched.TotalBytes : null,
        };

    private static DecisionInfo Describe(DecisionEntry entry) => new()
    {
        At = entry.Time,
        Model = entry.Model,
        Chosen = entry.Decision?.Chosen.ToString() ?? default(NodeId).ToString(),
        Reason = entry.Decision?.Reason ?? "",
        Attempts = entry.Attempts.Count,
        Outcome = entry.Cancelled ? "Cancelled" : entry.Outcome.ToString(),
        DurationUs = (long)entry.Duration.TotalMicroseconds,
        Scores = [.. (entry.Decision?.Scores ?? []).Select(score =>
            new ScoreInfo { Node = score.Node.ToString(), Score = score.Score, Reason = score.Reason })],
    };

    private static string StateOf(NodeState state) => state switch
    {
        NodeState.Alive => NodeStates.Alive,
        NodeState.Suspect => NodeStates.Suspect,
        NodeState.Left => NodeStates.Left,
        _ => NodeStates.Failed,
    };
}
