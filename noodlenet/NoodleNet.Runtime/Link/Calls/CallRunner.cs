using Noodle.Primitives;
using NoodleNet.Link.Calls;

namespace NoodleNet.Runtime.Link.Calls;

/// <summary>Asks one peer once.</summary>
/// <remarks>What the peer or the network does wrong is an outcome; a cancellation may be thrown. Anything else that is
/// thrown ends the call, and its caller gets it.</remarks>
public delegate Task<CallAttempt<T>> AskPeer<T>(NodeId peer, TimeSpan timeout, CancellationToken cancellation);

/// <summary>How one attempt ended, and what it brought; the runner disposes of what nobody gets.</summary>
public readonly record struct CallAttempt<T>(AttemptOutcome Outcome, T Reply);

/// <summary>What a call asks for beside its question.</summary>
/// <param name="Peers">Best first.</param>
/// <param name="Timeout">Of the whole call.</param>
/// <param name="IsIdempotent">True when doing it twice is as good as once.</param>
/// <param name="Kind">Calls of one kind take alike.</param>
public readonly record struct CallTerms(
    IReadOnlyList<NodeId> Peers, TimeSpan Timeout, bool IsIdempotent, string Kind = "");

/// <summary>How a call went.</summary>
/// <param name="Peer">Who gave <paramref name="Reply"/>; none when nobody was asked.</param>
/// <param name="Attempts">How many times it was asked, hedges included.</param>
/// <param name="Reply">Of the attempt that counts, the caller's to dispose of; default when there was none.</param>
public readonly record struct CallResult<T>(CallVerdict Verdict, NodeId Peer, int Attempts, T? Reply);

/// <summary>Puts calls to peers with retries, hedging and breakers: the shell around <see cref="CallMachine"/>,
/// whatever a question and an answer are.</summary>
/// <remarks>
/// Use: one for what shares a retry budget and breakers.
/// Bound: as <see cref="CallPolicy"/> says. A call returns at its deadline, or when its attempts have ended.
/// Safe for several threads.
/// </remarks>
public sealed class CallRunner<T> : IDisposable
    where T : IDisposable
{
    private readonly HostClock _clock;
    private readonly CallMachine _machine;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly Dictionary<long, PendingCall<T>> _calls = [];
    private Instant _armedFor = Instant.Never;
    private long _lastCall;
    private bool _isDisposed;

    /// <param name="seed">Of the pauses before retries.</param>
    /// <exception cref="ArgumentException">A setting is out of its range; the message names all that are.</exception>
    public CallRunner(CallPolicy policy, TimeProvider time, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(time);
        (_clock, _machine) = (new HostClock(time), new CallMachine(policy, new Prng(seed)));
        _timer = time.CreateTimer(
            static runner => ((CallRunner<T>)runner!).OnTimer(), this, Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
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

    /// <summary>True when the breaker of a peer lets a call through now.</summary>
    public bool Allows(NodeId peer)
    {
        lock (_gate)
        {
            return _machine.Allows(peer, _clock.Now);
        }
    }

    /// <summary>Forgets what failed with a peer: there is a new connection to it.</summary>
    public void NoteConnected(NodeId peer) => Drive(new CallInput.Connected(peer));

    /// <summary>Asks one of the peers, and others when that does no harm and may help.</summary>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public async Task<CallResult<T>> CallAsync(CallTerms terms, AskPeer<T> ask, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(terms.Peers);
        ArgumentNullException.ThrowIfNull(ask);
        cancellation.ThrowIfCancellationRequested();
        long id = Interlocked.Increment(ref _lastCall);
        var call = new PendingCall<T>(ask);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _calls.Add(id, call);
        }

        Drive(new CallInput.Start(id, terms.Peers, terms.Timeout, terms.IsIdempotent, terms.Kind));
        using (cancellation.Register(() => Drive(new CallInput.Cancel(id))))
        {
            await call.Finished.ConfigureAwait(false);
        }

        CallResult<T> result = await call.TakeResultAsync().ConfigureAwait(false);
        if (result.Verdict != CallVerdict.Cancelled)
        {
            return result;
        }

        result.Reply?.Dispose();
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
            PendingCall<T> call;
            switch (effect)
            {
                case CallEffect.StartAttempt start:
                    call = _calls[start.Call];
                    PendingAttempt<T> attempt = call.Add(start);
                    steps.Add(() => attempt.Run(AskAsync(start, call, attempt)));
                    break;
                case CallEffect.AbandonAttempt abandon:
                    call = _calls[abandon.Call];
                    PendingAttempt<T> abandoned = call.Find(abandon.Attempt);
                    steps.Add(abandoned.Cancel);
                    break;
                case CallEffect.Finish finish:
                    _calls.Remove(finish.Call, out PendingCall<T>? finished);
                    steps.Add(() => finished!.Finish(finish));
                    break;
            }
        }

        Arm();
        return steps;
    }

    private async Task AskAsync(CallEffect.StartAttempt start, PendingCall<T> call, PendingAttempt<T> attempt)
    {
        AttemptOutcome outcome = AttemptOutcome.Unknown;
        try
        {
            CallAttempt<T> ended = await call.Ask(start.Peer, start.Timeout, attempt.Token).ConfigureAwait(false);
            attempt.Keep(ended.Reply);
            outcome = ended.Outcome;
        }
        catch (OperationCanceledException)
        {
            // abandoned, or the asker ended it for reasons of its own
        }
        catch (Exception defect)
        {
            attempt.Break(defect);
            outcome = AttemptOutcome.Answered; // another peer would meet the same defect
        }

        Drive(new CallInput.Ended(start.Call, start.Attempt, outcome));
    }

    private void Arm()
    {
        if (_machine.NextDeadline is { } due && due < _armedFor && !_isDisposed)
        {
            _armedFor = due;
            TimeSpan wait = due - _clock.Now;
            wait = wait > TimeSpan.Zero ? wait + TimeSpan.FromMilliseconds(1) : TimeSpan.Zero;
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }
}
