namespace Noodle.Client.Control;

/// <summary>A task that runs on a node: what its frame carries.</summary>
public sealed record TaskInfo
{
    /// <summary>Of the frame: a model's file, a program, <c>load …</c>, <c>deploy …</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Who asked: a name, <c>http</c>, the id of a node; empty for the node itself.</summary>
    public required string Owner { get; init; }

    /// <summary>W3C trace id; null when there is none.</summary>
    public string? Trace { get; init; }

    /// <summary>How long it has run, in microseconds.</summary>
    public required long AgeUs { get; init; }

    /// <summary>Until its deadline, in microseconds, below 0 when that has passed; null when it has none.</summary>
    public long? LeftUs { get; init; }
}
