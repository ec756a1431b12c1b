namespace Noodle.Client.Control;

/// <summary>A model deployed in the mesh.</summary>
public sealed record ModelInfo
{
    /// <summary>Unique in the mesh.</summary>
    public required string Name { get; init; }

    /// <summary>Counts up from 1 with each deployment under the name.</summary>
    public required long Version { get; init; }

    /// <summary>SHA-256 of the file, 64 lower-case hexadecimal digits.</summary>
    public required string Digest { get; init; }

    /// <summary>Of the file.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>As the Open Inference Protocol names it, such as <c>onnxruntime_onnx</c>.</summary>
    public required string Platform { get; init; }

    /// <summary>Which engines may run it: <c>auto</c>, or the name of one; null when the node does not say.</summary>
    public string? Backend { get; init; }

    /// <summary>How many nodes should have it loaded.</summary>
    public required int Replicas { get; init; }

    /// <summary>How many nodes say that they have.</summary>
    public required int Ready { get; init; }

    /// <summary>In the model's order.</summary>
    public required IReadOnlyList<TensorInfo> Inputs { get; init; }

    /// <summary>In the model's order.</summary>
    public required IReadOnlyList<TensorInfo> Outputs { get; init; }
}
