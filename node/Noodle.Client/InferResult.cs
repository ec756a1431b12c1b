using Nbc.Tensors;

namespace Noodle.Client;

/// <summary>What a model answered, and who ran it and why.</summary>
/// <remarks>Dispose it once; after that no tensor of it may be read.</remarks>
public sealed class InferResult : IDisposable
{
    /// <summary>In the order asked for, else in the order answered. Disposed with the result.</summary>
    public required TensorSet Outputs { get; init; }

    /// <summary>Id of the node that ran the model; empty when the server does not say.</summary>
    public required string Node { get; init; }

    /// <summary>Short name of the engine that ran the model; empty when the server does not say.</summary>
    public string Engine { get; init; } = "";

    /// <summary>How many nodes the mesh tried; 1 when the server does not say.</summary>
    public required int Attempts { get; init; }

    /// <summary>Why that node; empty when the server does not say.</summary>
    public required string Reason { get; init; }

    /// <summary>Time in the engine; zero when the server does not say.</summary>
    public required TimeSpan Compute { get; init; }

    /// <summary>How often this client had to ask again, 0 when the first attempt was answered.</summary>
    public required int ClientRetries { get; init; }

    /// <inheritdoc/>
    public void Dispose() => Outputs.Dispose();
}
