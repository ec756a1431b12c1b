using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Noodle.Bench.Cluster;

/// <summary>What <c>cluster</c> measures.</summary>
/// <param name="Nodes">Node processes, 2 to 100.</param>
/// <param name="Runs">Clusters that are started, one after the other, 1 to 100.</param>
/// <param name="FreezeMinutes">Minutes of freezes in the last cluster, 0 to 60.</param>
/// <param name="IdleSeconds">Seconds for which the last cluster rests and its cost is counted, 0 to 600.</param>
/// <param name="Command">The noodle to start; null: the one beside the benchmarks.</param>
/// <param name="Json">One JSON line instead of text.</param>
internal sealed record ClusterOptions(
    int Nodes, int Runs, int FreezeMinutes, int IdleSeconds, string? Command, bool Json)
{
    public const string Usage =
        "usage: Noodle.Bench cluster [--nodes 1..100] [--runs 1..100] [--idle-seconds 0..600] " +
        "[--freeze-minutes 0..60] [--command PATH] [--json]";

    /// <summary>Reads the command line; false with a sentence when it is not understood.</summary>
    public static bool TryRead(
        IReadOnlyList<string> arguments, [NotNullWhen(true)] out ClusterOptions? options, out string fault)
    {
        options = null;
        fault = "";
        var read = new ClusterOptions(
            Nodes: 10, Runs: 5, FreezeMinutes: 0, IdleSeconds: 0, Command: null, Json: false);
        for (int i = 0; i < arguments.Count; i++)
        {
            string name = arguments[i];
            if (name == "--json")
            {
                read = read with { Json = true };
                continue;
            }

            if (name == "--command" && i + 1 < arguments.Count)
            {
                read = read with { Command = arguments[++i] };
                continue;
            }

            (int Least, int Most)? range = name switch
            {
                "--nodes" => (1, 100),
                "--runs" => (1, 100),
                "--freeze-minutes" => (0, 60),
                "--idle-seconds" => (0, 600),
                _ => null,
            };
            if (range is not { } bounds)
            {
                fault = $"'{name}' is not understood.\n{Usage}";
                return false;
            }

            if (++i == arguments.Count
                || !int.TryParse(arguments[i], NumberStyles.None, CultureInfo.InvariantCulture, out int value)
                || value < bounds.Least || value > bounds.Most)
            {
                fault = $"{name} takes a number from {bounds.Least} to {bounds.Most}.";
                return false;
            }

            read = name switch
            {
                "--nodes" => read with { Nodes = value },
                "--runs" => read with { Runs = value },
                "--idle-seconds" => read with { IdleSeconds = value },
                _ => read with { FreezeMinutes = value },
            };
        }

        options = read;
        return true;
    }
}
