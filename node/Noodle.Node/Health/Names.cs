using Noodle.Client.Control;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Health;

namespace Noodle.Node.Health;

/// <summary>The words of the control API for what the node knows by enum.</summary>
internal static class Names
{
    public static string Of(HealthLevel level) => level switch
    {
        HealthLevel.Ok => HealthLevels.Ok,
        HealthLevel.Fail => HealthLevels.Fail,
        _ => HealthLevels.Warn,
    };

    public static string Of(MeshEventKind kind) => kind switch
    {
        MeshEventKind.Joined => EventKinds.Joined,
        MeshEventKind.Updated => EventKinds.Updated,
        MeshEventKind.Suspected => EventKinds.Suspected,
        MeshEventKind.Recovered => EventKinds.Recovered,
        MeshEventKind.Failed => EventKinds.Failed,
        MeshEventKind.Left => EventKinds.Left,
        MeshEventKind.Forgotten => EventKinds.Forgotten,
        MeshEventKind.Health => EventKinds.Health,
        MeshEventKind.LinkUp => EventKinds.LinkUp,
        _ => EventKinds.LinkLost,
    };

    /// <summary>Findings as the control API tells them.</summary>
    public static IReadOnlyList<HealthInfo> Of(IEnumerable<HealthCheck> checks) => [.. checks.Select(check =>
        new HealthInfo { Name = check.Name, Level = Of(check.Level), Detail = check.Detail })];
}
