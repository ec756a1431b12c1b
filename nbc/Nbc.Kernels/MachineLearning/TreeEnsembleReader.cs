using Nbc.Kernels.Neural;
using Nbc.Values;

namespace Nbc.Kernels.MachineLearning;

/// <summary>Makes the forest of TreeEnsemble: nodes by index, leaves beside them, sets in order of the walk.</summary>
internal sealed class TreeEnsembleReader
{
    private readonly double[] _modes, _splits, _weights;
    private readonly long[] _features, _trueIds, _falseIds, _trueLeafs, _falseLeafs, _missing, _targets;
    private readonly HashSet<double>[] _sets;
    private readonly List<TreeNode> _nodes = [];
    private readonly bool[] _seen;
    private int _usedSets;

    private TreeEnsembleReader(KernelAttributes attributes)
    {
        _modes = Numbers.All(Needed(attributes, "nodes_modes"), "nodes_modes");
        _weights = Numbers.All(Needed(attributes, "leaf_weights"), "leaf_weights");
        int count = _modes.Length;
        _splits = TreeReader.Same(
            Numbers.All(Needed(attributes, "nodes_splits"), "nodes_splits"), count, "nodes_splits");
        _features = Same(attributes, "nodes_featureids", count);
        _trueIds = Same(attributes, "nodes_truenodeids", count);
        _falseIds = Same(attributes, "nodes_falsenodeids", count);
        _trueLeafs = Same(attributes, "nodes_trueleafs", count);
        _falseLeafs = Same(attributes, "nodes_falseleafs", count);
        _missing = attributes.Ints("nodes_missing_value_tracks_true") is { Length: > 0 }
            ? Same(attributes, "nodes_missing_value_tracks_true", count) : new long[count];
        _targets = Same(attributes, "leaf_targetids", _weights.Length);
        _sets = Sets(attributes.Tensor("membership_values"));
        _seen = new bool[count];
    }

    public static TreeForest Read(KernelAttributes attributes, int targets)
    {
        TreeEnsembleReader reader = new(attributes);
        List<int> roots = [];
        foreach (long root in attributes.Ints("tree_roots") ?? [])
        {
            roots.Add(reader._nodes.Count);
            reader.Grow(Within(root, reader._modes.Length, "tree_roots"));
        }

        LeafWeight[] leaves =
            [.. reader._weights.Select((weight, i) => new LeafWeight(
                (int)TreeReader.Target(reader._targets[i]), weight))];
        return new TreeForest([.. reader._nodes], leaves, [.. roots], targets, reader._sets);
    }

    // Goes down the true branches first: sets come in that order.
    private void Grow(int root)
    {
        bool isLeaf = _trueLeafs[root] != 0 && _falseLeafs[root] != 0 && _trueIds[root] == _falseIds[root];
        Stack<Branch> open = [];
        open.Push(isLeaf ? new Branch(_trueIds[root], true, -1, true) : new Branch(root, false, -1, true));
        while (open.TryPop(out Branch next))
        {
            int place = _nodes.Count;
            if (next.Parent >= 0)
            {
                _nodes[next.Parent] = next.IsTrue
                    ? _nodes[next.Parent] with { True = place } : _nodes[next.Parent] with { False = place };
            }

            if (next.IsLeaf)
            {
                int leaf = Within(next.Id, _weights.Length, "leafs");
                _nodes.Add(new TreeNode(NodeMode.Leaf, 0, 0, leaf, 1, false));
                continue;
            }

            int i = Within(next.Id, _modes.Length, "nodes");
            _nodes.Add(Node(i));
            open.Push(new Branch(_falseIds[i], _falseLeafs[i] != 0, place, false));
            open.Push(new Branch(_trueIds[i], _trueLeafs[i] != 0, place, true));
        }
    }

    private TreeNode Node(int i)
    {
        if (_seen[i])
        {
            throw Operand.Attribute("nodes", i, "a tree: each node once");
        }

        _seen[i] = true;
        NodeMode mode = _modes[i] is >= 0 and <= 6
            ? (NodeMode)_modes[i] : throw Operand.Attribute("nodes_modes", _modes[i], "0 to 6");
        int set = 0;
        if (mode == NodeMode.Member)
        {
            set = _usedSets < _sets.Length
                ? _usedSets++
                : throw Operand.Attribute("membership_values", $"{_sets.Length} sets", "one for each member node");
        }

        return new TreeNode(mode, TreeReader.Feature(_features[i]), _splits[i], 0, 0, _missing[i] != 0, set);
    }

    private static HashSet<double>[] Sets(TensorValue? members)
    {
        List<HashSet<double>> sets = [];
        HashSet<double> set = [];
        foreach (double member in members is null ? [] : Numbers.All(members, "membership_values"))
        {
            if (double.IsNaN(member))
            {
                sets.Add(set);
                set = [];
            }
            else
            {
                set.Add(member);
            }
        }

        return [.. sets];
    }

    private static TensorValue Needed(KernelAttributes attributes, string name) =>
        attributes.Tensor(name) ?? throw Operand.Attribute(name, "missing", "a tensor");

    private static long[] Same(KernelAttributes attributes, string name, int count) =>
        TreeReader.Same(attributes.Ints(name), count, name);

    private static int Within(long index, int count, string name) => index >= 0 && index < count
        ? (int)index : throw Operand.Attribute(name, index, $"0 to {count - 1}");

    private readonly record struct Branch(long Id, bool IsLeaf, int Parent, bool IsTrue);
}
