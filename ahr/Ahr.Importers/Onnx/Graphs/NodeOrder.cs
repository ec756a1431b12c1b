using Ahr.Importers.Onnx.Proto;
using Ahr.Ntir;

namespace Ahr.Importers.Onnx.Graphs;

/// <summary>Nodes in an order in which each stands behind those whose results it reads.</summary>
/// <remarks>Meaning: the order of the file wherever that is possible, so that the same file gives the same module.
/// Cost: O(n log n).</remarks>
internal static class NodeOrder
{
    /// <exception cref="ImportException">Two nodes make the same value, or nodes wait for each other.</exception>
    public static IReadOnlyList<NodeProto> Sort(IReadOnlyList<NodeProto> nodes)
    {
        int[][] needs = Needs(nodes);
        if (IsSorted(needs))
        {
            return nodes;
        }

        List<int> sorted = Sort(needs);
        if (sorted.Count < nodes.Count)
        {
            HashSet<int> done = [.. sorted];
            NodeProto stuck = nodes.Where((_, i) => !done.Contains(i)).First();
            throw new ImportException(NtirFault.NotDominated, $"{nodes.Count - sorted.Count} nodes wait for their " +
                $"own results, the one that makes '{SafeText.Of(stuck.Output.FirstOrDefault(""))}' among them");
        }

        return [.. sorted.Select(i => nodes[i])];
    }

    /// <summary>For each node the places of those whose results it reads.</summary>
    /// <exception cref="ImportException">Two nodes make the same value.</exception>
    public static int[][] Needs(IReadOnlyList<NodeProto> nodes)
    {
        Dictionary<string, int> makers = Makers(nodes);
        return [.. nodes.Select(node => FreeNames.Of(node)
            .Select(name => makers.GetValueOrDefault(name, -1))
            .Where(maker => maker >= 0)
            .Distinct()
            .ToArray())];
    }

    private static Dictionary<string, int> Makers(IReadOnlyList<NodeProto> nodes)
    {
        Dictionary<string, int> makers = new(StringComparer.Ordinal);
        for (int i = 0; i < nodes.Count; i++)
        {
            foreach (string name in nodes[i].Output.Where(name => name.Length > 0))
            {
                if (!makers.TryAdd(name, i))
                {
                    throw new ImportException(
                        NtirFault.Malformed, $"'{SafeText.Of(name)}' is the name of two values");
                }
            }
        }

        return makers;
    }

    private static bool IsSorted(int[][] needs)
    {
        for (int i = 0; i < needs.Length; i++)
        {
            if (Array.Exists(needs[i], need => need >= i))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Places in an order in which each stands behind what it needs; those that wait for themselves are left
    /// out.</summary>
    public static List<int> Sort(int[][] needs)
    {
        int[] waitsFor = Array.ConvertAll(needs, need => need.Length);
        ILookup<int, int> users = needs
            .SelectMany((need, user) => need.Select(maker => (Maker: maker, User: user)))
            .ToLookup(pair => pair.Maker, pair => pair.User);
        PriorityQueue<int, int> ready = new(
            Enumerable.Range(0, needs.Length).Where(i => waitsFor[i] == 0).Select(i => (i, i)));
        List<int> sorted = new(needs.Length);
        while (ready.TryDequeue(out int next, out _))
        {
            sorted.Add(next);
            foreach (int user in users[next])
            {
                if (--waitsFor[user] == 0)
                {
                    ready.Enqueue(user, user);
                }
            }
        }

        return sorted;
    }
}
