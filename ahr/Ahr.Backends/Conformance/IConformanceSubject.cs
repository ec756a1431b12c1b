using Nbc.Values;

namespace Ahr.Backends.Conformance;

/// <summary>An engine whose answers are compared with known ones.</summary>
public interface IConformanceSubject
{
    /// <summary>Short stable name, such as <c>nbc</c>.</summary>
    string Name { get; }

    /// <exception cref="BackendException">Fault UnsupportedModel: the engine refuses the model by name.</exception>
    IConformanceModel Load(string path);
}

/// <summary>A loaded model that takes and gives values of every kind.</summary>
public interface IConformanceModel : IDisposable
{
    /// <summary>Its types, as its file states them.</summary>
    ModelSignature Signature { get; }

    /// <param name="inputs">In the model's order; null where an optional one is absent.</param>
    /// <returns>In the model's order; the caller owns them.</returns>
    IReadOnlyList<NbcValue?> Run(IReadOnlyList<NbcValue?> inputs);
}
