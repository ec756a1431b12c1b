using System.Globalization;
using Ahr.Planning;
using Noodle.Primitives;

namespace Ahr.Runtime;

/// <summary>One call on its way through the router.</summary>
internal sealed class RoutedCall
{
    private const int MostStandIns = 2;

    private readonly InferenceRouter _router;
    private readonly InferenceCall _call;
    private readonly TimeSpan _timeout;
    private readonly Prng _prng;
    private readonly DateTimeOffset _began;
    private readonly Instant _start;
    private readonly CallAttempts _rule;
    private readonly List<NodeId> _failed = new(CallAttempts.MaxAttempts);
    private readonly List<AttemptRecord> _attempts = new(1);
    private Decision? _decision;
    private InferenceAnswer? _last;
    private string _engine = "";

    public RoutedCall(InferenceRouter router, InferenceCall call, TimeSpan timeout, Prng prng)
    {
        _router = router;
        _call = call;
        _timeout = timeout;
        _prng = prng;
        _began = router.Time.GetUtcNow();
        _start = router.Now();
        _rule = new CallAttempts(_start + timeout, prng);
    }

    public void Record(InferenceFault outcome, bool cancelled) => _router.Decisions.Add(
        _began, _call.Model, _decision, _attempts, outcome, _router.Now() - _start, cancelled, _engine);

    public async ValueTask<InferenceAnswer> RunAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (!_router.Catalog.TryGet(_call.Model, out DeployedModel? model))
        {
            return Fault(
                InferenceFault.UnknownModel, $"no model '{_call.Model}' is deployed: deploy it or check the name");
        }

        if (_timeout <= TimeSpan.Zero)
        {
            return OutOfTime();
        }

        using CancellationTokenSource timer = new(_timeout, _router.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(
            timer.Token, cancellation);
        try
        {
            return await RouteAsync(model, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            return OutOfTime();
        }
    }

    private async ValueTask<InferenceAnswer> RouteAsync(DeployedModel model, CancellationToken cancellation)
    {
        while (true)
        {
            Task change = _router.Host.Changes.Next; // taken before looking, so that no change is missed
            IReadOnlyList<Candidate> candidates = _router.GetCandidates(model);
            _decision = _router.Choose(model, _call, candidates, _failed, _prng);
            if (_decision.IsUnmet)
            {
                return Fault(InferenceFault.Unsatisfiable, $"model '{_call.Model}': {_decision.Reason}");
            }

            if (_decision.Chosen.IsNone)
            {
                if (!_router.IsBeingLoaded(model))
                {
                    return NobodyIsReady();
                }

                await WaitForChangeAsync(change, cancellation).ConfigureAwait(false);
                _failed.Clear();
                continue;
            }

            InferenceAnswer answer = await AttemptAsync(model, cancellation).ConfigureAwait(false);
            AttemptStep step = _rule.After(ToOutcome(answer.Fault), OthersLeft(_decision), _router.Now());
            if (step.Verdict is AttemptVerdict.Done or AttemptVerdict.GiveUp)
            {
                return Finish(answer, step);
            }

            Log.AttemptFailed(
                _router.Logger, _call.Model, _decision.Chosen.ShortName, answer.Fault, step.Reason);
            answer.Dispose();
            _last = answer;
            if (step.Verdict == AttemptVerdict.RetryAfterBackoff)
            {
                await Task.Delay(step.Backoff, _router.Time, cancellation).ConfigureAwait(false);
                _failed.Clear();
            }
        }
    }

    private async ValueTask<InferenceAnswer> AttemptAsync(
        DeployedModel model, CancellationToken cancellation)
    {
        NodeId chosen = _decision!.Chosen;
        Instant sent = _router.Now();
        InferenceAnswer answer;
        try
        {
            answer = await _router
                .AttemptAsync(model, _call, RankNodes(_decision), _start + _timeout - sent, cancellation)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // An executor that ends for reasons of its own has lost the way to the node.
            answer = new InferenceAnswer
            {
                Fault = InferenceFault.NodeLost, Message = $"the call to node {chosen.ShortName} was dropped",
                Node = chosen, Attempts = 1,
            };
        }
        catch (OperationCanceledException)
        {
            _attempts.Add(new AttemptRecord(chosen, InferenceFault.DeadlineExceeded, _router.Now() - sent));
            throw;
        }

        _attempts.Add(new AttemptRecord(answer.Node, answer.Fault, _router.Now() - sent, answer.Attempts));
        _engine = answer.Engine;
        if (answer.Fault != InferenceFault.None)
        {
            _failed.Add(answer.Node);
        }

        return answer;
    }

    /// <summary>The chosen node, and the next best ones for when it is slow.</summary>
    private static NodeId[] RankNodes(Decision decision)
    {
        List<CandidateScore> others = new(decision.Scores.Count);
        foreach (CandidateScore score in decision.Scores)
        {
            if (score.Score is not null && !score.IsChosen)
            {
                others.Add(score);
            }
        }

        others.Sort(static (a, b) => a.Score!.Value.CompareTo(b.Score!.Value));
        NodeId[] nodes = new NodeId[1 + Math.Min(others.Count, MostStandIns)];
        nodes[0] = decision.Chosen;
        for (int i = 1; i < nodes.Length; i++)
        {
            nodes[i] = others[i - 1].Node;
        }

        return nodes;
    }

    private int Asked()
    {
        int asked = 0;
        foreach (AttemptRecord attempt in _attempts)
        {
            asked += attempt.Asked;
        }

        return asked;
    }

    private async Task WaitForChangeAsync(Task change, CancellationToken cancellation)
    {
        // The period bounds what a lost signal costs: readiness of other nodes comes by gossip.
        using CancellationTokenSource period = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task look = Task.Delay(_router.ReadinessPeriod, _router.Time, period.Token);
        await Task.WhenAny(change, look).ConfigureAwait(false);
        await period.CancelAsync().ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
    }

    private bool OthersLeft(Decision decision)
    {
        foreach (CandidateScore score in decision.Scores)
        {
            if (score.Score is not null && !_failed.Contains(score.Node))
            {
                return true;
            }
        }

        return false;
    }

    private InferenceAnswer Finish(InferenceAnswer answer, AttemptStep step)
    {
        if (answer.Fault == InferenceFault.DeadlineExceeded)
        {
            answer = answer with { Message = OutOfTime().Message }; // who ended it, and where, is no help to the caller
        }

        string message = answer.Fault == InferenceFault.None || _attempts.Count == 1
            ? answer.Message
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{answer.Message} (attempt {_attempts.Count}; not tried again: {step.Reason})");
        return answer with { Message = message, Attempts = Asked(), Decision = _decision };
    }

    private InferenceAnswer NobodyIsReady() => _last is null
        ? Fault(
            InferenceFault.NotReady,
            $"model '{_call.Model}' is not loaded anywhere ({_decision!.Reason}): try again shortly")
        : _last with { Outputs = null, Attempts = Asked(), Decision = _decision };

    private InferenceAnswer OutOfTime() => Fault(
        InferenceFault.DeadlineExceeded,
        string.Create(
            CultureInfo.InvariantCulture,
            $"model '{_call.Model}' gave no answer within {Math.Max(0, _timeout.TotalMilliseconds):0.###} ms: ") +
        "give the call more time");

    private InferenceAnswer Fault(InferenceFault fault, string message) => new()
    {
        Fault = fault,
        Message = message,
        Attempts = Asked(),
        Decision = _decision,
    };

    private static AttemptOutcome ToOutcome(InferenceFault fault) => fault switch
    {
        InferenceFault.None => AttemptOutcome.Answered,
        InferenceFault.InvalidInput => AttemptOutcome.Refused,
        InferenceFault.RunFailed => AttemptOutcome.RunFailed,
        InferenceFault.NodeLost => AttemptOutcome.NodeLost,
        InferenceFault.DeadlineExceeded => AttemptOutcome.OutOfTime,
        // UnknownModel from a node that has not heard of the deployment yet: another one has.
        _ => AttemptOutcome.TurnedAway,
    };
}
