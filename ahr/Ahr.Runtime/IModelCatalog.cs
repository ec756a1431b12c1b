using System.Diagnostics.CodeAnalysis;
using Ahr.Planning;
using Nbc.Tensors;

namespace Ahr.Runtime;

/// <summary>A model deployed in the mesh.</summary>
/// <param name="Name">Unique in the mesh: 1 to 128 of letters, digits, '.', '_' and '-', starting with a letter or
/// digit.</param>
/// <param name="Version">Counts up from 1 with each deployment under the name.</param>
/// <param name="Digest">SHA-256 of the file, 64 lower-case hexadecimal digits.</param>
/// <param name="SizeBytes">Of the file.</param>
/// <param name="Platform">As the Open Inference Protocol names it, such as <c>onnxruntime_onnx</c>.</param>
/// <param name="Replicas">How many nodes should have it loaded.</param>
public sealed record DeployedModel(
    string Name,
    long Version,
    string Digest,
    long SizeBytes,
    string Platform,
    int Replicas,
    IReadOnlyList<TensorSpec> Inputs,
    IReadOnlyList<TensorSpec> Outputs)
{
    /// <summary>Which engines may run it: <c>auto</c>, or the name of one.</summary>
    public string Backend { get; init; } = ModelKey.DefaultBackend;

    /// <summary>What a node loads for it.</summary>
    public ModelKey Key => new(Digest, Backend);

    /// <summary>Digest of the list of its chunks, which a fetch is checked against; empty when not known.</summary>
    public string ChunksDigest { get; init; } = "";
}

/// <summary>What is deployed in the mesh, as this node knows it, and who can run it.</summary>
public interface IModelCatalog
{
    /// <summary>Every deployed model, by name.</summary>
    IReadOnlyList<DeployedModel> List();

    /// <summary>Finds a model by name (ordinal).</summary>
    bool TryGet(string name, [NotNullWhen(true)] out DeployedModel? model);

    /// <summary>The nodes alive now, with what is known of them for this model; the local node is among them.</summary>
    IReadOnlyList<Candidate> GetCandidates(DeployedModel model);
}
