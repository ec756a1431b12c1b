using Noodle.Primitives;

namespace NoodleNet.Mesh.Topology;

/// <summary>What changed between two nodes.</summary>
public enum TopologyChange
{
    /// <summary>A connection stands.</summary>
    LinkUp,

    /// <summary>None stands any more.</summary>
    LinkDown,

    /// <summary>It is much slower than it was, or loses probes.</summary>
    LinkDegraded,

    /// <summary>It is as good as before.</summary>
    LinkRestored,

    /// <summary>Dialing failed again and again.</summary>
    LinkUnreachable,

    /// <summary>A relay carries it now.</summary>
    RelayChosen,
}

/// <param name="To">The other node; the one is this node.</param>
/// <param name="Kind">What stands now.</param>
/// <param name="Via">The relay, if one carries it.</param>
/// <param name="RoundTripMicroseconds">Null when it is not measured.</param>
public sealed record TopologyEvent(
    TopologyChange Change, NodeId To, LinkKind Kind, NodeId Via, long? RoundTripMicroseconds, int LossPermille);
