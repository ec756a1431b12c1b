namespace Noodle.Client;

/// <summary>How a model is deployed.</summary>
public sealed record DeployOptions
{
    /// <summary>How many nodes should have it loaded, at least 1.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>64 hexadecimal digits, which the node checks; null leaves that out.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Which engines may run it: <c>auto</c>, <c>nbc</c> or <c>onnxruntime</c>; null: auto.</summary>
    public string? Backend { get; init; }
}
