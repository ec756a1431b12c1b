using System.Globalization;

namespace Noodle.Client;

/// <summary>How a <see cref="NoodleClient"/> waits, retries and bounds what it takes.</summary>
public sealed record NoodleClientOptions
{
    /// <summary>Time for one call with all its attempts, 1 ms to 1 day.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time to upload a model and have it taken, 1 ms to 1 day.</summary>
    public TimeSpan DeployTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Time to connect to one node, 1 ms to 1 min. Not used with a handler of the caller's.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Time for one attempt after which the next node is tried, 1 ms to 1 day; null leaves it all of the call's time.
    /// Set it well above the slowest run of a model: it tells a frozen node from a slow one by nothing but time.
    /// </summary>
    public TimeSpan? AttemptTimeout { get; init; }

    /// <summary>Attempts at one call, the first one counted, 1 to 16.</summary>
    public int MaxAttempts { get; init; } = 4;

    /// <summary>The wait before retry n is random between 0 and this times 2^(n-1); 0 to 10 s.</summary>
    public TimeSpan BackoffBase { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>No wait before a retry is longer; 0 to 1 min.</summary>
    public TimeSpan BackoffLimit { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A node that could not be reached or broke off is asked last for so long, 0 to 1 h.</summary>
    public TimeSpan AvoidFor { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Largest answer taken, in bytes, 1 to 2147483591.</summary>
    public long MaxAnswerBytes { get; init; } = 1L << 30;

    /// <summary>Gathers every fault.</summary>
    internal void ThrowIfInvalid()
    {
        List<string> faults = [];
        TimeSpan day = TimeSpan.FromDays(1), millisecond = TimeSpan.FromMilliseconds(1);
        Check(nameof(Timeout), Timeout, millisecond, day);
        Check(nameof(DeployTimeout), DeployTimeout, millisecond, day);
        Check(nameof(ConnectTimeout), ConnectTimeout, millisecond, TimeSpan.FromMinutes(1));
        Check(nameof(AttemptTimeout), AttemptTimeout ?? day, millisecond, day);
        Check(nameof(MaxAttempts), MaxAttempts, 1, 16);
        Check(nameof(BackoffBase), BackoffBase, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Check(nameof(BackoffLimit), BackoffLimit, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        Check(nameof(AvoidFor), AvoidFor, TimeSpan.Zero, TimeSpan.FromHours(1));
        Check(nameof(MaxAnswerBytes), MaxAnswerBytes, 1, Array.MaxLength);
        if (faults.Count > 0)
        {
            throw new ArgumentException(string.Join(" ", faults));
        }

        void Check<T>(string name, T value, T least, T most)
            where T : IComparable<T>
        {
            if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
            {
                faults.Add(string.Create(
                    CultureInfo.InvariantCulture, $"{name} is {value}; give a value from {least} to {most}."));
            }
        }
    }
}
