namespace NoodleNet.Link.Calls;

/// <summary>When a peer is left alone, and for how long.</summary>
public sealed record BreakerPolicy
{
    /// <summary>Failures in a row that open the breaker, 1 to 1000.</summary>
    public int FailuresInARow { get; init; } = 5;

    /// <summary>Failures among the last <see cref="Window"/> that open it, in percent, 1 to 100.</summary>
    public int FailurePercent { get; init; } = 50;

    /// <summary>Outcomes that the percentage looks at, and needs, 2 to 64.</summary>
    public int Window { get; init; } = 20;

    /// <summary>How long it stays open the first time, 1 ms to 10 min; twice as long each time in a row.</summary>
    public TimeSpan OpenFirst { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long it stays open at most, OpenFirst to 1 h.</summary>
    public TimeSpan OpenMost { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Successes of single trials that close it again, 1 to 100.</summary>
    public int TrialsToClose { get; init; } = 2;

    /// <summary>Every setting out of its range, as sentences.</summary>
    public IReadOnlyList<string> FindFaults()
    {
        var faults = new List<string>();
        Check(FailuresInARow is >= 1 and <= 1000, $"FailuresInARow is {FailuresInARow}; it may be 1 to 1000.");
        Check(FailurePercent is >= 1 and <= 100, $"FailurePercent is {FailurePercent}; it may be 1 to 100.");
        Check(Window is >= 2 and <= 64, $"Window is {Window}; it may be 2 to 64.");
        Check(
            OpenFirst >= TimeSpan.FromMilliseconds(1) && OpenFirst <= TimeSpan.FromMinutes(10),
            $"OpenFirst is {OpenFirst}; it may be 1 ms to 10 min.");
        Check(
            OpenMost >= OpenFirst && OpenMost <= TimeSpan.FromHours(1),
            $"OpenMost is {OpenMost}; it may be OpenFirst to 1 h.");
        Check(TrialsToClose is >= 1 and <= 100, $"TrialsToClose is {TrialsToClose}; it may be 1 to 100.");
        return faults;

        void Check(bool holds, string fault)
        {
            if (!holds)
            {
                faults.Add(fault);
            }
        }
    }
}
