using System.Globalization;
using Noodle.Client.Control;

namespace Noodle.Client;

public sealed partial class NoodleClient
{
    /// <summary>Most events in one answer.</summary>
    public const int MaxEvents = 1024;

    /// <summary>Longest time that a node waits for an event before it answers with none.</summary>
    public static readonly TimeSpan LongestEventWait = TimeSpan.FromSeconds(25);

    /// <summary>What happened in the mesh, as one node saw it. Ask one node alone: each counts its own.</summary>
    /// <param name="after">A page of that node, for what came after it; null for all that it keeps.</param>
    /// <param name="wait">How long to wait when there is nothing new, 0 to <see cref="LongestEventWait"/>.</param>
    /// <exception cref="NoodleException">No node answered.</exception>
    public Task<EventPage> GetEventsAsync(
        EventPage? after = null, TimeSpan wait = default, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(wait, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(wait, LongestEventWait);
        string path = string.Create(CultureInfo.InvariantCulture,
            $"{ControlPaths.Events}?since={after?.Last ?? 0}&life={after?.Life ?? 0}" +
            $"&wait={(long)wait.TotalMilliseconds}");
        return GetAsync(path, ControlJson.Default.EventPage, cancellation);
    }
}
