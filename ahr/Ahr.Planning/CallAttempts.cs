using System.Diagnostics;
using System.Globalization;
using Noodle.Primitives;

namespace Ahr.Planning;

/// <summary>How one attempt at a call ended, as far as trying again depends on it.</summary>
public enum AttemptOutcome
{
    /// <summary>With a result.</summary>
    Answered,

    /// <summary>With a fault that every node would find: the caller's input is wrong.</summary>
    Refused,

    /// <summary>The engine failed; perhaps this machine's fault, perhaps the model's.</summary>
    RunFailed,

    /// <summary>The node has as much as it may take, or does not have the model (any more).</summary>
    TurnedAway,

    /// <summary>The node or the way to it was lost.</summary>
    NodeLost,

    /// <summary>The caller's time is over.</summary>
    OutOfTime,
}

/// <summary>What to do after an attempt.</summary>
public enum AttemptVerdict
{
    /// <summary>Hand the answer to the caller.</summary>
    Done,

    /// <summary>Try a node that has not failed this call, at once.</summary>
    RetryElsewhere,

    /// <summary>Wait, forget which nodes failed, and try the best one.</summary>
    RetryAfterBackoff,

    /// <summary>Hand the fault to the caller.</summary>
    GiveUp,
}

/// <summary>What to do after an attempt, and why.</summary>
/// <param name="Backoff">Time to wait first; zero unless the verdict is a retry after backoff.</param>
public readonly record struct AttemptStep(AttemptVerdict Verdict, TimeSpan Backoff, string Reason);

/// <summary>Decides after each attempt at one call whether and where to try again.</summary>
/// <remarks>
/// <code>
/// answered, refused, out of time      -> the caller has it
/// lost, turned away    -others left->   elsewhere at once    -nobody left->   after a backoff, anywhere
/// run failed           -others left->   elsewhere, once: what fails on two machines fails on all
/// </code>
/// Bound: <see cref="MaxAttempts"/> attempts, never past the deadline. The backoff is drawn from the upper half of
/// 10, 20, 40 ... 500 ms, so that callers turned away together do not come back together.
/// </remarks>
public sealed class CallAttempts
{
    /// <summary>Attempts at one call, the first included.</summary>
    public const int MaxAttempts = 4;

    private static readonly TimeSpan s_firstBackoff = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_longestBackoff = TimeSpan.FromMilliseconds(500);

    private readonly Instant _deadline;
    private readonly Prng _prng;
    private TimeSpan _backoff = s_firstBackoff;
    private bool _runFailed;

    public CallAttempts(Instant deadline, Prng prng)
    {
        ArgumentNullException.ThrowIfNull(prng);
        _deadline = deadline;
        _prng = prng;
    }

    /// <summary>Attempts that have ended.</summary>
    public int Count { get; private set; }

    /// <summary>Takes how an attempt ended and says what to do.</summary>
    /// <param name="othersLeft">True when a ready node is left on which this call has not failed.</param>
    public AttemptStep After(AttemptOutcome outcome, bool othersLeft, Instant now)
    {
        Debug.Assert(Count < MaxAttempts, "the verdict was to stop");
        Count++;
        switch (outcome)
        {
            case AttemptOutcome.Answered:
                return new AttemptStep(AttemptVerdict.Done, default, "answered");
            case AttemptOutcome.Refused:
                return GiveUp("every node would refuse it");
            case AttemptOutcome.OutOfTime:
                return GiveUp("the time given is over");
            case AttemptOutcome.RunFailed when _runFailed || !othersLeft:
                return GiveUp(_runFailed ? "it failed on two nodes" : "no other node has the model");
            case AttemptOutcome.RunFailed:
                _runFailed = true;
                break;
            case AttemptOutcome.TurnedAway or AttemptOutcome.NodeLost:
                break;
            default:
                throw new UnreachableException();
        }

        if (Count == MaxAttempts)
        {
            return GiveUp(string.Create(CultureInfo.InvariantCulture, $"{MaxAttempts} attempts failed"));
        }

        if (now >= _deadline)
        {
            return GiveUp("the time given is over");
        }

        return othersLeft
            ? new AttemptStep(AttemptVerdict.RetryElsewhere, default, "another node is ready")
            : BackOff(now);
    }

    private AttemptStep BackOff(Instant now)
    {
        TimeSpan wait = (_backoff / 2) + _prng.Next(_backoff / 2);
        _backoff = _backoff * 2 < s_longestBackoff ? _backoff * 2 : s_longestBackoff;
        return now + wait >= _deadline
            ? GiveUp("too little time is left to wait for a node")
            : new AttemptStep(AttemptVerdict.RetryAfterBackoff, wait, "no other node is ready");
    }

    private static AttemptStep GiveUp(string reason) => new(AttemptVerdict.GiveUp, default, reason);
}
