using System.Diagnostics.CodeAnalysis;
using Noodle.Primitives;

namespace NoodleNet.Link.Calls;

/// <summary>Decides for each call whom to ask, when to ask again or another one too, and when it is enough.</summary>
/// <remarks>
/// <code>
/// start -> asking --answered--> finished      asking --failed--> pausing --pause over--> asking
/// asking --slower than 95 of 100--> asking two peers      any --deadline, cancel--> finished
/// </code>
/// Meaning: the first attempt goes to the first peer whose breaker lets it. A retry goes to the peer that was asked
/// least often. A call that may have run is tried again only when it is idempotent, and only such calls are hedged.
/// A deadline that strikes sooner than 95 of 100 calls of its kind are answered says nothing of the peer. Every call
/// finishes exactly once, never after its deadline, and abandons what then still runs.
/// Bound: MaxCalls calls, MaxAttempts attempts and two at a time a call, RetryPercent retries and hedges together,
/// MaxPeers breakers, 256 kinds. Cost: a few small objects a call, nothing of it once it has finished; time is
/// logarithmic in the calls under way.
/// </remarks>
public sealed partial class CallMachine : IMachine<CallInput, CallEffect>
{
    private const int MostPeers = 64;
    private const int MostAtOnce = 2;
    private const int MostKinds = 256;

    private readonly CallPolicy _policy;
    private readonly Prng _prng;
    private readonly BreakerTable _breakers;
    private readonly RetryBudget _budget;
    private readonly LatencyTable _latency = new(MostKinds);
    private readonly Dictionary<long, Call> _calls = [];
    private readonly Queue<CallEffect> _effects = new();
    private readonly DeadlineHeap _deadlines = new();
    private readonly Stack<int> _freeSlots = new();
    private Call?[] _slots = [];

    /// <exception cref="ArgumentException">A setting is out of its range; the message names all that are.</exception>
    public CallMachine(CallPolicy policy, Prng prng)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(prng);
        if (policy.FindFaults() is { Count: > 0 } faults)
        {
            throw new ArgumentException(string.Join(" ", faults), nameof(policy));
        }

        (_policy, _prng) = (policy, prng);
        _breakers = new BreakerTable(policy.Breaker, policy.MaxPeers);
        _budget = new RetryBudget(policy.RetryPercent, policy.RetryReserve);
    }

    /// <summary>Calls under way.</summary>
    public int Count => _calls.Count;

    /// <summary>When a hedge starts after the first attempt of a call of this kind; null while too little is known, or
    /// it is off.</summary>
    public TimeSpan? HedgeDelay(string kind = "") => !_policy.Hedges || _latency.P95(kind) is not { } p95 ? null
        : p95 > _policy.HedgeSoonest ? p95 : _policy.HedgeSoonest;

    /// <inheritdoc/>
    public Instant? NextDeadline => _deadlines.Earliest;

    /// <summary>True when the peer's breaker lets a call through now.</summary>
    public bool Allows(NodeId peer, Instant now) =>
        !_breakers.TryGet(peer, out PeerBreaker? breaker) || breaker.Allows(now);

    /// <summary>What the breaker of a peer lets through.</summary>
    public BreakerState GetState(NodeId peer, Instant now) =>
        _breakers.TryGet(peer, out PeerBreaker? breaker) ? breaker.GetState(now) : BreakerState.Closed;

    /// <inheritdoc/>
    public void Handle(in CallInput input, Instant now)
    {
        switch (input)
        {
            case CallInput.Start start:
                Start(start, now);
                break;
            case CallInput.Ended ended when _calls.TryGetValue(ended.Call, out Call? call):
                TakeEnd(call, ended.Attempt, ended.Outcome, now);
                Schedule(call);
                break;
            case CallInput.Cancel cancel when _calls.TryGetValue(cancel.Call, out Call? call):
                Finish(call, CallVerdict.Cancelled, call.Attempts, now);
                break;
            case CallInput.Connected connected:
                _breakers.Forget(connected.Peer);
                break;
        }
    }

    /// <inheritdoc/>
    public void HandleDeadline(Instant now)
    {
        while (_deadlines.Earliest is { } due && due <= now)
        {
            Call call = _slots[_deadlines.EarliestSlot]!;
            Fire(call, now);
            Schedule(call);
        }
    }

    /// <inheritdoc/>
    public bool TryTakeEffect([MaybeNullWhen(false)] out CallEffect effect) => _effects.TryDequeue(out effect);

    private void Start(CallInput.Start start, Instant now)
    {
        if (_calls.ContainsKey(start.Call))
        {
            throw new ArgumentException($"Call {start.Call} is under way already.", nameof(start));
        }

        CallVerdict? refused = _calls.Count >= _policy.MaxCalls ? CallVerdict.TooManyCalls
            : start.Timeout <= TimeSpan.Zero ? CallVerdict.DeadlineExceeded
            : start.Peers.Count == 0 ? CallVerdict.NoPeer
            : null;
        if (refused is { } verdict)
        {
            _effects.Enqueue(new CallEffect.Finish(start.Call, verdict, 0));
            return;
        }

        var call = new Call(start, TakeSlot(), now + start.Timeout, _policy.BackoffBase);
        _calls.Add(call.Id, call);
        _slots[call.Slot] = call;
        _budget.OnCall();
        AskNext(call, now);
        Schedule(call);
    }

    private int TakeSlot()
    {
        if (_freeSlots.TryPop(out int free))
        {
            return free;
        }

        int slot = _calls.Count;
        if (slot >= _slots.Length)
        {
            int capacity = int.Max(16, _slots.Length * 2);
            Array.Resize(ref _slots, capacity);
            _deadlines.Grow(capacity);
        }

        return slot;
    }

    private void Schedule(Call call)
    {
        if (!call.IsFinished)
        {
            _deadlines.Remove(call.Slot);
            _deadlines.Add(call.Slot, call.Due);
        }
    }

    private void Finish(Call call, CallVerdict verdict, int attempt, Instant now)
    {
        foreach (RunningAttempt running in call.Running)
        {
            _effects.Enqueue(new CallEffect.AbandonAttempt(call.Id, running.Number));
            if (verdict == CallVerdict.DeadlineExceeded && HadItsTime(call, running, now))
            {
                running.Breaker.OnFailure(now);
            }
            else
            {
                running.Breaker.OnAbandon();
            }
        }

        call.IsFinished = true;
        call.Running.Clear();
        _deadlines.Remove(call.Slot);
        _slots[call.Slot] = null;
        _freeSlots.Push(call.Slot);
        _calls.Remove(call.Id);
        _effects.Enqueue(new CallEffect.Finish(call.Id, verdict, attempt));
    }
}
