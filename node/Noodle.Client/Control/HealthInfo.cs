namespace Noodle.Client.Control;

/// <summary>How one side of a node is, as the node itself found it.</summary>
public sealed record HealthInfo
{
    /// <summary>What was looked at: <c>mesh</c>, <c>disk</c>, <c>memory</c>, <c>backends</c>, <c>clock</c>; a later
    /// version may have more.</summary>
    public required string Name { get; init; }

    /// <summary>One of <see cref="HealthLevels"/>.</summary>
    public required string Level { get; init; }

    /// <summary>What was found, and what to do where it is not well; one sentence.</summary>
    public required string Detail { get; init; }
}

/// <summary>Values of <see cref="HealthInfo.Level"/>.</summary>
public static class HealthLevels
{
    /// <summary>As it should be.</summary>
    public const string Ok = "ok";

    /// <summary>It works, and somebody should look.</summary>
    public const string Warn = "warn";

    /// <summary>It does not work, or soon will not.</summary>
    public const string Fail = "fail";
}
