using NoodleNet.Talk;

namespace NoodleNet.Discovery.Health;

/// <summary>Findings as they travel in <see cref="NodeStatus"/>.</summary>
/// <remarks>Bound: <see cref="MaxChecks"/> findings; names of <see cref="MaxNameLength"/> and details of
/// <see cref="MaxDetailLength"/> characters, the rest is cut.</remarks>
public static class HealthMessages
{
    public const int MaxChecks = 16;
    public const int MaxNameLength = 32;
    public const int MaxDetailLength = 256;

    public static IEnumerable<HealthReport> Write(IEnumerable<HealthCheck> checks) =>
        checks.Take(MaxChecks).Select(check => new HealthReport
        {
            Name = Cut(check.Name, MaxNameLength),
            State = (HealthState)check.Level,
            Detail = Cut(check.Detail, MaxDetailLength),
        });

    /// <summary>What a peer tells; a level that this version does not know is a warning.</summary>
    public static IReadOnlyList<HealthCheck> Read(NodeStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
        return
        [
            .. status.Health.Take(MaxChecks).Select(report => new HealthCheck(
                Cut(report.Name, MaxNameLength),
                report.State is HealthState.Ok or HealthState.Fail ? (HealthLevel)report.State : HealthLevel.Warn,
                Cut(report.Detail, MaxDetailLength))),
        ];
    }

    // Not in the middle of a character that takes two.
    private static string Cut(string text, int length) => text.Length <= length ? text
        : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
}
