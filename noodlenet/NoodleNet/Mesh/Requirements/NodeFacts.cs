using Noodle.Primitives;
using NoodleNet.Mesh.Load;

namespace NoodleNet.Mesh.Requirements;

/// <summary>What is known of one node, and of the way to it; null is what nobody knows.</summary>
public sealed record NodeFacts
{
    public required NodeId Node { get; init; }

    /// <summary>The version of Noodle that it runs; empty when not known.</summary>
    public string Version { get; init; } = "";

    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>What its machine has and does.</summary>
    public LoadSample? Load { get; init; }

    /// <summary>Neural processors; nothing of ours can tell yet, so it is null unless the node's tags say.</summary>
    public int? Npus { get; init; }

    public long? RoundTripMicroseconds { get; init; }

    public long? JitterMicroseconds { get; init; }

    public int? LossPermille { get; init; }

    /// <summary>Measured to that node.</summary>
    public long? BytesPerSecond { get; init; }
}
