namespace Noodle.Client.Control;

/// <summary>Something that happened in the mesh, as one node saw it.</summary>
public sealed record EventInfo
{
    /// <summary>Counts up by one while the node's process lives.</summary>
    public required long Sequence { get; init; }

    /// <summary>When, on that node's clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>One of <see cref="EventKinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>Id of the node that it happened to.</summary>
    public required string Node { get; init; }

    /// <summary>More about it; null when there is nothing to say.</summary>
    public string? Detail { get; init; }
}

/// <summary>The events after a sequence, oldest first.</summary>
public sealed record EventPage
{
    /// <summary>Id of the node that saw them.</summary>
    public required string Node { get; init; }

    /// <summary>Tells one life of the node's process from the next; sequences begin anew with each.</summary>
    public required long Life { get; init; }

    /// <summary>Ask for what comes after this, with the same <see cref="Life"/>.</summary>
    public required long Last { get; init; }

    /// <summary>How many came in between and are kept no more.</summary>
    public required long Missed { get; init; }

    public required IReadOnlyList<EventInfo> Events { get; init; }
}

/// <summary>Values of <see cref="EventInfo.Kind"/>. A later version may add to them.</summary>
public static class EventKinds
{
    /// <summary>A node is new, or back.</summary>
    public const string Joined = "joined";

    /// <summary>It tells something else of itself, or moved.</summary>
    public const string Updated = "updated";

    /// <summary>It did not answer; it has a while to prove that it is alive.</summary>
    public const string Suspected = "suspected";

    /// <summary>It proved that it is alive.</summary>
    public const string Recovered = "recovered";

    /// <summary>It was silent too long.</summary>
    public const string Failed = "failed";

    /// <summary>It said good-bye.</summary>
    public const string Left = "left";

    /// <summary>It was gone for so long that it is no longer listed.</summary>
    public const string Forgotten = "forgotten";

    /// <summary>One of its health checks changed its level; the detail says which.</summary>
    public const string Health = "health";

    /// <summary>The connection to it stands.</summary>
    public const string LinkUp = "link-up";

    /// <summary>The connection to it broke.</summary>
    public const string LinkLost = "link-lost";
}
