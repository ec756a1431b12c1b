namespace NoodleNet.Content;

/// <summary>Limits of one fetch, and what is known of the file before it begins.</summary>
public sealed record FetchOptions
{
    /// <summary>Chunks asked of one holder at once, 1 to 64.</summary>
    public int PerHolder { get; init; } = 2;

    /// <summary>Chunks asked of all holders at once, 1 to 64: they are what a fetch takes of memory.</summary>
    public int InFlight { get; init; } = 8;

    /// <summary>Holders that are kept in mind, 1 to 65,536; one more is passed over.</summary>
    public int MaxHolders { get; init; } = 1024;

    /// <summary>Longest wait for a chunk or a manifest, 10 ms to 10 min; then it is asked of another.</summary>
    /// <remarks>
    /// Meaning: who failed is given twice as long the next time, up to eight times, and one thing at a time: a chunk of
    /// 1 MiB comes through 0.3 Mbit/s.
    /// </remarks>
    public TimeSpan AskLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest search for a first holder before the fetch ends, 10 ms to 1 h.</summary>
    public TimeSpan SeekPatience { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Longest time without a new chunk before the fetch ends, 10 ms to 1 h.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Pause after a holder's first failure; doubles with each, up to <see cref="LongestPause"/>.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest pause of a holder, and the pause of one that does not have the file.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Largest file that is taken.</summary>
    public long MaxSizeBytes { get; init; } = long.MaxValue;

    /// <summary>Digest of the manifest, when the deployment names it: no other is taken. Null: any holder's.</summary>
    public string? ManifestDigest { get; init; }

    /// <summary>Size of the file, when the deployment names it.</summary>
    public long? SizeBytes { get; init; }
}
