using Noodle.Primitives;

namespace NoodleNet.Link.Calls;

public sealed partial class CallMachine
{
    private void Fire(Call call, Instant now)
    {
        if (now >= call.Deadline)
        {
            Finish(call, CallVerdict.DeadlineExceeded, call.Attempts, now);
        }
        else if (call.Running.Find(running => running.LimitAt <= now) is { } late)
        {
            _effects.Enqueue(new CallEffect.AbandonAttempt(call.Id, late.Number));
            TakeEnd(call, late.Number, AttemptOutcome.Unknown, now);
        }
        else if (call.RetryAt <= now)
        {
            call.RetryAt = null;
            AskNext(call, now);
        }
        else
        {
            call.HedgeAt = null;
            Hedge(call, now);
        }
    }

    private void TakeEnd(Call call, int attempt, AttemptOutcome outcome, Instant now)
    {
        if (call.Running.Find(running => running.Number == attempt) is not { } ended)
        {
            return; // it was abandoned meanwhile
        }

        call.Running.Remove(ended);
        if (outcome == AttemptOutcome.Answered)
        {
            _latency.Add(call.Kind, now - ended.StartedAt);
            ended.Breaker.OnSuccess(now);
            Finish(call, CallVerdict.Answered, attempt, now);
            return;
        }

        if (outcome == AttemptOutcome.Expired && !HadItsTime(call, ended, now))
        {
            ended.Breaker.OnAbandon();
        }
        else
        {
            ended.Breaker.OnFailure(now);
        }

        if (call.Running.Count > 0)
        {
            return; // its hedge is the retry
        }

        call.HedgeAt = null;
        if (!TryPlanRetry(call, outcome, now))
        {
            // The peer's clock may strike just before the one here: the caller sees one end, not two.
            Finish(call, outcome == AttemptOutcome.Expired ? CallVerdict.DeadlineExceeded : CallVerdict.Failed, attempt,
                now);
        }
    }

    // Who asks with too little time must not be able to close a good peer to all others.
    private bool HadItsTime(Call call, RunningAttempt attempt, Instant now) =>
        _latency.P95(call.Kind) is not { } usual || now - attempt.StartedAt >= usual;

    private bool TryPlanRetry(Call call, AttemptOutcome outcome, Instant now)
    {
        if (!_policy.Retries || (outcome != AttemptOutcome.NotRun && !call.IsIdempotent)
            || call.Attempts >= _policy.MaxAttempts)
        {
            return false;
        }

        // Who did not take the call says nothing about the others: the next one is asked at once.
        bool isOver = outcome == AttemptOutcome.NotRun && FindPeer(call, now) is { } next && call.Asked[next] == 0;
        Instant at = isOver ? now : now + NextPause(call);
        if (at >= call.Deadline || !_budget.TryTake())
        {
            return false;
        }

        call.RetryAt = at;
        return true;
    }

    private TimeSpan NextPause(Call call)
    {
        TimeSpan spread = (call.Pause * 3) - _policy.BackoffBase;
        TimeSpan pause = _policy.BackoffBase + _prng.Next(spread);
        return call.Pause = pause < _policy.BackoffMost ? pause : _policy.BackoffMost;
    }

    private void AskNext(Call call, Instant now)
    {
        if (FindPeer(call, now) is { } peer)
        {
            Ask(call, peer, now);
            bool mayHedge = call.IsIdempotent && call.Peers.Count > 1;
            call.HedgeAt = mayHedge && HedgeDelay(call.Kind) is { } delay ? now + delay : null;
            return;
        }

        Instant at = FindReopening(call, now) ?? now + NextPause(call); // null: a trial is under way
        if (at < call.Deadline)
        {
            call.RetryAt = at;
        }
        else
        {
            CallVerdict verdict = call.Attempts == 0 ? CallVerdict.NoPeer : CallVerdict.Failed;
            Finish(call, verdict, call.Attempts, now);
        }
    }

    private void Hedge(Call call, Instant now)
    {
        if (call.Running.Count is > 0 and < MostAtOnce && call.Attempts < _policy.MaxAttempts
            && FindPeer(call, now) is { } peer && _budget.TryTake())
        {
            Ask(call, peer, now);
        }
    }

    private void Ask(Call call, int peer, Instant now)
    {
        TimeSpan limit = call.Deadline - now;
        limit = call.IsIdempotent && limit > _policy.AttemptLimit ? _policy.AttemptLimit : limit;
        PeerBreaker breaker = _breakers.Use(call.Peers[peer]);
        breaker.OnStart(now);
        call.Asked[peer]++;
        call.Attempts++;
        call.Running.Add(new RunningAttempt(call.Attempts, peer, breaker, now, now + limit));
        _effects.Enqueue(new CallEffect.StartAttempt(call.Id, call.Attempts, call.Peers[peer], limit));
    }

    /// <summary>The best peer that was asked least often; a trial only with a call that may be tried again.</summary>
    private int? FindPeer(Call call, Instant now)
    {
        int? best = null;
        bool isBestTrial = false;
        for (int i = 0; i < call.Peers.Count; i++)
        {
            bool isTrial = false;
            if (_breakers.TryGet(call.Peers[i], out PeerBreaker? breaker))
            {
                if (!breaker.Allows(now))
                {
                    continue;
                }

                isTrial = !call.IsIdempotent && breaker.GetState(now) == BreakerState.HalfOpen;
            }

            if (call.Running.Exists(running => running.Peer == i))
            {
                continue;
            }

            if (best is not { } other || (isBestTrial && !isTrial)
                || (isBestTrial == isTrial && call.Asked[i] < call.Asked[other]))
            {
                (best, isBestTrial) = (i, isTrial);
            }
        }

        return best;
    }

    private Instant? FindReopening(Call call, Instant now)
    {
        Instant? at = null;
        foreach (NodeId peer in call.Peers)
        {
            at = Instant.Earlier(at, _breakers.TryGet(peer, out PeerBreaker? breaker) ? breaker.OpenUntil(now) : null);
        }

        return at;
    }

    private sealed record RunningAttempt(int Number, int Peer, PeerBreaker Breaker, Instant StartedAt, Instant LimitAt);

    private sealed class Call(CallInput.Start start, int slot, Instant deadline, TimeSpan firstPause)
    {
        public long Id => start.Call;

        public bool IsIdempotent => start.IsIdempotent;

        public string Kind => start.Kind;

        public IReadOnlyList<NodeId> Peers { get; } = [.. start.Peers.Take(MostPeers)];

        public int Slot => slot;

        public Instant Deadline => deadline;

        public Instant? RetryAt { get; set; }

        public Instant? HedgeAt { get; set; }

        public TimeSpan Pause { get; set; } = firstPause;

        public int Attempts { get; set; }

        public int[] Asked { get; } = new int[int.Min(start.Peers.Count, MostPeers)];

        public List<RunningAttempt> Running { get; } = [];

        public bool IsFinished { get; set; }

        public Instant Due
        {
            get
            {
                Instant? due = Instant.Earlier(Instant.Earlier(deadline, RetryAt), HedgeAt);
                foreach (RunningAttempt running in Running)
                {
                    due = Instant.Earlier(due, running.LimitAt);
                }

                return due!.Value;
            }
        }
    }
}
