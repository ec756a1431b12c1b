using System.Collections.Immutable;
using System.Net;
using Noodle.Primitives;

namespace NoodleNet.Discovery;

/// <summary>What the registry says of a node.</summary>
public enum NodeState
{
    /// <summary>In the mesh.</summary>
    Alive,

    /// <summary>Did not answer; may refute.</summary>
    Suspect,

    /// <summary>Gone without a goodbye.</summary>
    Failed,

    /// <summary>Gone with one.</summary>
    Left,
}

/// <param name="GossipEndPoint">Where it gossips; the ports of its other services are in the tags.</param>
/// <param name="Since">When it entered this state, as this node saw it.</param>
/// <param name="LastError">What last spoke against it; empty when nothing did.</param>
/// <param name="Confirmed">False while it is failed for this node alone: gossip has not settled it yet.</param>
public sealed record RegistryEntry(
    NodeId Node,
    IPEndPoint GossipEndPoint,
    ImmutableSortedDictionary<string, string> Tags,
    NodeState State,
    Instant Since,
    uint Incarnation,
    string LastError,
    bool Confirmed = true);

/// <summary>What changed in the registry.</summary>
public enum RegistryChange
{
    /// <summary>New, or back.</summary>
    Joined,

    /// <summary>Other tags or another address, or gossip has confirmed what this node found out first.</summary>
    Updated,

    /// <summary>Became suspect.</summary>
    Suspected,

    /// <summary>Refuted.</summary>
    Recovered,

    /// <summary>Failed.</summary>
    Failed,

    /// <summary>Left.</summary>
    Left,

    /// <summary>No longer kept: gone for a day, or the table was full.</summary>
    Forgotten,

    /// <summary>This watcher was too slow and missed changes: read all members again.</summary>
    Missed,
}

/// <param name="Entry">The entry after the change; null for <see cref="RegistryChange.Missed"/>.</param>
public sealed record RegistryEvent(RegistryChange Change, RegistryEntry? Entry);
