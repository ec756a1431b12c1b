using System.Net;
using Ahr.Runtime;
using Noodle.Client.Control;
using Noodle.Node.Health;
using Noodle.Node.Mesh;
using Noodle.Node.Models;
using Noodle.Node.Talk;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Health;
using NoodleNet.Mesh;
using NoodleNet.Runtime.Link;
using NoodleNet.Talk;
using NoodleNet.Trust;

namespace Noodle.Node.Control;

/// <summary>What this node knows, in the form in which people and programs ask for it.</summary>
internal sealed class NodeView(
    MeshPeers peers, ClusterModels catalog, ModelHost host, DecisionLog decisions, Uri http, NodeHealth health,
    Func<IReadOnlyList<Stranger>> strangers)
{
    /// <summary>What gossip proves of a member.</summary>
    public Func<RegistryEntry, MemberIdentity> IdentityOf { get; init; } = static _ => MemberIdentity.Verified;

    /// <summary>Every node known by gossip, this one first, then by id; then those that ask to be admitted.</summary>
    public IReadOnlyList<NodeInfo> ListNodes()
    {
        IReadOnlyList<RegistryEntry> members = peers.Members;
        return
        [
            .. members.OrderByDescending(member => member.Node == host.Node).ThenBy(member => member.Node)
                .Select(Describe),
            // One that is a member is none of those: somebody announces its name.
            .. strangers().Where(asking => asking.WantsAdmission &&
                members.All(member => member.Node != asking.Node)).Select(Describe),
        ];
    }

    /// <summary>Every deployed model, by name.</summary>
    public IReadOnlyList<ModelInfo> ListModels() => [.. catalog.List().Select(Describe)];

    /// <summary>Every model on every node that has, or tries to have, it.</summary>
    public IReadOnlyList<ReplicaInfo> ListReplicas() => [.. catalog.List().SelectMany(DescribeReplicas)];

    /// <summary>The newest decisions of this node, newest first.</summary>
    public IReadOnlyList<DecisionInfo> ListDecisions(int limit) => [.. decisions.Read(limit).Select(Describe)];

    /// <summary>What runs on this node now, the oldest first.</summary>
    public IReadOnlyList<TaskInfo> ListTasks() => [.. host.Tasks.List().Select(static task => new TaskInfo
    {
        Name = task.Name,
        Owner = task.Owner,
        Trace = task.TraceId.Length == 0 ? null : task.TraceId,
        AgeUs = (long)task.Age.TotalMicroseconds,
        LeftUs = (long?)task.Left?.TotalMicroseconds,
    })];

    public ModelInfo Describe(DeployedModel model) => new()
    {
        Name = model.Name,
        Version = model.Version,
        Digest = model.Digest,
        SizeBytes = model.SizeBytes,
        Platform = model.Platform,
        Backend = model.Backend,
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
        MemberIdentity identity = IdentityOf(member);
        return new NodeInfo
        {
            Id = member.Node.ToString(),
            Identity = identity.ToString().ToLowerInvariant(),
            State = identity == MemberIdentity.Revoked ? NodeStates.Revoked : StateOf(member.State),
            Confirmed = member.State == NodeState.Failed ? member.Confirmed : null,
            Self = self,
            StateForMs = (long)peers.Now.Since(member.Since).TotalMilliseconds,
            Link = MemberTags.LinkAddressOf(member)?.ToString() ?? "",
            Http = self ? http.GetLeftPart(UriPartial.Authority) : MemberTags.HttpOf(member),
            Version = MemberTags.VersionOf(member),
            RoundTripUs = roundTrip is { Ticks: > 0 } measured ? (long)measured.TotalMicroseconds : null,
            InFlight = self ? host.InFlight : (int)(load?.InFlight ?? 0),
            Models = [.. catalog.List().Where(model => IsReady(self, load, model.Key)).Select(model => model.Name)],
            LastError = string.IsNullOrEmpty(member.LastError) ? null : member.LastError,
            Health = self ? Names.Of(health.Checks)
                : load is { Status.Health.Count: > 0 } told ? Names.Of(HealthMessages.Read(told.Status)) : null,
        };
    }

    private static NodeInfo Describe(Stranger asking) => new()
    {
        Id = asking.Node.ToString(),
        State = NodeStates.NotAdmitted,
        Self = false,
        StateForMs = 0,
        Link = asking.LinkPort == 0 ? "" : new IPEndPoint(asking.Address, asking.LinkPort).ToString(),
        Http = "",
        Version = "",
        InFlight = 0,
        Models = [],
            Fingerprint = asking.IsSigned ? asking.Fingerprint?.ToString() : null,
            LastError = $"not admitted: noodle admit {asking.Node.ShortName}",
    };

    private bool IsReady(bool self, NodeLoad? load, ModelKey key) =>
        self ? host.IsReady(key)
        : load is not null && ClusterModels.Find(load.Status, key)?.State == ReplicaState.Ready;

    private IEnumerable<ReplicaInfo> DescribeReplicas(DeployedModel model)
    {
        foreach (RegistryEntry member in peers.Members.OrderBy(member => member.Node))
        {
            if (member.Node == host.Node)
            {
                ModelStatus local = host.GetStatus(model.Key);
                if (local.State != ModelState.Absent)
                {
                    yield return Describe(model.Name, member.Node, (ReplicaState)local.State, local.InFlight,
                        local.Served, local.ServiceMicroseconds, local.Reason, local.Fetched,
                        EngineWire.Describe(local.Engines));
                }
            }
            else if (peers.TryGetLoad(member.Node, out NodeLoad? load) &&
                ClusterModels.Find(load.Status, model.Key) is { State: not ReplicaState.Absent } remote)
            {
                yield return Describe(model.Name, member.Node, remote.State, (int)remote.InFlight, (long)remote.Served,
                    (long)remote.ServiceTimeUs, remote.Reason,
                    new FetchProgress(remote.FetchedBytes, remote.TotalBytes), EngineWire.Describe(remote.Engines));
            }
        }
    }

    private static ReplicaInfo Describe(
        string model, NodeId node, ReplicaState state, int inFlight, long served, long serviceTimeUs,
        string reason, FetchProgress fetched, IReadOnlyList<EngineInfo> engines) => new()
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
            Engines = engines.Count == 0 ? null : engines,
            FetchedBytes = state == ReplicaState.Fetching ? fetched.DoneBytes : null,
            TotalBytes = state == ReplicaState.Fetching && fetched.TotalBytes > 0 ? fetched.TotalBytes : null,
        };

    private static DecisionInfo Describe(DecisionEntry entry) => new()
    {
        At = entry.Time,
        Model = entry.Model,
        Chosen = entry.Decision?.Chosen.ToString() ?? default(NodeId).ToString(),
        Reason = entry.Decision?.Reason ?? "",
        Attempts = entry.Attempts.Sum(attempt => attempt.Asked),
        Outcome = entry.Cancelled ? "Cancelled" : entry.Outcome.ToString(),
        DurationUs = (long)entry.Duration.TotalMicroseconds,
        Engine = entry.Engine.Length == 0 ? null : entry.Engine,
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
