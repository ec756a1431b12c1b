using Noodle.Primitives;

namespace NoodleNet.Link.Calls;

/// <summary>How one attempt went, as far as the next step depends on it.</summary>
public enum AttemptOutcome
{
    /// <summary>It was answered, with success or with a refusal that every node would give.</summary>
    Answered,

    /// <summary>It certainly did not run: another attempt is safe whatever the call does.</summary>
    NotRun,

    /// <summary>It may have run: another attempt is safe only if the call is idempotent.</summary>
    Unknown,

    /// <summary>The peer says that the deadline has passed; it may have run or not.</summary>
    Expired,
}

/// <summary>What a <see cref="CallMachine"/> is told.</summary>
public abstract record CallInput
{
    private CallInput()
    {
    }

    /// <summary>A call begins.</summary>
    /// <param name="Call">A number that no other call under way has.</param>
    /// <param name="Peers">Who may answer it, best first; 1 to 64, more are not looked at.</param>
    /// <param name="Timeout">Time for the whole call.</param>
    /// <param name="IsIdempotent">True when doing it twice is as good as once.</param>
    /// <param name="Kind">Calls of one kind take alike: what is slow is judged by those of the same kind.</param>
    public sealed record Start(
        long Call, IReadOnlyList<NodeId> Peers, TimeSpan Timeout, bool IsIdempotent, string Kind = "") : CallInput;

    /// <summary>An attempt ended by itself.</summary>
    public sealed record Ended(long Call, int Attempt, AttemptOutcome Outcome) : CallInput;

    /// <summary>The caller gave the call up.</summary>
    public sealed record Cancel(long Call) : CallInput;

    /// <summary>A new connection to the peer stands: what failed on the one before says nothing of it.</summary>
    public sealed record Connected(NodeId Peer) : CallInput;
}

/// <summary>How a call ended.</summary>
public enum CallVerdict
{
    /// <summary>An attempt was answered.</summary>
    Answered,

    /// <summary>Its time passed.</summary>
    DeadlineExceeded,

    /// <summary>The last attempt failed and there may be no other: attempts, budget or peers are used up.</summary>
    Failed,

    /// <summary>No peer may be asked within the time: there is none, or all breakers are open.</summary>
    NoPeer,

    /// <summary>As many calls are under way as may be.</summary>
    TooManyCalls,

    /// <summary>The caller gave it up.</summary>
    Cancelled,
}

/// <summary>What a <see cref="CallMachine"/> wants done.</summary>
public abstract record CallEffect
{
    private CallEffect()
    {
    }

    /// <summary>Ask the peer; tell how it ended, unless it is abandoned first.</summary>
    /// <param name="Attempt">1 for the first attempt of a call, then 2 and so on.</param>
    public sealed record StartAttempt(long Call, int Attempt, NodeId Peer, TimeSpan Timeout) : CallEffect;

    /// <summary>Stop the attempt; how it ends is not to be told.</summary>
    public sealed record AbandonAttempt(long Call, int Attempt) : CallEffect;

    /// <summary>The call is over; nothing follows about it.</summary>
    /// <param name="Attempt">The attempt that was answered, or the last one that failed; 0 when there was none.</param>
    public sealed record Finish(long Call, CallVerdict Verdict, int Attempt) : CallEffect;
}
