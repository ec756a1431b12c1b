using System.Globalization;
using Noodle.Client.Control;

namespace Noodle.Cli.Output;

/// <summary>What is said of nodes and events in one line each.</summary>
internal static class NodeLines
{
    private const string TimeForm = "HH:mm:ss.fff";

    /// <summary>The worst of a node's checks and which they are: <c>ok</c>, <c>warn: disk</c>.</summary>
    public static string Health(NodeInfo node)
    {
        if (node.Health is not { Count: > 0 } checks)
        {
            return "";
        }

        string worst = checks.Any(check => check.Level == HealthLevels.Fail) ? HealthLevels.Fail
            : checks.All(check => check.Level == HealthLevels.Ok) ? HealthLevels.Ok : HealthLevels.Warn;
        string[] names = [.. checks.Where(check => check.Level != HealthLevels.Ok).Select(check => check.Name)];
        return names.Length == 0 ? worst : $"{worst}: {string.Join(' ', names)}";
    }

    /// <summary>How a node that asks to be let in is let in; null for any other.</summary>
    public static string? Hint(NodeInfo node) => node.State != NodeStates.NotAdmitted ? null
        : $"{node.Id} is not admitted: noodle admit {node.Id}" +
            (node.Fingerprint is null ? "" : $" (its fingerprint: {node.Fingerprint})");

    /// <summary>What <c>--watch</c> prints of a node without a terminal, without the time.</summary>
    public static string State(NodeInfo node) => SafeText.Clean(
        $"{node.Id} {node.State}{(Health(node) is { Length: > 0 } health ? " " + health : "")}");

    public static string Line(EventInfo each) => SafeText.Clean(
        $"{Time(each.At)} {each.Kind} {each.Node} {each.Detail}".TrimEnd());

    public static string Time(DateTimeOffset at) => at.ToLocalTime().ToString(TimeForm, CultureInfo.InvariantCulture);
}
