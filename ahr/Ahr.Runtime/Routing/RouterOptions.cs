using System.ComponentModel.DataAnnotations;

namespace Ahr.Runtime;

/// <summary>Settings of an <see cref="InferenceRouter"/>.</summary>
public sealed class RouterOptions
{
    /// <summary>Longest time a call may be given, 1 s to 1 day; a longer wish is cut to it.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan LongestTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>While a model is being loaded, how often a waiting call looks again though nothing was signalled,
    /// 10 ms to 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:10")]
    public TimeSpan ReadinessPeriod { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Seed of the choices among near-equals and of backoffs; the node draws one at its start.</summary>
    public ulong Seed { get; init; } = 1;
}
