using Noodle.Primitives;
using NoodleNet.Mesh.Topology;

namespace NoodleNet.Mesh;

/// <summary>What <see cref="NoodleMesh"/> is told.</summary>
public abstract record MeshInput
{
    private MeshInput()
    {
    }

    /// <summary>A node is in the mesh.</summary>
    public sealed record Appeared(NodeId Node) : MeshInput;

    /// <summary>A node has left or failed: all that is known of it is forgotten.</summary>
    public sealed record Gone(NodeId Node) : MeshInput;

    /// <summary>A connection to a node stands, or another one took its place.</summary>
    /// <param name="Via">The first relay, for <see cref="LinkKind.Relay"/>.</param>
    public sealed record Linked(NodeId Node, LinkKind Kind, NodeId Via = default) : MeshInput;

    /// <summary>No connection to a node stands.</summary>
    public sealed record Unlinked(NodeId Node) : MeshInput;

    /// <summary>Dialing a node failed as often as makes it unreachable.</summary>
    public sealed record Barred(NodeId Node) : MeshInput;

    /// <summary>A round trip was measured.</summary>
    /// <param name="Name">A node's id, or the name of another member such as a Serf agent.</param>
    /// <param name="Coordinate">What it told of itself; null when it told nothing.</param>
    public sealed record RoundTrip(string Name, TimeSpan Took, NetworkCoordinate? Coordinate) : MeshInput;

    /// <summary>A probe was not answered in time.</summary>
    public sealed record ProbeLost(NodeId Node) : MeshInput;

    /// <summary>Many bytes went to or came from a node.</summary>
    public sealed record Transferred(NodeId Node, long Bytes, TimeSpan Took) : MeshInput;

    /// <summary>A node told of its links.</summary>
    public sealed record Reported(
        NodeId Node, NetworkCoordinate? Coordinate, IReadOnlyList<MeshLink> Links) : MeshInput;
}

/// <summary>What <see cref="NoodleMesh"/> asks for or tells.</summary>
public abstract record MeshEffect
{
    private MeshEffect()
    {
    }

    /// <summary>Measure the round trip to a node, and say what came of it.</summary>
    public sealed record Probe(NodeId Node) : MeshEffect;

    /// <summary>Something changed that people and programs want to know.</summary>
    public sealed record Changed(TopologyEvent Event) : MeshEffect;
}
