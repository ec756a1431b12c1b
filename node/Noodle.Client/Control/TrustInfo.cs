namespace Noodle.Client.Control;

/// <summary>A node's place in the trust of its mesh.</summary>
public sealed record TrustInfo
{
    /// <summary>Id of the mesh.</summary>
    public required string Mesh { get; init; }

    /// <summary>Of the mesh's authority: what a node that waits to be admitted shows.</summary>
    public required string Fingerprint { get; init; }

    public required string Node { get; init; }

    /// <summary>viewer, caller, operator or admin.</summary>
    public required string Role { get; init; }

    /// <summary>When the node's certificate is over; it renews itself long before.</summary>
    public required DateTimeOffset CertificateEnds { get; init; }

    /// <summary>True when this node can make tokens, admit and revoke.</summary>
    public required bool HoldsAuthority { get; init; }

    /// <summary>Ids of the nodes that can.</summary>
    public required IReadOnlyList<string> Admins { get; init; }
}

/// <summary>How far a change of the gossip key has come.</summary>
public sealed record GossipKeysInfo
{
    /// <summary>Counts every step of every change.</summary>
    public required uint Epoch { get; init; }

    /// <summary>settled, installing or using.</summary>
    public required string Phase { get; init; }

    /// <summary>Names of the keys that this node has, the one that seals first; not the keys.</summary>
    public required IReadOnlyList<string> Keys { get; init; }

    public required IReadOnlyList<GossipKeyNodeInfo> Nodes { get; init; }
}

/// <summary>Which step a node has taken.</summary>
public sealed record GossipKeyNodeInfo
{
    public required string Node { get; init; }

    /// <summary>Null for one that has not said.</summary>
    public uint? Epoch { get; init; }
}
