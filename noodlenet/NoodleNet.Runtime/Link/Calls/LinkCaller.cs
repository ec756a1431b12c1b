using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Link.Calls;

namespace NoodleNet.Runtime.Link.Calls;

/// <summary>Asks peers with retries, hedging and breakers: the shell around <see cref="CallMachine"/>.</summary>
/// <remarks>
/// Use: one for each kind of call, for its latencies and its retry budget are those of one kind. The request is made
/// anew for each attempt, with the same idempotency key.
/// Meaning: Ok, Refused, UnknownMethod and TooLarge are answers; Unavailable, Busy and Exhausted say that the call did
/// not run; the others that it may have run.
/// Bound: as <see cref="CallPolicy"/> says. A call returns at its deadline, or when the memory of its request is free.
/// </remarks>
public sealed class LinkCaller : IDisposable
{
    private readonly LinkHost _link;
    private readonly HostClock _clock;
    private readonly CallMachine _machine;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly Dictionary<long, PendingCall> _calls = [];
    private Instant _armedFor = Instant.Never;
    private long _lastCall;
    private bool _isDisposed;

    /// <param name="seed">Of the pauses before retries.</param>
    /// <exception cref="ArgumentException">A setting is out of its range; the message names all that are.</exception>
    public LinkCaller(LinkHost link, CallPolicy policy, TimeProvider time, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(time);
        (_link, _clock, _machine) = (link, new HostClock(time), new CallMachine(policy, new Prng(seed)));
        _timer = time.CreateTimer(
            static caller => ((LinkCaller)caller!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Calls under way.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _machine.Count;
            }
        }
    }

    /// <summary>What the breaker of a peer lets through now.</summary>
    public BreakerState GetState(NodeId peer)
    {
        lock (_gate)
        {
            return _machine.GetState(peer, _clock.Now);
        }
    }

    /// <summary>Asks one of the peers, and others when that does no harm and may help.</summary>
    /// <param name="peers">Best first; those that are not connected count as not having run it.</param>
    /// <param name="request">Its head must have a timeout: that of the whole call.</param>
    /// <param name="isIdempotent">True when doing it twice is as good as once.</param>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public async Task<LinkCallResult> CallAsync(
        IReadOnlyList<NodeId> peers, LinkRequest request, bool isIdempotent, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(peers);
        ArgumentNullException.ThrowIfNull(request);
        if (request.Head.Timeout is not { } timeout)
        {
            throw new ArgumentException("A call that may be repeated needs a timeout.", nameof(request));
        }

        LinkArguments.CheckHead(request.Head);
        LinkArguments.CheckHeader(request.Header);
        cancellation.ThrowIfCancellationRequested();
        long id = Interlocked.Increment(ref _lastCall);
        var call = new PendingCall(request);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _calls.Add(id, call);
        }

        Drive(new CallInput.Start(id, peers, timeout, isIdempotent));
        using (cancellation.Register(() => Drive(new CallInput.Cancel(id))))
        {
            await call.Finished.ConfigureAwait(false);
        }

        LinkCallResult result = await call.TakeResultAsync().ConfigureAwait(false);
        if (result.Verdict != CallVerdict.Cancelled)
        {
            return result;
        }

        result.Dispose();
        throw new OperationCanceledException(cancellation);
    }

    /// <summary>Cancels what is under way.</summary>
    public void Dispose()
    {
        long[] calls;
        lock (_gate)
        {
            _isDisposed = true;
            calls = [.. _calls.Keys];
        }

        foreach (long call in calls)
        {
            Drive(new CallInput.Cancel(call));
        }

        _timer.Dispose();
    }

    private void Drive(CallInput input)
    {
        List<Action> steps;
        lock (_gate)
        {
            _machine.Handle(input, _clock.Now);
            steps = TakeSteps();
        }

        Run(steps);
    }

    private void OnTimer()
    {
        List<Action> steps;
        lock (_gate)
        {
            _armedFor = Instant.Never;
            _machine.HandleDeadline(_clock.Now);
            steps = TakeSteps();
        }

        Run(steps);
    }

    private static void Run(List<Action> steps)
    {
        foreach (Action step in steps)
        {
            step();
        }
    }

    /// <summary>Notes under the lock what the machine wants, and gives back what is to be done outside of it.</summary>
    private List<Action> TakeSteps()
    {
        List<Action> steps = [];
        while (_machine.TryTakeEffect(out CallEffect? effect))
        {
            PendingCall call;
            switch (effect)
            {
                case CallEffect.StartAttempt start:
                    call = _calls[start.Call];
                    PendingAttempt attempt = call.Add(start);
                    steps.Add(() => attempt.Run(AskAsync(start, call, attempt)));
                    break;
                case CallEffect.AbandonAttempt abandon:
                    call = _calls[abandon.Call];
                    PendingAttempt abandoned = call.Find(abandon.Attempt);
                    steps.Add(abandoned.Cancel);
                    break;
                case CallEffect.Finish finish:
                    _calls.Remove(finish.Call, out PendingCall? finished);
                    steps.Add(() => finished!.Finish(finish));
                    break;
            }
        }

        Arm();
        return steps;
    }

    private async Task AskAsync(CallEffect.StartAttempt start, PendingCall call, PendingAttempt attempt)
    {
        LinkReply reply = new(LinkStatus.Unavailable);
        try
        {
            if (_link.TryGetPeer(start.Peer, out LinkPeer? peer))
            {
                reply = await peer.RequestAsync(call.RequestFor(start.Timeout), attempt.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            reply = new LinkReply(LinkStatus.Cancelled);
        }

        attempt.Keep(reply);
        Drive(new CallInput.Ended(start.Call, start.Attempt, OutcomeOf(reply.Status)));
    }

    private static AttemptOutcome OutcomeOf(LinkStatus status) => status switch
    {
        LinkStatus.Ok or LinkStatus.Refused or LinkStatus.UnknownMethod or LinkStatus.TooLarge =>
            AttemptOutcome.Answered,
        LinkStatus.Unavailable or LinkStatus.Busy or LinkStatus.Exhausted => AttemptOutcome.NotRun,
        LinkStatus.DeadlineExceeded => AttemptOutcome.Expired,
        _ => AttemptOutcome.Unknown,
    };

    private void Arm()
    {
        if (_machine.NextDeadline is { } due && due < _armedFor)
        {
            _armedFor = due;
            TimeSpan wait = due - _clock.Now;
            wait = wait > TimeSpan.Zero ? wait + TimeSpan.FromMilliseconds(1) : TimeSpan.Zero;
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }
}
