using Ahr.Backends;
using Nbc.Tensors;

namespace Ahr.Runtime;

/// <summary>How far this node is with a model.</summary>
public enum ModelState
{
    /// <summary>Not wanted here.</summary>
    Absent,

    /// <summary>Its file is on the way from a peer.</summary>
    Fetching,

    /// <summary>Its file is checked and the engine prepares it.</summary>
    Loading,

    /// <summary>It answers calls.</summary>
    Ready,

    /// <summary>It could not be loaded; the reason says why.</summary>
    Failed,
}

/// <summary>What this node knows of one model.</summary>
/// <param name="Digest">Of the model's file.</param>
/// <param name="Reason">Why it failed, one sentence; else empty.</param>
/// <param name="InFlight">Calls that run or wait here.</param>
/// <param name="Served">Calls answered here since it was loaded.</param>
/// <param name="ServiceMicroseconds">Expected time of one run.</param>
/// <param name="MemoryBytes">What was reserved for it.</param>
/// <param name="Inputs">Empty until it is ready; so are the outputs.</param>
public sealed record ModelStatus(
    string Digest,
    ModelState State,
    string Reason,
    int InFlight,
    long Served,
    long ServiceMicroseconds,
    long MemoryBytes,
    IReadOnlyList<TensorSpec> Inputs,
    IReadOnlyList<TensorSpec> Outputs)
{
    /// <summary>Which engines may run it.</summary>
    public string Backend { get; init; } = ModelKey.DefaultBackend;

    public ModelKey Key => new(Digest, Backend);

    /// <summary>Which engine runs it, for each set of input shapes; empty until it is ready.</summary>
    public IReadOnlyList<EngineChoice> Engines { get; init; } = [];

    /// <summary>How much of the file is here while it is fetched.</summary>
    public FetchProgress Fetched { get; init; }
}
