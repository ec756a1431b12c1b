namespace NoodleNet.Link.Datagrams;

/// <summary>How datagrams to one peer are sent.</summary>
public sealed record DatagramOptions
{
    /// <summary>Datagrams a second to one peer, answers and repetitions included, 1 to 1,000,000.</summary>
    public int RatePerSecond { get; init; } = 2000;

    /// <summary>Datagrams that may go out at once after a pause, 1 to 65,536.</summary>
    public int Burst { get; init; } = 256;

    /// <summary>At-least-once messages to one peer that wait for their answer, 1 to 512.</summary>
    public int MaxUnanswered { get; init; } = 64;

    /// <summary>How often an at-least-once message is sent before it counts as lost, 1 to 16.</summary>
    public int MaxTries { get; init; } = 6;

    /// <summary>Age at which a key is replaced, 1 s to 1 day.</summary>
    public TimeSpan KeyLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Datagrams after which a key is replaced, 16 to 2^31; it is used up at 2^32.</summary>
    public long KeyUses { get; init; } = 1L << 30;

    /// <summary>Every setting out of its range, as sentences.</summary>
    public IReadOnlyList<string> FindFaults()
    {
        var faults = new List<string>();
        Check(RatePerSecond is >= 1 and <= 1_000_000, $"RatePerSecond is {RatePerSecond}; it may be 1 to 1,000,000.");
        Check(Burst is >= 1 and <= 65_536, $"Burst is {Burst}; it may be 1 to 65,536.");
        Check(MaxUnanswered is >= 1 and <= 512, $"MaxUnanswered is {MaxUnanswered}; it may be 1 to 512.");
        Check(MaxTries is >= 1 and <= 16, $"MaxTries is {MaxTries}; it may be 1 to 16.");
        Check(
            KeyLifetime >= TimeSpan.FromSeconds(1) && KeyLifetime <= TimeSpan.FromDays(1),
            $"KeyLifetime is {KeyLifetime}; it may be 1 s to 1 day.");
        Check(KeyUses is >= 16 and <= 1L << 31, $"KeyUses is {KeyUses}; it may be 16 to 2^31.");
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
