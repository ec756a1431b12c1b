using Nbc.Kernels.Neural;

namespace Nbc.Kernels.MachineLearning;

/// <summary>How a node compares a feature with its value. The numbers are those of TreeEnsemble.</summary>
internal enum NodeMode : byte
{
    LessOrEqual,
    Less,
    GreaterOrEqual,
    Greater,
    Equal,
    NotEqual,

    /// <summary>The feature is one of a set.</summary>
    Member,
    Leaf,
}

/// <summary>One node of a tree.</summary>
/// <param name="True">Index of the node where the comparison holds; of a leaf its first weight.</param>
/// <param name="False">Index of the node where it does not; of a leaf the number of its weights.</param>
/// <param name="MissingIsTrue">Where NaN goes.</param>
/// <param name="Set">Which set, of <see cref="NodeMode.Member"/>.</param>
internal readonly record struct TreeNode(
    NodeMode Mode, int Feature, double Value, int True, int False, bool MissingIsTrue, int Set = 0);

/// <summary>What a leaf adds to a target.</summary>
internal readonly record struct LeafWeight(int Target, double Weight);

/// <summary>Decision trees whose shape was checked: every walk ends at a leaf.</summary>
internal sealed class TreeForest
{
    private readonly TreeNode[] _nodes;
    private readonly LeafWeight[] _weights;
    private readonly HashSet<double>[] _sets;

    /// <exception cref="KernelException">A node is reached twice or never, an index is outside, a feature or target is
    /// negative.
    /// </exception>
    public TreeForest(TreeNode[] nodes, LeafWeight[] weights, int[] roots, int targets, HashSet<double>[] sets)
    {
        _nodes = nodes;
        _weights = weights;
        Roots = roots;
        _sets = sets;
        foreach (TreeNode node in nodes)
        {
            if (node.Mode != NodeMode.Leaf)
            {
                Features = Math.Max(Features, node.Feature + 1);
            }
        }

        if (Array.Exists(weights, weight => (uint)weight.Target >= (uint)targets))
        {
            throw Operand.Attribute("target_ids", "an id outside", $"0 to {targets - 1}");
        }

        bool[] seen = new bool[nodes.Length];
        Stack<int> open = new(roots);
        while (open.TryPop(out int index))
        {
            if ((uint)index >= (uint)nodes.Length || seen[index])
            {
                throw Operand.Attribute("nodes", index, "a tree: each node once, within the list");
            }

            seen[index] = true;
            if (nodes[index].Mode != NodeMode.Leaf)
            {
                open.Push(nodes[index].True);
                open.Push(nodes[index].False);
            }
        }

        if (Array.IndexOf(seen, false) is var lost and >= 0)
        {
            throw Operand.Attribute("nodes", lost, "a node that a root leads to");
        }
    }

    public int[] Roots { get; }

    /// <summary>Columns that X must have at least.</summary>
    public int Features { get; }

    /// <summary>The weights of the leaf that a row falls to.</summary>
    public ReadOnlySpan<LeafWeight> Walk(int root, ReadOnlySpan<double> row)
    {
        ref readonly TreeNode node = ref _nodes[root];
        while (node.Mode != NodeMode.Leaf)
        {
            node = ref _nodes[Holds(node, row[node.Feature]) ? node.True : node.False];
        }

        return _weights.AsSpan(node.True, node.False);
    }

    private bool Holds(in TreeNode node, double x)
    {
        if (double.IsNaN(x) && node.MissingIsTrue)
        {
            return true;
        }

        return node.Mode switch
        {
            NodeMode.LessOrEqual => x <= node.Value,
            NodeMode.Less => x < node.Value,
            NodeMode.GreaterOrEqual => x >= node.Value,
            NodeMode.Greater => x > node.Value,
            NodeMode.Equal => x == node.Value,
            NodeMode.NotEqual => x != node.Value,
            _ => _sets[node.Set].Contains(x),
        };
    }
}
