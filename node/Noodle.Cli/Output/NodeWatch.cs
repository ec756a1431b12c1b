using Noodle.Client.Control;

namespace Noodle.Cli.Output;

/// <summary>What changed from one list of nodes to the next.</summary>
internal sealed class NodeWatch
{
    private readonly SortedDictionary<string, string> _lines = new(StringComparer.Ordinal);

    /// <summary>One line for each node that is new, is no longer listed, or changed its state or health.</summary>
    public IReadOnlyList<string> Changes(IReadOnlyList<NodeInfo> nodes)
    {
        var changes = new List<string>();
        foreach (NodeInfo node in nodes)
        {
            string line = NodeLines.State(node);
            if (!_lines.TryGetValue(node.Id, out string? before) || before != line)
            {
                changes.Add(line);
                _lines[node.Id] = line;
            }
        }

        HashSet<string> listed = [.. nodes.Select(node => node.Id)];
        foreach (string gone in _lines.Keys.Where(id => !listed.Contains(id)).ToArray())
        {
            _lines.Remove(gone);
            changes.Add($"{SafeText.Clean(gone)} no longer listed");
        }

        return changes;
    }
}
