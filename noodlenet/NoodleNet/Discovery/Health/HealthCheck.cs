namespace NoodleNet.Discovery.Health;

/// <summary>How one side of a node is, the worse the higher.</summary>
public enum HealthLevel
{
    /// <summary>As it should be.</summary>
    Ok = 1,

    /// <summary>It works, and somebody should look.</summary>
    Warn = 2,

    /// <summary>It does not work, or soon will not.</summary>
    Fail = 3,
}

/// <summary>What was found on one side of a node.</summary>
/// <param name="Name">One of <see cref="HealthNames"/>; another version may have more.</param>
/// <param name="Detail">One sentence: what was measured, and what to do where it is not well.</param>
public sealed record HealthCheck(string Name, HealthLevel Level, string Detail);

/// <summary>The sides of a node that are checked.</summary>
public static class HealthNames
{
    /// <summary>Which of the living nodes can be called.</summary>
    public const string Mesh = "mesh";

    /// <summary>Room on the disk of the data folder.</summary>
    public const string Disk = "disk";

    /// <summary>Room in memory.</summary>
    public const string Memory = "memory";

    /// <summary>Whether the engines load, and the models on them.</summary>
    public const string Backends = "backends";

    /// <summary>This clock against the others'.</summary>
    public const string Clock = "clock";
}
