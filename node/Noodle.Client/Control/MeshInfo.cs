namespace Noodle.Client.Control;

/// <summary>The mesh as the answering node sees it.</summary>
public sealed record MeshInfo
{
    /// <summary>Living nodes: the answering one first, then by id.</summary>
    public required IReadOnlyList<MeshNodeInfo> Nodes { get; init; }

    /// <summary>What each node told of its own links; a link between two nodes stands twice when both told.</summary>
    public required IReadOnlyList<MeshLinkInfo> Links { get; init; }

    /// <summary>Pairs that reach each other through a third node.</summary>
    public required IReadOnlyList<MeshRelayInfo> Relays { get; init; }

    /// <summary>Streams that pass through the answering node, or end in it.</summary>
    public required int Relaying { get; init; }
}

/// <summary>What is known of one node.</summary>
public sealed record MeshNodeInfo
{
    public required string Id { get; init; }

    /// <summary>True for the node that answers.</summary>
    public required bool Self { get; init; }

    /// <summary>Round trip from the answering node, measured or predicted; null when neither is known.</summary>
    public double? RttMs { get; init; }

    /// <summary>Share of all its cores that works.</summary>
    public double? CpuPercent { get; init; }

    public int? Cores { get; init; }

    public long? MemoryFreeBytes { get; init; }

    public long? MemoryTotalBytes { get; init; }

    public long? DiskFreeBytes { get; init; }

    public long? DiskTotalBytes { get; init; }

    /// <summary>Null when it is not known; empty when there are none.</summary>
    public IReadOnlyList<MeshGpuInfo>? Gpus { get; init; }

    public double? BatteryPercent { get; init; }

    /// <summary>Calls it is working on.</summary>
    public required int InFlight { get; init; }

    /// <summary>Since it last told its load; null when it never did.</summary>
    public long? LoadAgeMs { get; init; }

    /// <summary>How far its load is to be believed, 0 to 100.</summary>
    public required int LoadConfidence { get; init; }

    /// <summary>With a requirement: whether this node would be chosen.</summary>
    public bool? Chosen { get; init; }

    /// <summary>With a requirement: predicted time of one piece of work; null when the node does not fit.</summary>
    public double? CostMs { get; init; }

    /// <summary>With a requirement: why it is chosen or not.</summary>
    public string? Reason { get; init; }
}

/// <summary>One graphics processor.</summary>
public sealed record MeshGpuInfo
{
    public required string Name { get; init; }

    public required long MemoryFreeBytes { get; init; }

    public required long MemoryTotalBytes { get; init; }

    public required double BusyPercent { get; init; }
}

/// <summary>The way from one node to another, as the first one says.</summary>
public sealed record MeshLinkInfo
{
    public required string From { get; init; }

    public required string To { get; init; }

    /// <summary>Smoothed round trip; null when it was not measured.</summary>
    public double? RttMs { get; init; }

    public required double JitterMs { get; init; }

    /// <summary>Share of probes without an answer, 0 to 1.</summary>
    public required double Loss { get; init; }

    /// <summary>Millions of bytes a second of real transfers; null when nothing large went that way.</summary>
    public double? MbPerS { get; init; }

    /// <summary><c>tcp</c>, <c>quic</c>, <c>relay</c>, <c>memory</c> or <c>unreachable</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The first relay; null for a direct link.</summary>
    public string? Via { get; init; }

    /// <summary>Since it was last measured.</summary>
    public required long AgeMs { get; init; }

    /// <summary>0 to 100.</summary>
    public required int Confidence { get; init; }
}

/// <summary>Two nodes that reach each other through a third.</summary>
public sealed record MeshRelayInfo
{
    public required string From { get; init; }

    public required string To { get; init; }

    /// <summary>The relay next to <see cref="From"/>; empty when it is not known.</summary>
    public required string Via { get; init; }
}
