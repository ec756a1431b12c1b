namespace Noodle.Client.Control;

/// <summary>A model as the Open Inference Protocol describes it.</summary>
public sealed record ModelMetadata
{
    public required string Name { get; init; }

    /// <summary>Null when the server does not tell versions apart.</summary>
    public IReadOnlyList<string>? Versions { get; init; }

    /// <summary>Null when the server does not say.</summary>
    public string? Platform { get; init; }

    /// <summary>In the model's order.</summary>
    public required IReadOnlyList<TensorInfo> Inputs { get; init; }

    /// <summary>In the model's order.</summary>
    public required IReadOnlyList<TensorInfo> Outputs { get; init; }
}
