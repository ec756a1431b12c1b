using Ahr.Importers.Onnx.Graphs;
using Ahr.Importers.Onnx.Ops;
using Ahr.Importers.Onnx.Proto;
using Ahr.Ntir;

namespace Ahr.Importers.Onnx.Fallback;

/// <summary>Nodes that are imported together: one that becomes NTIR, or a part for another engine.</summary>
/// <param name="Reasons">Empty for a node that becomes NTIR.</param>
internal sealed record ImportUnit(IReadOnlyList<NodeProto> Nodes, IReadOnlyList<FallbackReason> Reasons);

/// <summary>Divides the nodes of a graph into those that become NTIR and parts for another engine.</summary>
/// <remarks>
/// Meaning: a part holds operators that this program does not run, and every node that lies on a way from one of them
/// to another, so that values cross between the engines as seldom as can be. Between two parts there is no way at all:
/// whatever lay on it would belong to both.
/// Cost: O(n log n).
/// </remarks>
internal sealed class FallbackPlan
{
    private readonly IReadOnlyList<NodeProto> _nodes;
    private readonly int[][] _needs;
    private readonly FallbackReason?[] _reasons;

    private FallbackPlan(GraphImport graph, IReadOnlyList<NodeProto> nodes)
    {
        _nodes = nodes;
        _needs = NodeOrder.Needs(nodes);
        _reasons = [.. nodes.Select(node => ReasonOf(graph, node))];
    }

    /// <param name="nodes">Each behind those that it reads from.</param>
    public static IEnumerable<ImportUnit> Of(GraphImport graph, IReadOnlyList<NodeProto> nodes)
    {
        FallbackPlan plan = new(graph, nodes);
        return Array.TrueForAll(plan._reasons, reason => reason is null)
            ? nodes.Select(node => new ImportUnit([node], []))
            : plan.Divide();
    }

    private static FallbackReason? ReasonOf(GraphImport graph, NodeProto node)
    {
        string domain = OnnxNames.Domain(node.Domain);
        if (graph.Model.Functions.ContainsKey((domain, node.OpType, node.Overload)) || IsForTraining(domain))
        {
            return null; // a function is divided where it is called; nobody runs the other
        }

        try
        {
            OnnxOps.Resolve(graph, node);
            return null;
        }
        catch (ImportException refused) when (refused.Fault == NtirFault.UnknownOperation)
        {
            long version = graph.Sets.VersionOf(domain) ?? 0;
            return new FallbackReason(
                SafeText.Of(domain), SafeText.Of(node.OpType), version, NodeImport.PathOf(graph, node));
        }
        catch (ImportException)
        {
            return null; // no engine runs it: importing the node says why
        }
    }

    private static bool IsForTraining(string domain) =>
        domain is OnnxNames.PreviewTraining or "ai.onnx.training";

    private IEnumerable<ImportUnit> Divide()
    {
        int[] part = Parts();
        SortedDictionary<int, List<int>> units = [];
        for (int i = 0; i < part.Length; i++)
        {
            if (!units.TryGetValue(part[i], out List<int>? members))
            {
                units.Add(part[i], members = []);
            }

            members.Add(i);
        }

        foreach (int unit in Order(units, part))
        {
            List<int> members = units[unit];
            yield return new ImportUnit(
                [.. members.Select(i => _nodes[i])],
                [.. members.Select(i => _reasons[i]).OfType<FallbackReason>()]);
        }
    }

    // For each node the first node of its unit.
    private int[] Parts()
    {
        bool[] behind = new bool[_nodes.Count];
        bool[] before = new bool[_nodes.Count];
        for (int i = 0; i < _nodes.Count; i++)
        {
            behind[i] = _reasons[i] is not null || Array.Exists(_needs[i], need => behind[need]);
        }

        for (int i = _nodes.Count - 1; i >= 0; i--)
        {
            before[i] |= _reasons[i] is not null;
            foreach (int need in before[i] ? _needs[i] : [])
            {
                before[need] = true;
            }
        }

        int[] part = [.. Enumerable.Range(0, _nodes.Count)];
        for (int i = 0; i < _nodes.Count; i++)
        {
            foreach (int need in _needs[i])
            {
                if (behind[i] && before[i] && behind[need] && before[need])
                {
                    Unite(part, i, need);
                }
            }
        }

        return [.. part.Select((_, i) => Root(part, i))];
    }

    private static void Unite(int[] part, int a, int b)
    {
        int left = Root(part, a);
        int right = Root(part, b);
        part[Math.Max(left, right)] = Math.Min(left, right);
    }

    private static int Root(int[] part, int node)
    {
        while (part[node] != node)
        {
            part[node] = part[part[node]];
            node = part[node];
        }

        return node;
    }

    private List<int> Order(SortedDictionary<int, List<int>> units, int[] part)
    {
        int[] names = [.. units.Keys];
        int[][] needs = [.. names.Select(name => units[name]
            .SelectMany(i => _needs[i])
            .Select(need => part[need])
            .Where(other => other != name)
            .Distinct()
            .Select(other => Array.BinarySearch(names, other))
            .ToArray())];
        return [.. NodeOrder.Sort(needs).Select(i => names[i])];
    }
}
