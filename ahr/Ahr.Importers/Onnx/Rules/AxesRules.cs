using Ahr.Importers.Onnx.Graphs;
using Ahr.Importers.Onnx.Ops;

namespace Ahr.Importers.Onnx.Rules;

/// <summary>Axes, counts and sections that were attributes first and became operands later.</summary>
internal static class AxesRules
{
    private const string AxesBecome = "axes become an operand";

    private static readonly string[] s_reductions =
    [
        "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd",
        "ReduceSumSquare",
    ];

    public static void Register(RuleSet rules)
    {
        rules.Before(18, s_reductions, AxesBecome, node => AxesToOperand(node, isEmptyAbsent: true));
        rules.Before(13, "ReduceSum", AxesBecome, node => AxesToOperand(node, isEmptyAbsent: true));
        rules.Before(13, ["Squeeze", "Unsqueeze"], AxesBecome, node => AxesToOperand(node, isEmptyAbsent: false));
        rules.Before(10, "Slice", "starts, ends and axes become operands", Slice);
        rules.Before(10, "TopK", "k becomes an operand",
            node => node.SetOperand(1, node.Numbers(node.TakeInt("k", 0))));
        rules.Before(13, "Split", "split becomes an operand", SplitToOperand);
        rules.Before(18, "Split", "num_outputs is said", SplitCount);
        rules.Before(4, "Concat", "axis is 1 by default", node => node.Default("axis", 1));
        rules.Before(20, "DFT", "axis becomes an operand",
            node => node.SetOperand(2, node.Number(node.TakeInt("axis", 1))));
    }

    // A reduction over no axis was one over all of them.
    private static void AxesToOperand(NodeDraft node, bool isEmptyAbsent)
    {
        if (node.TakeInts("axes") is { } axes && !(isEmptyAbsent && axes.Length == 0))
        {
            node.SetOperand(1, node.Numbers(axes));
        }
    }

    private static void Slice(NodeDraft node)
    {
        long[] starts = node.TakeInts("starts") ?? [];
        long[] ends = node.TakeInts("ends") ?? [];
        node.SetOperand(1, node.Numbers(starts));
        node.SetOperand(2, node.Numbers(ends));
        if (node.TakeInts("axes") is { } axes)
        {
            node.SetOperand(3, node.Numbers(axes));
        }
    }

    private static void SplitToOperand(NodeDraft node)
    {
        if (node.TakeInts("split") is { Length: > 0 } lengths)
        {
            node.SetOperand(1, node.Numbers(lengths));
        }
    }

    // How many parts there are followed from the results; now it is said.
    private static void SplitCount(NodeDraft node)
    {
        if (node.Operand(1) is null)
        {
            node.Default("num_outputs", node.ResultNames.Count);
        }
    }
}
