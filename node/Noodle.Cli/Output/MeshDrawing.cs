using Noodle.Client.Control;

namespace Noodle.Cli.Output;

/// <summary>Draws the mesh as a tree of its fastest links, the answering node at the root.</summary>
/// <remarks>
/// Meaning: of all links that connect the nodes the tree has those that together are fastest (Prim's algorithm), so
/// that what hangs behind a slow line or a relay is seen as a branch. Pairs that only a relay connects, and those that
/// do not reach each other at all, stand below the tree.
/// </remarks>
internal static class MeshDrawing
{
    public static IEnumerable<string> Draw(MeshInfo mesh)
    {
        if (mesh.Nodes.Count == 0)
        {
            yield break;
        }

        string root = mesh.Nodes[0].Id;
        Dictionary<string, List<Branch>> tree = Grow(mesh, root);
        yield return MeshPrint.Short(root) + " *";
        foreach (string line in Draw(tree, root, ""))
        {
            yield return line;
        }

        foreach (MeshNodeInfo node in mesh.Nodes.Where(node => node.Id != root && !IsIn(tree, node.Id)))
        {
            yield return $"{MeshPrint.Short(node.Id)} (no link told of)";
        }

        foreach (MeshLinkInfo link in Pairs(mesh).Where(link => link.Kind is "relay" or "unreachable"))
        {
            yield return link.Via is { } via
                ? $"{MeshPrint.Short(link.From)} reaches {MeshPrint.Short(link.To)} through {MeshPrint.Short(via)}"
                : $"{MeshPrint.Short(link.From)} does not reach {MeshPrint.Short(link.To)} directly";
        }
    }

    private static IEnumerable<string> Draw(Dictionary<string, List<Branch>> tree, string node, string indent)
    {
        List<Branch> branches = tree.GetValueOrDefault(node) ?? [];
        for (int i = 0; i < branches.Count; i++)
        {
            bool isLast = i == branches.Count - 1;
            MeshLinkInfo link = branches[i].Link;
            string rtt = link.RttMs is null ? "?" : MeshPrint.Milliseconds(link.RttMs);
            string line = link.Kind == "relay" ? $".. {rtt} .." : $"-- {rtt} --";
            yield return $"{indent}{(isLast ? "`" : "|")}{line} {MeshPrint.Short(branches[i].To)} ({link.Kind})";
            foreach (string below in Draw(tree, branches[i].To, indent + (isLast ? "    " : "|   ")))
            {
                yield return below;
            }
        }
    }

    private static bool IsIn(Dictionary<string, List<Branch>> tree, string node) =>
        tree.Values.Any(branches => branches.Any(branch => branch.To == node));

    private static Dictionary<string, List<Branch>> Grow(MeshInfo mesh, string root)
    {
        var tree = new Dictionary<string, List<Branch>>(StringComparer.Ordinal);
        var reached = new HashSet<string>(StringComparer.Ordinal) { root };
        var known = mesh.Nodes.Select(node => node.Id).ToHashSet(StringComparer.Ordinal);
        List<MeshLinkInfo> links = [.. mesh.Links.Where(link =>
            link.Kind != "unreachable" && known.Contains(link.From) && known.Contains(link.To))
            .OrderBy(link => link.Kind == "relay").ThenBy(link => link.RttMs ?? double.MaxValue)];
        while (links.FirstOrDefault(link => reached.Contains(link.From) != reached.Contains(link.To)) is { } next)
        {
            (string from, string to) = reached.Contains(next.From) ? (next.From, next.To) : (next.To, next.From);
            reached.Add(to);
            if (!tree.TryGetValue(from, out List<Branch>? branches))
            {
                tree[from] = branches = [];
            }

            branches.Add(new Branch(to, next));
        }

        return tree;
    }

    // Both ends tell of one pair; the first of them is enough.
    private static IEnumerable<MeshLinkInfo> Pairs(MeshInfo mesh)
    {
        var seen = new HashSet<(string, string)>();
        foreach (MeshLinkInfo link in mesh.Links)
        {
            bool isInOrder = string.CompareOrdinal(link.From, link.To) < 0;
            if (seen.Add(isInOrder ? (link.From, link.To) : (link.To, link.From)))
            {
                yield return link;
            }
        }
    }

    private readonly record struct Branch(string To, MeshLinkInfo Link);
}
