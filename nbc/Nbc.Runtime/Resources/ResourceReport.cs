using System.Globalization;
using System.Text;
using Noodle.Primitives;

namespace Nbc.Runtime.Resources;

/// <summary>What a closed account had not given back.</summary>
public readonly record struct ResourceLeak(string Owner, ResourceKind Kind, long Amount);

/// <summary>What an account and those below it held at one moment.</summary>
/// <param name="Owner">The account's path.</param>
/// <param name="Uses">One for each <see cref="ResourceKind"/>, in the order of the enum.</param>
/// <param name="Children">In the order in which they were opened.</param>
public sealed record ResourceReport(
    string Owner, IReadOnlyList<ResourceUse> Uses, IReadOnlyList<ResourceReport> Children)
{
    /// <summary>A line for each account, indented, with the kinds that it uses or used:
    /// <c>node/link  memory 4096 of 65536 (peak 8192), sockets 2 (peak 3)</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        Append(text, 0);
        return text.ToString();
    }

    private void Append(StringBuilder text, int depth)
    {
        text.Append(' ', depth * 2).Append(Owner).Append(' ');
        string separator = " ";
        for (int kind = 0; kind < Uses.Count; kind++)
        {
            ResourceUse use = Uses[kind];
            if (use.Peak > 0)
            {
                string name = ((ResourceKind)kind).ToString().ToLowerInvariant();
                string limit = use.Limit == long.MaxValue ? "" : $" of {use.Limit}";
                text.Append(CultureInfo.InvariantCulture, $"{separator}{name} {use.InUse}{limit} (peak {use.Peak})");
                separator = ", ";
            }
        }

        text.Append(separator == " " ? " nothing\n" : "\n");
        foreach (ResourceReport child in Children)
        {
            child.Append(text, depth + 1);
        }
    }
}
