using System.ComponentModel.DataAnnotations;

namespace Ahr.Runtime;

/// <summary>Bounds of <see cref="DuplicateCalls"/>.</summary>
public sealed class DuplicateCallsOptions
{
    /// <summary>Keys remembered at once, running and answered, 1 to 1,048,576.</summary>
    [Range(1, 1 << 20)]
    public int MaxKeys { get; init; } = 4_096;

    /// <summary>Bytes of results kept for callers that may ask again, 0 to 16 GiB.</summary>
    [Range(0L, 16L << 30)]
    public long MaxKeptBytes { get; init; } = 64L << 20;

    /// <summary>How long a result is kept, 0 to 10 min: longer than a lost connection takes to be made again.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromSeconds(5);
}
