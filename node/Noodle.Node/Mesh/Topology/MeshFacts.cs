using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Mesh;
using NoodleNet.Mesh.Load;
using NoodleNet.Mesh.Quality;
using NoodleNet.Mesh.Requirements;

namespace Noodle.Node.Mesh.Topology;

/// <summary>What this node knows of each node and of the way to it, for whoever chooses among them.</summary>
internal sealed class MeshFacts(MeshTopology topology, MeshPeers peers, string version)
{
    /// <summary>The clock of <see cref="NodeLoad.At"/>.</summary>
    public Instant Now => peers.Now;

    /// <summary>What the node last told, unless it is this one or has told nothing.</summary>
    public NodeLoad? LoadOf(NodeId node) => peers.TryGetLoad(node, out NodeLoad? load) ? load : null;

    /// <summary>All that a requirement may ask for.</summary>
    public NodeFacts Read(RegistryEntry member)
    {
        bool self = member.Node == topology.Self;
        return ReadWay(member.Node) with
        {
            Version = self ? version : MemberTags.VersionOf(member),
            Tags = member.Tags,
            Load = self ? topology.ReadLoad()
                : LoadOf(member.Node)?.Status.Vitals is { } vitals ? VitalsCodec.Read(vitals) : null,
        };
    }

    /// <summary>Whether this node is what a requirement asks for; false when the text is no requirement.</summary>
    public bool Meets(string text) => RequirementParser.Parse(text, out _) is { } requirement &&
        peers.Members.FirstOrDefault(member => member.Node == topology.Self) is { } self &&
        RequirementCheck.FindFault(requirement, Read(self)) is null;

    /// <summary>What the way to a node is like; little work, for every call.</summary>
    public NodeFacts ReadWay(NodeId node)
    {
        bool self = node == topology.Self;
        (long? roundTrip, LinkMeasure? measure) = topology.Read(
            (mesh, now) => (mesh.Predict(node, now), mesh.MeasureOf(node, now)));
        return new NodeFacts
        {
            Node = node,
            RoundTripMicroseconds = roundTrip,
            JitterMicroseconds = self ? 0 : measure?.JitterMicroseconds,
            LossPermille = self ? 0 : measure?.LossPermille,
            BytesPerSecond = measure?.BytesPerSecond,
        };
    }

    /// <summary>The same of nodes by their ids, those that gossip does not know left out.</summary>
    public Dictionary<NodeId, NodeFacts> Read(HashSet<NodeId> nodes)
    {
        var facts = new Dictionary<NodeId, NodeFacts>(nodes.Count);
        foreach (RegistryEntry member in peers.Members)
        {
            if (nodes.Contains(member.Node))
            {
                facts[member.Node] = Read(member);
            }
        }

        return facts;
    }
}
