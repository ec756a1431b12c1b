using System.Globalization;
using NoodleNet.Discovery;
using NoodleNet.Simulation.Discovery;

namespace Noodle.Bench.Discovery;

/// <summary>What the command line of <c>discovery</c> says.</summary>
internal sealed record DiscoveryOptions(
    int Nodes, ulong Seed, double Loss, double? StreamLoss, SwimOptions Profile, bool IsJson)
{
    public const string Usage = "usage: Noodle.Bench discovery [--nodes N] [--seed S] [--loss P] [--stream-loss P] " +
        "[--profile lan|wan|local] [--json]";

    /// <summary>Reads the arguments after the verb; the fault is one sentence, empty when there is none.</summary>
    public static DiscoveryOptions Parse(IReadOnlyList<string> arguments, out string fault)
    {
        var options = new DiscoveryOptions(1_000, 1, 0, null, SwimOptions.Lan, false);
        fault = "";
        for (int i = 0; i < arguments.Count && fault.Length == 0; i++)
        {
            if (arguments[i] == "--json")
            {
                options = options with { IsJson = true };
                continue;
            }

            string value = i + 1 < arguments.Count ? arguments[i + 1] : "";
            options = With(options, arguments[i], value, out fault);
            i++;
        }

        return options;
    }

    private static DiscoveryOptions With(DiscoveryOptions options, string name, string value, out string fault)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        fault = "";
        switch (name)
        {
            case "--nodes":
                if (int.TryParse(value, NumberStyles.None, plain, out int nodes)
                    && nodes is >= DiscoveryExperiment.MinNodes and <= DiscoveryExperiment.MaxNodes)
                {
                    return options with { Nodes = nodes };
                }

                fault = "--nodes takes a number from " +
                    $"{DiscoveryExperiment.MinNodes} to {DiscoveryExperiment.MaxNodes}.";
                return options;
            case "--seed":
                if (ulong.TryParse(value, NumberStyles.None, plain, out ulong seed))
                {
                    return options with { Seed = seed };
                }

                fault = $"--seed takes a number from 0 to {ulong.MaxValue}.";
                return options;
            case "--loss" or "--stream-loss":
                if (double.TryParse(value, NumberStyles.AllowDecimalPoint, plain, out double loss)
                    && loss is >= 0 and <= DiscoveryExperiment.MaxLoss)
                {
                    return name == "--loss" ? options with { Loss = loss } : options with { StreamLoss = loss };
                }

                fault = $"{name} takes the share that is lost, from 0 to {DiscoveryExperiment.MaxLoss}, such as 0.2.";
                return options;
            case "--profile" when value is "lan" or "wan" or "local":
                SwimOptions profile = value == "wan" ? SwimOptions.Wan
                    : value == "local" ? SwimOptions.Local : SwimOptions.Lan;
                return options with { Profile = profile };
            case "--profile":
                fault = "--profile takes lan, wan or local.";
                return options;
            default:
                fault = $"'{name}' is not understood.\n{Usage}";
                return options;
        }
    }
}
