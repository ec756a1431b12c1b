namespace Noodle.Client.Control;

/// <summary>One entry of the decision log: where a call went, and why.</summary>
public sealed record DecisionInfo
{
    /// <summary>When the call came in, wall clock of the deciding node; ISO 8601 in JSON.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>Id of the node that was chosen last; <c>none</c> when no candidate was eligible.</summary>
    public required string Chosen { get; init; }

    /// <summary>Why, as one sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>How many nodes were tried.</summary>
    public required int Attempts { get; init; }

    /// <summary>What became of the call: <c>None</c> when it was answered, else the fault's name.</summary>
    public required string Outcome { get; init; }

    /// <summary>Short name of the engine that ran the model; null when none did, or nobody said.</summary>
    public string? Engine { get; init; }

    /// <summary>From request to answer, in microseconds.</summary>
    public required long DurationUs { get; init; }

    /// <summary>Every candidate, in the order in which they were weighed.</summary>
    public required IReadOnlyList<ScoreInfo> Scores { get; init; }
}

/// <summary>One candidate's part in a decision.</summary>
public sealed record ScoreInfo
{
    /// <summary>Id of the node.</summary>
    public required string Node { get; init; }

    /// <summary>Predicted cost in microseconds, lower is better; null when it was not eligible.</summary>
    public long? Score { get; init; }

    /// <summary>Why it won or lost.</summary>
    public required string Reason { get; init; }
}
