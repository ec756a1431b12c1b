using Nbc.Kernels.Neural;

namespace Nbc.Kernels.MachineLearning;

/// <summary>Makes forests of TreeEnsembleClassifier and TreeEnsembleRegressor.</summary>
internal static class TreeReader
{
    /// <summary>Nodes by ids, weights beside them.</summary>
    /// <param name="prefix">class or target.</param>
    public static TreeForest Classic(KernelAttributes attributes, string prefix, int targets)
    {
        long[] trees = attributes.Ints("nodes_treeids") ?? [], ids = attributes.Ints("nodes_nodeids") ?? [];
        string[] modes = attributes.Texts("nodes_modes") ?? [];
        long[] features = Same(attributes.Ints("nodes_featureids"), trees.Length, "nodes_featureids");
        long[] trueIds = Same(attributes.Ints("nodes_truenodeids"), trees.Length, "nodes_truenodeids");
        long[] falseIds = Same(attributes.Ints("nodes_falsenodeids"), trees.Length, "nodes_falsenodeids");
        double[] values = Same(Numbers.Attribute(attributes, "nodes_values"), trees.Length, "nodes_values");
        long[] missing = attributes.Ints("nodes_missing_value_tracks_true") is { Length: > 0 } given
            ? Same(given, trees.Length, "nodes_missing_value_tracks_true") : new long[trees.Length];
        Same(ids, trees.Length, "nodes_nodeids");
        Same(modes, trees.Length, "nodes_modes");
        Dictionary<(long, long), int> places = [];
        for (int i = 0; i < trees.Length; i++)
        {
            if (!places.TryAdd((trees[i], ids[i]), i))
            {
                throw Operand.Attribute("nodes_nodeids", ids[i], "each id once in a tree");
            }
        }

        (LeafWeight[] weights, int[] starts) = Weights(attributes, prefix, places, trees.Length);
        TreeNode[] nodes = new TreeNode[trees.Length];
        bool[] isChild = new bool[trees.Length];
        for (int i = 0; i < nodes.Length; i++)
        {
            NodeMode mode = Mode(modes[i]);
            if (mode == NodeMode.Leaf)
            {
                nodes[i] = new TreeNode(mode, 0, 0, starts[i], starts[i + 1] - starts[i], false);
                continue;
            }

            int whenTrue = Place(places, trees[i], trueIds[i]), whenFalse = Place(places, trees[i], falseIds[i]);
            isChild[whenTrue] = isChild[whenFalse] = true;
            nodes[i] = new TreeNode(mode, Feature(features[i]), values[i], whenTrue, whenFalse, missing[i] != 0);
        }

        return new TreeForest(nodes, weights, Roots(trees, isChild), targets, []);
    }

    private static NodeMode Mode(string name) => name switch
    {
        "LEAF" => NodeMode.Leaf,
        "BRANCH_LEQ" => NodeMode.LessOrEqual,
        "BRANCH_LT" => NodeMode.Less,
        "BRANCH_GTE" => NodeMode.GreaterOrEqual,
        "BRANCH_GT" => NodeMode.Greater,
        "BRANCH_EQ" => NodeMode.Equal,
        "BRANCH_NEQ" => NodeMode.NotEqual,
        _ => throw Operand.Attribute("nodes_modes", name, "a mode that ONNX names"),
    };

    private static (LeafWeight[] Weights, int[] Starts) Weights(
        KernelAttributes attributes, string prefix, Dictionary<(long, long), int> places, int nodes)
    {
        long[] targets = attributes.Ints(prefix + "_ids") ?? [];
        long[] trees = Same(attributes.Ints(prefix + "_treeids"), targets.Length, prefix + "_treeids");
        long[] ids = Same(attributes.Ints(prefix + "_nodeids"), targets.Length, prefix + "_nodeids");
        double[] weights = Same(Numbers.Attribute(attributes, prefix + "_weights"), targets.Length,
            prefix + "_weights");
        int[] starts = new int[nodes + 1];
        int[] owners = new int[targets.Length];
        for (int i = 0; i < targets.Length; i++)
        {
            owners[i] = Place(places, trees[i], ids[i]);
            starts[owners[i] + 1]++;
        }

        for (int i = 0; i < nodes; i++)
        {
            starts[i + 1] += starts[i];
        }

        LeafWeight[] sorted = new LeafWeight[targets.Length];
        int[] next = [.. starts];
        for (int i = 0; i < targets.Length; i++)
        {
            sorted[next[owners[i]]++] = new LeafWeight((int)Target(targets[i]), weights[i]);
        }

        return (sorted, starts);
    }

    private static int[] Roots(long[] trees, bool[] isChild)
    {
        Dictionary<long, int> roots = [];
        List<int> order = [];
        for (int i = 0; i < trees.Length; i++)
        {
            if (!isChild[i])
            {
                if (!roots.TryAdd(trees[i], i))
                {
                    throw Operand.Attribute("nodes_treeids", trees[i], "one root in each tree");
                }

                order.Add(i);
            }
        }

        return trees.Distinct().Count() == order.Count
            ? [.. order] : throw Operand.Attribute("nodes_treeids", "a cycle", "one root in each tree");
    }

    private static int Place(Dictionary<(long, long), int> places, long tree, long node) =>
        places.TryGetValue((tree, node), out int place)
            ? place : throw Operand.Attribute("nodes_nodeids", node, $"a node of tree {tree}");

    public static int Feature(long id) => id is >= 0 and < int.MaxValue
        ? (int)id : throw Operand.Attribute("nodes_featureids", id, "0 or more");

    public static long Target(long id) => id is >= 0 and <= int.MaxValue
        ? id : throw Operand.Attribute("target_ids", id, "0 or more");

    public static T[] Same<T>(T[]? values, int count, string name) => (values?.Length ?? 0) == count
        ? values ?? [] : throw Operand.Attribute(name, $"{values?.Length ?? 0} values", $"{count}");
}
