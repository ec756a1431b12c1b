namespace NoodleNet.Link.Calls;

/// <summary>How calls of one kind are tried.</summary>
public sealed record CallPolicy
{
    /// <summary>Attempts of one call, hedges included, 1 to 16.</summary>
    public int MaxAttempts { get; init; } = 4;

    /// <summary>True: a call whose attempt failed is tried again. False leaves that to the caller; a hedge may still
    /// start, and a call still waits while all breakers are open.</summary>
    public bool Retries { get; init; } = true;

    /// <summary>Longest time for one attempt, 1 ms to 1 day, and never more than the call has left.</summary>
    public TimeSpan AttemptLimit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Shortest pause before a retry, 1 ms to 1 min.</summary>
    /// <remarks>Each pause is drawn from BackoffBase to three times the one before, at most BackoffMost.</remarks>
    public TimeSpan BackoffBase { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Longest pause before a retry, BackoffBase to 10 min.</summary>
    public TimeSpan BackoffMost { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Retries and hedges for each hundred calls, 0 to 100.</summary>
    public int RetryPercent { get; init; } = 20;

    /// <summary>Retries and hedges that are free after a quiet time, 0 to 10,000.</summary>
    public int RetryReserve { get; init; } = 10;

    /// <summary>True: a second attempt starts beside a slow first one, of calls that are idempotent.</summary>
    public bool Hedges { get; init; } = true;

    /// <summary>Soonest start of a hedge, 1 ms to 1 min; the time that 95 of 100 calls need if that is more.</summary>
    public TimeSpan HedgeSoonest { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Calls under way at once, 1 to 65,536.</summary>
    public int MaxCalls { get; init; } = 4096;

    /// <summary>Peers whose health is remembered, 1 to 65,536; the one not used for longest is forgotten.</summary>
    public int MaxPeers { get; init; } = 4096;

    /// <summary>When a peer is left alone.</summary>
    public BreakerPolicy Breaker { get; init; } = new();

    /// <summary>Every setting out of its range, as sentences.</summary>
    public IReadOnlyList<string> FindFaults()
    {
        var faults = new List<string>();
        Check(MaxAttempts is >= 1 and <= 16, $"MaxAttempts is {MaxAttempts}; it may be 1 to 16.");
        CheckTime(nameof(AttemptLimit), AttemptLimit, TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1));
        CheckTime(nameof(BackoffBase), BackoffBase, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1));
        CheckTime(nameof(BackoffMost), BackoffMost, BackoffBase, TimeSpan.FromMinutes(10));
        Check(RetryPercent is >= 0 and <= 100, $"RetryPercent is {RetryPercent}; it may be 0 to 100.");
        Check(RetryReserve is >= 0 and <= 10_000, $"RetryReserve is {RetryReserve}; it may be 0 to 10,000.");
        CheckTime(nameof(HedgeSoonest), HedgeSoonest, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1));
        Check(MaxCalls is >= 1 and <= 65_536, $"MaxCalls is {MaxCalls}; it may be 1 to 65,536.");
        Check(MaxPeers is >= 1 and <= 65_536, $"MaxPeers is {MaxPeers}; it may be 1 to 65,536.");
        faults.AddRange(Breaker.FindFaults());
        return faults;

        void CheckTime(string name, TimeSpan value, TimeSpan least, TimeSpan most) =>
            Check(value >= least && value <= most, $"{name} is {value}; it may be {least} to {most}.");

        void Check(bool holds, string fault)
        {
            if (!holds)
            {
                faults.Add(fault);
            }
        }
    }
}
