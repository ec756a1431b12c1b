namespace Noodle.Client.Control;

/// <summary>Which engine runs a model with one set of input shapes.</summary>
public sealed record EngineInfo
{
    /// <summary>Such as <c>x [1, 64]</c>; empty for any.</summary>
    public required string Shapes { get; init; }

    /// <summary>Short name of the engine; null while it is not settled.</summary>
    public string? Engine { get; init; }

    /// <summary>Smoothed time of one run on each engine that was measured.</summary>
    public required IReadOnlyList<EngineTimeInfo> Times { get; init; }
}

/// <summary>How long a run takes on one engine.</summary>
public sealed record EngineTimeInfo
{
    /// <summary>Short name of the engine.</summary>
    public required string Engine { get; init; }

    /// <summary>Smoothed, in microseconds.</summary>
    public required double TimeUs { get; init; }
}
