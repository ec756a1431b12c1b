using System.Diagnostics;
using Ahr.Backends;
using Ahr.Planning;
using Microsoft.Extensions.Logging;
using Nbc.Runtime.Frames;
using Nbc.Tensors;
using Noodle.Primitives;

namespace Ahr.Runtime;

/// <summary>A model that answers: counts and bounds its calls, learns how long one takes, ends after them.</summary>
internal sealed class LoadedModel : IDisposable
{
    // Below this a run costs less than handing it to another thread and being woken by it (some 10 us) is worth.
    private const long InlineMicroseconds = 200;

    private readonly string _digest;
    private readonly NodeId _node;
    private readonly IBackendModel _model;
    private readonly int _most;
    private readonly SemaphoreSlim _slots;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _entered;
    private int _closed;
    private long _estimate;
    private long _served;

    public LoadedModel(string digest, NodeId node, IBackendModel model, ModelHostOptions options, ILogger logger)
    {
        _digest = digest;
        _node = node;
        _model = model;
        _most = options.MaxRunning + options.MaxWaiting;
        _slots = new SemaphoreSlim(options.MaxRunning, options.MaxRunning);
        _logger = logger;
    }

    public IReadOnlyList<TensorSpec> Inputs => _model.Inputs;

    public IReadOnlyList<TensorSpec> Outputs => _model.Outputs;

    public IReadOnlyList<EngineChoice> Engines => _model.Engines;

    public int InFlight => Volatile.Read(ref _entered);

    public long Served => Interlocked.Read(ref _served);

    public ServiceTimeEstimate Estimate => new(Interlocked.Read(ref _estimate));

    public async ValueTask<InferenceAnswer> RunAsync(
        TensorSet inputs, IReadOnlyList<string>? outputs, NbcTask task, CancellationToken cancellation)
    {
        // Entered first and looked at second, and the other way round in CloseAsync: one of the two sees the other.
        int entered = Interlocked.Increment(ref _entered);
        try
        {
            if (Volatile.Read(ref _closed) != 0)
            {
                return Fault(InferenceFault.NotReady, $"model {_digest} is being unloaded on this node");
            }

            if (entered > _most)
            {
                return Fault(
                    InferenceFault.Overloaded,
                    $"{_most} calls of this model run or wait on this node: try again later or add replicas");
            }

            await _slots.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                return await RunInSlotAsync(inputs, outputs, task, cancellation).ConfigureAwait(false);
            }
            finally
            {
                _slots.Release();
            }
        }
        finally
        {
            if (Interlocked.Decrement(ref _entered) == 0 && Volatile.Read(ref _closed) != 0)
            {
                _drained.TrySetResult();
            }
        }
    }

    /// <summary>Takes no more calls and completes when those inside have ended.</summary>
    public Task CloseAsync()
    {
        Interlocked.Exchange(ref _closed, 1);
        if (InFlight == 0)
        {
            _drained.TrySetResult();
        }

        return _drained.Task;
    }

    public void Dispose()
    {
        _model.Dispose();
        _slots.Dispose();
    }

    private async ValueTask<InferenceAnswer> RunInSlotAsync(
        TensorSet inputs, IReadOnlyList<string>? outputs, NbcTask task, CancellationToken cancellation)
    {
        // The engine is cold: 10 ms for a model that later takes 40 us, and a mean that forgets it only after dozens.
        bool isFirst = Served == 0;
        ServiceTimeEstimate estimate = Estimate;
        long start = Stopwatch.GetTimestamp();
        try
        {
            TensorSet result = !estimate.IsUnknown && estimate.Microseconds < InlineMicroseconds
                ? await _model.RunAsync(inputs, outputs, task, cancellation).ConfigureAwait(false)
                : await Task.Run(
                        () => _model.RunAsync(inputs, outputs, task, cancellation).AsTask(), CancellationToken.None)
                    .ConfigureAwait(false);
            TimeSpan compute = Stopwatch.GetElapsedTime(start);
            if (!isFirst)
            {
                Learn(compute);
            }

            Interlocked.Increment(ref _served);
            return new InferenceAnswer
            {
                Outputs = result, Node = _node, Attempts = 1, Compute = compute, IsFirstRun = isFirst,
                Engine = result.Engine ?? "",
            };
        }
        catch (BackendException reason)
        {
            return Fault(FaultOf(reason.Fault), reason.Message);
        }
        catch (Exception reason) when (reason is not OperationCanceledException)
        {
            Log.RunBroke(_logger, _digest, reason);
            return Fault(
                InferenceFault.RunFailed, $"the engine failed with {reason.GetType().Name}: see the node's log");
        }
    }

    private static InferenceFault FaultOf(BackendFault fault) => fault switch
    {
        BackendFault.InvalidInput => InferenceFault.InvalidInput,
        BackendFault.DeadlineExceeded => InferenceFault.DeadlineExceeded,
        _ => InferenceFault.RunFailed,
    };

    // Two runs that end together may count as one: the estimate does not need both, and no lock is worth it.
    private void Learn(TimeSpan compute)
    {
        long old = Interlocked.Read(ref _estimate);
        ServiceTimeEstimate next = new ServiceTimeEstimate(old).With((long)compute.TotalMicroseconds);
        Interlocked.CompareExchange(ref _estimate, next.Raw, old);
    }

    private InferenceAnswer Fault(InferenceFault fault, string message) =>
        new() { Fault = fault, Message = message, Node = _node, Attempts = 1 };
}
