using Ahr.Planning;
using Nbc.Tensors;
using Noodle.Primitives;

namespace Ahr.Runtime;

/// <summary>One request to run a model, wherever it runs.</summary>
/// <param name="Model">Name under which the model was deployed.</param>
/// <param name="Inputs">Kept readable by the caller until the answer is there.</param>
/// <param name="Outputs">Wanted outputs in the wanted order; null for all.</param>
/// <param name="Timeout">Time for everything: queue, transfer, compute, retries.</param>
/// <param name="IdempotencyKey">The same for every attempt at this call, so that no node runs it twice at once.</param>
/// <param name="TraceParent">W3C trace context of the caller; null when there is none.</param>
/// <param name="Requirement">What the node that runs it must be, such as <c>on(gpu, memory&gt;=8GB)</c>, for the
/// <see cref="INodeSelector"/>; null when any will do.</param>
/// <param name="Owner">Who asked, as the frame of the run carries it; empty when nobody said.</param>
public sealed record InferenceCall(
    string Model,
    TensorSet Inputs,
    IReadOnlyList<string>? Outputs,
    TimeSpan Timeout,
    Guid IdempotencyKey,
    string? TraceParent = null,
    string? Requirement = null,
    string Owner = "");

/// <summary>Why a call has no result.</summary>
public enum InferenceFault
{
    /// <summary>It has one.</summary>
    None,

    /// <summary>No model of that name is deployed in the mesh.</summary>
    UnknownModel,

    /// <summary>The model is deployed, but no node has it loaded yet.</summary>
    NotReady,

    /// <summary>An input or output is missing, unknown, or of another type or shape.</summary>
    InvalidInput,

    /// <summary>The time given was not enough.</summary>
    DeadlineExceeded,

    /// <summary>Every node that could run it has as much as it may take.</summary>
    Overloaded,

    /// <summary>The node or the connection to it was lost before it answered.</summary>
    NodeLost,

    /// <summary>The engine failed while running.</summary>
    RunFailed,

    /// <summary>No node that has the model is what the call requires.</summary>
    Unsatisfiable,
}

/// <summary>What became of a call, and where and why.</summary>
public sealed record InferenceAnswer : IDisposable
{
    public InferenceFault Fault { get; init; }

    /// <summary>One sentence that names the thing and the way out; empty on success.</summary>
    public string Message { get; init; } = "";

    /// <summary>The result; null on a fault. Disposed with the answer.</summary>
    public TensorSet? Outputs { get; init; }

    /// <summary>The node that answered; none when no node did.</summary>
    public NodeId Node { get; init; }

    /// <summary>How many nodes were tried, 1 when the first answered; one that was asked beside a slow one
    /// counts.</summary>
    public int Attempts { get; init; }

    /// <summary>The last decision of the node that took the call; null when there was nothing to decide.</summary>
    public Decision? Decision { get; init; }

    /// <summary>Time in the engine.</summary>
    public TimeSpan Compute { get; init; }

    /// <summary>Short name of the engine that ran the model; empty when it is not known.</summary>
    public string Engine { get; init; } = "";

    /// <summary>True when the model had answered nothing yet on that node: <see cref="Compute"/> then holds what is
    /// paid only once, and says nothing of the next run.</summary>
    public bool IsFirstRun { get; init; }

    /// <inheritdoc/>
    public void Dispose() => Outputs?.Dispose();
}

/// <summary>Runs calls for models of the whole mesh.</summary>
public interface IInferenceService
{
    /// <summary>Runs a call here or elsewhere; every fault comes back in the answer.</summary>
    ValueTask<InferenceAnswer> InferAsync(InferenceCall call, CancellationToken cancellation);
}

/// <summary>Puts one attempt at a call to a node, and beside it to another one when the first is slow; the node does it
/// with NoodleLink's call machine.</summary>
public interface IAttemptRunner
{
    /// <summary>Runs an attempt; the answer says which node gave it.</summary>
    /// <param name="nodes">The chosen node, then those that may answer in its place, best first.</param>
    /// <param name="kind">Attempts of one kind take alike.</param>
    /// <param name="attempt">Asks one node, for as long as it is given; its faults are in the answer.</param>
    ValueTask<InferenceAnswer> RunAsync(
        IReadOnlyList<NodeId> nodes,
        string kind,
        TimeSpan remaining,
        Func<NodeId, TimeSpan, CancellationToken, ValueTask<InferenceAnswer>> attempt,
        CancellationToken cancellation);
}

/// <summary>How AHR reaches another node; the node implements it over NoodleTalk.</summary>
public interface IRemoteExecutor
{
    /// <summary>Runs a call on one given node; a lost node is an answer with
    /// <see cref="InferenceFault.NodeLost"/>.</summary>
    ValueTask<InferenceAnswer> ExecuteAsync(
        NodeId node, InferenceCall call, TimeSpan remaining, CancellationToken cancellation);
}
