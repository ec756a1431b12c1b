using Nbc.Runtime.Frames;
using Nbc.Tensors;

namespace Ahr.Backends;

/// <summary>An engine that runs models on this machine.</summary>
public interface IBackend
{
    /// <summary>Short stable name, such as <c>onnxruntime</c>.</summary>
    string Name { get; }

    /// <summary>Loads a model and makes it ready to run.</summary>
    /// <exception cref="BackendException">The file is not a model, or not one that this backend can run.</exception>
    ValueTask<IBackendModel> LoadAsync(string path, CancellationToken cancellation);
}

/// <summary>A loaded model. Safe to run from several threads at once.</summary>
public interface IBackendModel : IDisposable
{
    IReadOnlyList<TensorSpec> Inputs { get; }

    IReadOnlyList<TensorSpec> Outputs { get; }

    /// <summary>Which engine runs it, for each set of input shapes that is told apart.</summary>
    IReadOnlyList<EngineChoice> Engines => [];

    /// <summary>Runs the model once.</summary>
    /// <param name="inputs">All inputs, by name, in any order; read until the run ends, not disposed.</param>
    /// <param name="outputs">Names of the wanted outputs in the wanted order; null for all.</param>
    /// <param name="task">On whose behalf: what the run's frame carries. Its deadline lies on the clock of the
    /// backend's board, and ends the run.</param>
    /// <param name="cancellation">Ends the run early where the engine can.</param>
    /// <returns>The outputs; the caller disposes them.</returns>
    /// <exception cref="BackendException">An input is missing, unknown or of another type or shape; or the run
    /// failed, or did not end before the deadline.</exception>
    ValueTask<TensorSet> RunAsync(
        TensorSet inputs, IReadOnlyList<string>? outputs, NbcTask task, CancellationToken cancellation);

    /// <summary>Runs the model once on nobody's behalf.</summary>
    /// <inheritdoc cref="RunAsync(TensorSet, IReadOnlyList{string}, NbcTask, CancellationToken)"/>
    ValueTask<TensorSet> RunAsync(TensorSet inputs, IReadOnlyList<string>? outputs, CancellationToken cancellation) =>
        RunAsync(inputs, outputs, NbcTask.Default, cancellation);
}

/// <summary>Which engine runs a model with one set of input shapes, and how fast each was.</summary>
/// <param name="Shapes">As people read them; empty for any shapes.</param>
/// <param name="Engine">Its short name; null while it is not settled.</param>
/// <param name="Times">Those that were measured.</param>
public sealed record EngineChoice(string Shapes, string? Engine, IReadOnlyList<EngineTime> Times);

/// <summary>Smoothed time of one run on an engine.</summary>
public readonly record struct EngineTime(string Engine, double Microseconds);

/// <summary>Why a backend could not load or run a model.</summary>
public enum BackendFault
{
    /// <summary>The file is missing, not a model file, or damaged.</summary>
    UnreadableModel,

    /// <summary>A real model with something in it that this backend does not have.</summary>
    UnsupportedModel,

    /// <summary>An input is missing, unknown, or of another type or shape; or an output is unknown.</summary>
    InvalidInput,

    /// <summary>The engine failed while running.</summary>
    RunFailed,

    /// <summary>The run wanted more memory or time than it may have; another engine is not asked.</summary>
    LimitReached,

    /// <summary>The deadline passed: whoever asked does not wait any more.</summary>
    DeadlineExceeded,
}

/// <summary>A model could not be loaded or run; the message is one sentence that names the thing and the way
/// out.</summary>
public sealed class BackendException(BackendFault fault, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public BackendFault Fault { get; } = fault;
}
