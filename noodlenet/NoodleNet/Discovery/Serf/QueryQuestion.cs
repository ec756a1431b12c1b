namespace NoodleNet.Discovery.Serf;

/// <summary>A question to everybody, or to those that the filters name.</summary>
public sealed record QueryQuestion(string Name, ReadOnlyMemory<byte> Payload)
{
    /// <summary>Most bytes of a question on the wire, filters included.</summary>
    public const int MaxBytes = 1024;

    /// <summary>Most bytes of one answer on the wire.</summary>
    public const int MaxAnswerBytes = 1024;

    /// <summary>Longest that a question may stay open.</summary>
    public static readonly TimeSpan LongestTimeout = TimeSpan.FromMinutes(5);

    /// <summary>Only these nodes answer; empty: all.</summary>
    public IReadOnlyList<string> Nodes { get; init; } = [];

    /// <summary>Only nodes whose tag matches the regular expression answer; 0 to 4 of them.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new SortedDictionary<string, string>();

    /// <summary>True to hear who received the question, whether they answer or not.</summary>
    public bool WantsAcks { get; init; }

    /// <summary>Others through whom each answer comes as well, 0 to 5: for lossy networks.</summary>
    public byte RelayFactor { get; init; }

    /// <summary>How long answers are taken, at most <see cref="LongestTimeout"/>; null:
    /// GossipInterval * 16 * ceil(log10(n + 1)).</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Ends as soon as so many answered; null: at the timeout.</summary>
    public int? Enough { get; init; }
}

/// <summary>One node's answer.</summary>
public sealed record QueryAnswer(string From, ReadOnlyMemory<byte> Payload);

/// <summary>Somebody's question, as the application sees it.</summary>
/// <param name="From">Who asks; may be empty.</param>
/// <param name="Left">How long the asker listens.</param>
public sealed record IncomingQuery(string Name, ReadOnlyMemory<byte> Payload, string From, TimeSpan Left);

/// <summary>How a question of ours ended.</summary>
public enum QueryFault
{
    /// <summary>It was asked; the time is over, or enough have answered.</summary>
    None,

    /// <summary>It takes more than <see cref="QueryQuestion.MaxBytes"/>, or more than a datagram holds.</summary>
    TooLarge,

    /// <summary>Too many questions of ours are open.</summary>
    TooMany,
}
