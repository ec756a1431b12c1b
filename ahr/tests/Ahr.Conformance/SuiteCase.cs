using Ahr.Backends;
using Nbc.Tensors;

namespace Ahr.Conformance;

/// <summary>A model, what it is given, and what every backend must answer.</summary>
/// <param name="Name">Unique; a sentence's beginning for people.</param>
/// <param name="Model">An ONNX file.</param>
/// <param name="Outputs">In the model's order; floats within <see cref="Tolerance"/>, all else bit for bit.</param>
public sealed record SuiteCase(
    string Name, byte[] Model, IReadOnlyList<Tensor> Inputs, IReadOnlyList<Tensor> Outputs)
{
    public const float Tolerance = 1e-5f;

    /// <summary>The fault that every backend must answer with instead; null when there are outputs.</summary>
    public BackendFault? Fault { get; init; }

    public override string ToString() => Name;
}
