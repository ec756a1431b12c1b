using Noodle.Client.Control;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Mesh;
using NoodleNet.Mesh.Load;
using NoodleNet.Mesh.Quality;
using NoodleNet.Mesh.Requirements;
using NoodleNet.Mesh.Selection;
using NoodleNet.Mesh.Topology;
using NoodleNet.Runtime.Link;
using NoodleNet.Runtime.Mesh;

namespace Noodle.Node.Mesh.Topology;

/// <summary>The mesh as this node sees it, in the form in which people and programs ask for it.</summary>
internal sealed class TopologyView(
    MeshTopology topology, MeshPeers peers, RelayService relays, MeshFacts facts, Func<int> inFlight, ulong seed)
{
    private readonly Prng _chance = new(seed);
    private readonly Lock _gate = new();

    /// <summary>Nodes, links and relays; with a requirement also which node would be chosen, and why not the
    /// others.</summary>
    public MeshInfo Read(Requirement? requirement, long payloadBytes)
    {
        RegistryEntry[] members = [.. peers.Members
            .Where(member => member.State is NodeState.Alive or NodeState.Suspect)
            .OrderByDescending(member => member.Node == topology.Self).ThenBy(member => member.Node)];
        NodeCandidate[] candidates = [.. members.Select(Describe)];
        NodeSelection? selection = requirement is null ? null : Choose(candidates, requirement, payloadBytes);
        (NodeId From, MeshLink Link)[] links = topology.Read((mesh, now) => ReadLinks(mesh, members, now));
        return new MeshInfo
        {
            Nodes = [.. candidates.Select((candidate, i) => Describe(candidate, selection?.Scores[i]))],
            Links = [.. links.Where(link => link.Link.Kind != LinkKind.None)
                .Select(link => Describe(link.From, link.Link))],
            Relays = [.. links.Where(link => link.Link.Kind == LinkKind.Relay).Select(link => new MeshRelayInfo
            {
                From = link.From.ToString(), To = link.Link.To.ToString(), Via = Name(link.Link.Via) ?? "",
            })],
            Relaying = relays.Count,
        };
    }

    private NodeSelection Choose(NodeCandidate[] candidates, Requirement requirement, long payloadBytes)
    {
        lock (_gate)
        {
            return BestNode.Choose(candidates, requirement, payloadBytes, peers.Now, _chance);
        }
    }

    // This node's own links are newer than what it last told.
    private static (NodeId From, MeshLink Link)[] ReadLinks(NoodleMesh mesh, RegistryEntry[] members, Instant now) =>
    [
        .. members.SelectMany((member, i) =>
            (i == 0 ? mesh.OwnLinks(now) : mesh.Graph.LinksOf(member.Node, now)).Select(link => (member.Node, link))),
    ];

    private NodeCandidate Describe(RegistryEntry member)
    {
        bool self = member.Node == topology.Self;
        NodeLoad? told = facts.LoadOf(member.Node);
        int outstanding = peers.TryGetLink(member.Node, out LinkPeer? link) ? link.Outstanding : 0;
        return new NodeCandidate(
            facts.Read(member), self, self ? inFlight() : (int)(told?.InFlight ?? 0), outstanding, null, told?.At);
    }

    private MeshNodeInfo Describe(NodeCandidate candidate, NodeScore? score)
    {
        NodeFacts known = candidate.Facts;
        NodeLoad? told = facts.LoadOf(known.Node);
        double? age = candidate.IsLocal ? 0 : told is null ? null : peers.Now.Since(told.At).TotalMilliseconds;
        long samples = candidate.IsLocal ? long.MaxValue : told?.Status.Vitals?.Samples ?? 0;
        return new MeshNodeInfo
        {
            Id = known.Node.ToString(),
            Self = candidate.IsLocal,
            RttMs = candidate.IsLocal ? 0 : known.RoundTripMicroseconds / 1_000.0,
            CpuPercent = known.Load?.CpuPermille / 10.0,
            Cores = known.Load?.Cores,
            MemoryFreeBytes = known.Load?.MemoryFreeBytes,
            MemoryTotalBytes = known.Load?.MemoryTotalBytes,
            DiskFreeBytes = known.Load?.DiskFreeBytes,
            DiskTotalBytes = known.Load?.DiskTotalBytes,
            Gpus = known.Load?.Gpus is { } gpus ? [.. gpus.Select(Describe)] : null,
            BatteryPercent = known.Load?.BatteryPermille / 10.0,
            InFlight = candidate.InFlight,
            LoadAgeMs = (long?)age,
            LoadConfidence = age is { } ms ? Confidence.Of(samples, TimeSpan.FromMilliseconds(ms)) : 0,
            Chosen = score?.IsChosen,
            CostMs = score?.CostMicroseconds / 1_000.0,
            Reason = score?.Reason,
        };
    }

    private static MeshGpuInfo Describe(GpuSample gpu) => new()
    {
        Name = gpu.Name,
        MemoryFreeBytes = gpu.MemoryFreeBytes,
        MemoryTotalBytes = gpu.MemoryTotalBytes,
        BusyPercent = gpu.BusyPermille / 10.0,
    };

    private static MeshLinkInfo Describe(NodeId from, MeshLink link) => new()
    {
        From = from.ToString(),
        To = link.To.ToString(),
        RttMs = link.RoundTripMicroseconds / 1_000.0,
        JitterMs = link.JitterMicroseconds / 1_000.0,
        Loss = link.LossPermille / 1_000.0,
        MbPerS = link.BytesPerSecond / 1_000_000.0,
        Kind = link.Kind.ToString().ToLowerInvariant(),
        Via = Name(link.Via),
        AgeMs = (long)link.Age.TotalMilliseconds,
        Confidence = link.Confidence,
    };

    private static string? Name(NodeId node) => node.IsNone ? null : node.ToString();
}
