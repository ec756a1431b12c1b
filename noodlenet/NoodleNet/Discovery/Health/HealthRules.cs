using System.Globalization;

namespace NoodleNet.Discovery.Health;

/// <summary>From which measurement on a node is not well; a share is of 100.</summary>
/// <param name="DiskWarnPercent">Less free than this warns, 0 to 100.</param>
/// <param name="DiskFailPercent">Less free than this fails.</param>
/// <param name="MemoryWarnPercent">Less free than this warns.</param>
/// <param name="MemoryFailPercent">Less free than this fails.</param>
/// <param name="ClockWarn">A clock further off warns.</param>
/// <param name="ClockFail">A clock further off fails: what a node a minute ahead writes is refused by others.</param>
public sealed record HealthThresholds(
    int DiskWarnPercent, int DiskFailPercent, int MemoryWarnPercent, int MemoryFailPercent, TimeSpan ClockWarn,
    TimeSpan ClockFail)
{
    /// <summary>Disk 10 and 3 %, memory 10 and 3 %, clock 1 s and 1 min.</summary>
    public static HealthThresholds Default { get; } =
        new(10, 3, 10, 3, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
}

/// <summary>Turns measurements into findings.</summary>
public static class HealthRules
{
    /// <summary>Which of the nodes that gossip says are alive can be called.</summary>
    /// <param name="reachable">Those with a connection.</param>
    /// <param name="expected">Those alive for so long that there should be one.</param>
    /// <param name="missing">The name of one that is missing; empty when none is.</param>
    public static HealthCheck Mesh(int reachable, int expected, string missing) => new(
        HealthNames.Mesh,
        reachable >= expected ? HealthLevel.Ok : reachable > 0 ? HealthLevel.Warn : HealthLevel.Fail,
        expected == 0 ? "No other node is in the mesh."
            : reachable >= expected ? $"All {expected} other nodes are connected."
            : $"{reachable} of {expected} other nodes are connected, {missing} is not; "
                + "see that its mesh port is open to TCP.");

    /// <summary>Room on the disk of the data folder.</summary>
    public static HealthCheck Disk(long freeBytes, long totalBytes, HealthThresholds limits) => OfShare(
        HealthNames.Disk, "the data folder's disk", "models cannot be stored without room; free some",
        freeBytes, totalBytes, limits.DiskWarnPercent, limits.DiskFailPercent);

    /// <summary>Room in memory: the machine's, or this container's where that is less.</summary>
    public static HealthCheck Memory(long freeBytes, long totalBytes, HealthThresholds limits) => OfShare(
        HealthNames.Memory, "memory", "models and calls will be refused; stop something or remove a model",
        freeBytes, totalBytes, limits.MemoryWarnPercent, limits.MemoryFailPercent);

    /// <summary>Whether the engines load, and the models on them.</summary>
    /// <param name="engineFaults">Engine and reason for each that does not load.</param>
    /// <param name="failedModels">Models wanted here that could not be loaded.</param>
    /// <param name="firstReason">Why, for the first of them.</param>
    public static HealthCheck Backends(
        IReadOnlyList<string> engines, IReadOnlyList<string> engineFaults, int failedModels, string firstReason)
    {
        if (engineFaults.Count > 0)
        {
            bool all = engineFaults.Count >= engines.Count;
            return new HealthCheck(HealthNames.Backends, all ? HealthLevel.Fail : HealthLevel.Warn,
                $"{string.Join("; ", engineFaults).TrimEnd('.')}.");
        }

        return failedModels == 0
            ? new HealthCheck(HealthNames.Backends, HealthLevel.Ok, $"{string.Join(", ", engines)} loaded.")
            : new HealthCheck(HealthNames.Backends, HealthLevel.Warn,
                $"{failedModels} of the models wanted here did not load: {firstReason.TrimEnd('.')}.");
    }

    /// <summary>This clock against the others'.</summary>
    /// <param name="skew">Null: nobody has told the time yet.</param>
    public static HealthCheck Clock(ClockSkew? skew, HealthThresholds limits)
    {
        if (skew is not { } measured)
        {
            return new HealthCheck(HealthNames.Clock, HealthLevel.Ok, "No other node has told its time yet.");
        }

        // What the way of the answer can explain is no skew.
        TimeSpan off = measured.Offset.Duration() - measured.Uncertainty;
        HealthLevel level = off > limits.ClockFail ? HealthLevel.Fail
            : off > limits.ClockWarn ? HealthLevel.Warn : HealthLevel.Ok;
        string way = measured.Offset > TimeSpan.Zero ? "behind" : "ahead of";
        string how = $"{Length(measured.Offset.Duration())} {way}";
        string others = measured.Peers == 1 ? "the other node's" : $"those of {measured.Peers} nodes";
        return new HealthCheck(HealthNames.Clock, level, level == HealthLevel.Ok
            ? $"The clock agrees with {others} within {Length(limits.ClockWarn)}."
            : measured.Peers == 1
                ? $"The clock is {how} {others}: set whichever of the two is wrong, best by NTP."
                : $"The clock is {how} {others}: set it, best by NTP.");
    }

    /// <summary>The worst of several, <see cref="HealthLevel.Ok"/> for none.</summary>
    public static HealthLevel Worst(IEnumerable<HealthCheck> checks) =>
        checks.Select(check => check.Level).DefaultIfEmpty(HealthLevel.Ok).Max();

    /// <summary>A length of time for people: <c>1 d 2 h</c>, <c>3 min</c>, <c>1.5 s</c>, <c>20 ms</c>.</summary>
    public static string Length(TimeSpan length)
    {
        // A day less a millisecond is a day to people.
        TimeSpan whole = TimeSpan.FromSeconds(Math.Round(length.TotalSeconds));
        return length.TotalSeconds < 1
            ? string.Create(CultureInfo.InvariantCulture, $"{length.TotalMilliseconds:0} ms")
            : whole switch
            {
                { TotalDays: >= 1 } => whole.Hours == 0 ? $"{whole.Days} d" : $"{whole.Days} d {whole.Hours} h",
                { TotalHours: >= 1 } => whole.Minutes == 0 ? $"{whole.Hours} h"
                    : $"{whole.Hours} h {whole.Minutes} min",
                { TotalMinutes: >= 1 } => whole.Seconds == 0 ? $"{whole.Minutes} min"
                    : $"{whole.Minutes} min {whole.Seconds} s",
                _ => string.Create(CultureInfo.InvariantCulture, $"{length.TotalSeconds:0.#} s"),
            };
    }

    private static HealthCheck OfShare(
        string name, string what, string wayOut, long free, long total, int warnPercent, int failPercent)
    {
        if (total <= 0)
        {
            return new HealthCheck(name, HealthLevel.Ok, $"How much of {what} is free is not known here.");
        }

        // Rounded down: 9.99 % is not 10.
        long percent = (long)((Int128)Math.Clamp(free, 0, total) * 100 / total);
        HealthLevel level = percent < failPercent ? HealthLevel.Fail
            : percent < warnPercent ? HealthLevel.Warn : HealthLevel.Ok;
        string found = $"{percent} % of {what} is free ({Size(free)} of {Size(total)})";
        return new HealthCheck(name, level, level == HealthLevel.Ok ? $"{found}." : $"{found}: {wayOut}.");
    }

    private static string Size(long bytes) => bytes >= 1L << 30
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.#} GiB")
        : $"{Math.Max(bytes, 0) >> 20} MiB";
}
