using Ahr.Planning;
using Microsoft.Extensions.Logging;
using Nbc.Runtime.Frames;
using Noodle.Primitives;

namespace Ahr.Runtime;

/// <summary>Answers calls for the models of the mesh: decides where each runs, tries again where that helps.</summary>
/// <remarks>
/// Meaning: candidates come from the catalog, the <see cref="INodeSelector"/> chooses, the local host or the remote
/// executor runs, <see cref="CallAttempts"/> says what follows a fault. An attempt elsewhere goes through the
/// <see cref="IAttemptRunner"/>, which may ask one of the next best beside a slow one but tries nothing again: that is
/// decided here alone, so that the two do not multiply. Every attempt carries the call's own idempotency key and
/// what is left of its time. A call for a model that is being loaded waits for it; every call leaves one entry in the
/// decision log. The inputs are read until the answer is there, never after.
/// Safe for several threads.
/// </remarks>
public sealed class InferenceRouter : IInferenceService
{
    private readonly ServiceTimes _times = new();
    private readonly NodeCounters _outstanding = new();
    private readonly RouterOptions _options;
    private readonly IAttemptRunner? _runner;
    private long _calls;

    /// <param name="progress">Null when only this node's own loading is known.</param>
    /// <param name="selector">Null for <see cref="LeastLoaded"/>.</param>
    /// <param name="runner">Null asks one node an attempt.</param>
    public InferenceRouter(
        IModelCatalog catalog,
        ModelHost host,
        IRemoteExecutor remote,
        IModelProgress? progress,
        DecisionLog decisions,
        RouterOptions options,
        TimeProvider time,
        ILogger<InferenceRouter> logger,
        INodeSelector? selector = null,
        IAttemptRunner? runner = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(remote);
        ArgumentNullException.ThrowIfNull(decisions);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(logger);
        Catalog = catalog;
        Host = host;
        Remote = remote;
        Progress = progress;
        Selector = selector ?? LeastLoaded.Instance;
        _runner = runner;
        Decisions = decisions;
        _options = options;
        Time = time;
        Logger = logger;
    }

    /// <summary>The calls so far.</summary>
    public DecisionLog Decisions { get; }

    internal IModelCatalog Catalog { get; }

    internal ModelHost Host { get; }

    internal IRemoteExecutor Remote { get; }

    internal IModelProgress? Progress { get; }

    internal INodeSelector Selector { get; }

    internal TimeProvider Time { get; }

    internal ILogger Logger { get; }

    internal TimeSpan ReadinessPeriod => _options.ReadinessPeriod;

    /// <summary>Calls sent to a node and not answered yet.</summary>
    public int OutstandingTo(NodeId node) => _outstanding.Get(node);

    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public async ValueTask<InferenceAnswer> InferAsync(InferenceCall call, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(call);
        Prng prng = new(_options.Seed + (ulong)Interlocked.Increment(ref _calls));
        TimeSpan timeout = call.Timeout < _options.LongestTimeout ? call.Timeout : _options.LongestTimeout;
        RoutedCall routed = new(this, call, timeout, prng);
        InferenceFault outcome = InferenceFault.RunFailed;
        bool cancelled = false;
        try
        {
            InferenceAnswer answer = await routed.RunAsync(cancellation).ConfigureAwait(false);
            outcome = answer.Fault;
            return answer;
        }
        catch (OperationCanceledException)
        {
            cancelled = true;
            throw;
        }
        finally
        {
            routed.Record(outcome, cancelled);
        }
    }

    internal Instant Now() => Time.GetInstant();

    /// <summary>Candidates with what this node knows best itself: its own load, and what it has sent.</summary>
    internal IReadOnlyList<Candidate> GetCandidates(DeployedModel model)
    {
        IReadOnlyList<Candidate> known = Catalog.GetCandidates(model);
        Candidate[] candidates = new Candidate[known.Count];
        for (int i = 0; i < candidates.Length; i++)
        {
            candidates[i] = known[i].IsLocal
                ? known[i] with
                {
                    IsReady = Host.IsReady(model.Key),
                    ReportedInFlight = Host.InFlight,
                    OutstandingHere = 0,
                    RoundTripMicroseconds = 0,
                }
                : known[i] with { OutstandingHere = _outstanding.Get(known[i].Node) };
        }

        return candidates;
    }

    internal Decision Choose(
        DeployedModel model, InferenceCall call, IReadOnlyList<Candidate> candidates, List<NodeId> failed, Prng prng)
    {
        var ask = new SelectionAsk(
            KindOf(model), _times.Get(KindOf(model)).Microseconds, call.Inputs.ByteCount, call.Requirement);
        return Selector.Choose(candidates, failed, ask, prng);
    }

    // Calls that take alike: of one file on the same engines.
    private static string KindOf(DeployedModel model) => model.Key.ToString();

    internal bool IsBeingLoaded(DeployedModel model) =>
        Host.GetStatus(model.Key).State is ModelState.Fetching or ModelState.Loading
        || (Progress?.IsBeingLoaded(model) ?? false);

    /// <summary>Makes one attempt; whatever goes wrong is in the answer, except a cancellation.</summary>
    /// <param name="nodes">The chosen one, then those that may answer in its place when it is elsewhere.</param>
    internal async ValueTask<InferenceAnswer> AttemptAsync(
        DeployedModel model, InferenceCall call, IReadOnlyList<NodeId> nodes, TimeSpan remaining,
        CancellationToken cancellation)
    {
        NodeId chosen = nodes[0];
        string kind = KindOf(model);
        Instant sent = Now();
        InferenceAnswer answer;
        try
        {
            answer = chosen == Host.Node || _runner is null
                ? await RunAsync(chosen, remaining, cancellation).ConfigureAwait(false)
                : await _runner.RunAsync(nodes, kind, remaining, RunAsync, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Selector.Learn(chosen, kind, Now() - sent, isAnswered: false);
            throw;
        }

        NodeId answered = answer.Node.IsNone ? chosen : answer.Node;
        answer = answer with { Node = answered, Attempts = Math.Max(answer.Attempts, 1) };
        if (answer is { Fault: InferenceFault.None, IsFirstRun: false })
        {
            _times.Learn(kind, answer.Compute);
            if (answered == chosen || answer.Attempts > 1) // else the chosen one was not asked at all
            {
                Selector.Learn(chosen, kind, Now() - sent, isAnswered: answered == chosen);
            }
        }
        else if (answer.Fault == InferenceFault.DeadlineExceeded)
        {
            Selector.Learn(chosen, kind, Now() - sent, isAnswered: false);
        }

        return answer;

        ValueTask<InferenceAnswer> RunAsync(NodeId node, TimeSpan left, CancellationToken stop) => node == Host.Node
            ? Host.RunAsync(
                model.Key, call.Inputs, call.Outputs,
                CallTask.Create(
                    call.Model, call.Owner, call.TraceParent, Host.Tasks.Time.GetInstant() + left), stop)
            : AskAsync(node, call, left, stop);
    }

    private async ValueTask<InferenceAnswer> AskAsync(
        NodeId node, InferenceCall call, TimeSpan remaining, CancellationToken cancellation)
    {
        _outstanding.Increment(node);
        try
        {
            return await Remote.ExecuteAsync(node, call, remaining, cancellation).ConfigureAwait(false);
        }
        catch (Exception reason) when (reason is not OperationCanceledException)
        {
            Log.RemoteBroke(Logger, node.ToString(), reason);
            return new InferenceAnswer
            {
                Fault = InferenceFault.NodeLost,
                Message = $"node {node.ShortName} could not be asked: see this node's log",
            };
        }
        finally
        {
            _outstanding.Decrement(node);
        }
    }
}
