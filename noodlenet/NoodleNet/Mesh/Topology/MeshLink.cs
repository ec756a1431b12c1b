using Noodle.Primitives;

namespace NoodleNet.Mesh.Topology;

/// <summary>How one node reaches another. The numbers are on the wire and never change.</summary>
public enum LinkKind
{
    /// <summary>No connection, and nothing known against one.</summary>
    None = 0,

    /// <summary>TCP with TLS.</summary>
    Tcp = 1,

    /// <summary>QUIC.</summary>
    Quic = 2,

    /// <summary>Through other nodes.</summary>
    Relay = 3,

    /// <summary>Within one process.</summary>
    Memory = 4,

    /// <summary>It was tried and failed again and again.</summary>
    Unreachable = 5,
}

/// <summary>The way from one node to another, as the first one says.</summary>
/// <param name="RoundTripMicroseconds">Null when it was not measured.</param>
/// <param name="BytesPerSecond">Null when nothing large went that way yet.</param>
/// <param name="Age">Since it was last measured.</param>
/// <param name="Confidence">0 to 100.</param>
/// <param name="Via">The first relay; none for a direct link.</param>
public readonly record struct MeshLink(
    NodeId To,
    LinkKind Kind,
    long? RoundTripMicroseconds,
    long JitterMicroseconds,
    int LossPermille,
    long? BytesPerSecond,
    TimeSpan Age,
    int Confidence,
    NodeId Via = default)
{
    /// <summary>True when bytes go from the one to the other with no third node between.</summary>
    public bool IsDirect => Kind is LinkKind.Tcp or LinkKind.Quic or LinkKind.Memory;
}
