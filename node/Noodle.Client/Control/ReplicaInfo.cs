namespace Noodle.Client.Control;

/// <summary>One model on one node.</summary>
public sealed record ReplicaInfo
{
    /// <summary>Name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>Id of the node.</summary>
    public required string Node { get; init; }

    /// <summary>One of <see cref="ReplicaStates"/>.</summary>
    public required string State { get; init; }

    /// <summary>Calls of this model that the node is working on.</summary>
    public required int InFlight { get; init; }

    /// <summary>Calls of this model that it has answered since it loaded it.</summary>
    public required long Served { get; init; }

    /// <summary>Smoothed time of one run in the engine, in microseconds; 0 before the first.</summary>
    public required long ServiceTimeUs { get; init; }

    /// <summary>Why it is in this state, as a sentence; null when there is nothing to say.</summary>
    public string? Reason { get; init; }

    /// <summary>Which engine runs it, for each set of input shapes; null when the node does not say.</summary>
    public IReadOnlyList<EngineInfo>? Engines { get; init; }

    /// <summary>Bytes of the file that are there while it is fetched; else null.</summary>
    public long? FetchedBytes { get; init; }

    /// <summary>Bytes of the whole file while it is fetched and its size is known; else null.</summary>
    public long? TotalBytes { get; init; }
}

/// <summary>Values of <see cref="ReplicaInfo.State"/>. A later version may add to them.</summary>
public static class ReplicaStates
{
    /// <summary>Loaded; it takes calls.</summary>
    public const string Ready = "ready";

    /// <summary>The file is there; the engine is reading it.</summary>
    public const string Loading = "loading";

    /// <summary>The file is on its way from another node.</summary>
    public const string Fetching = "fetching";

    /// <summary>It could not be fetched or loaded.</summary>
    public const string Failed = "failed";

    /// <summary>The node does not have it.</summary>
    public const string Absent = "absent";
}
