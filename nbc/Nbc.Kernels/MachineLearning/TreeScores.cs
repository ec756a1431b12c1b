using Nbc.Kernels.Neural;

namespace Nbc.Kernels.MachineLearning;

/// <summary>What becomes of the leaves of all trees. The numbers are those of TreeEnsemble.</summary>
internal enum TreeAggregate
{
    Average,
    Sum,
    Min,
    Max,
}

/// <summary>Adds up what a row gets from all trees.</summary>
internal static class TreeScores
{
    public static TreeAggregate Read(string name) => name switch
    {
        "AVERAGE" => TreeAggregate.Average,
        "SUM" => TreeAggregate.Sum,
        "MIN" => TreeAggregate.Min,
        "MAX" => TreeAggregate.Max,
        _ => throw Operand.Attribute("aggregate_function", name, "AVERAGE, SUM, MIN or MAX"),
    };

    /// <param name="scores">One for each target: 0 where no tree says anything.</param>
    /// <param name="given">Which targets a tree said something about.</param>
    public static void Run(
        TreeForest forest, TreeAggregate aggregate, ReadOnlySpan<double> row, Span<double> scores, Span<bool> given)
    {
        scores.Clear();
        given.Clear();
        foreach (int root in forest.Roots)
        {
            foreach (LeafWeight leaf in forest.Walk(root, row))
            {
                ref double score = ref scores[leaf.Target];
                bool first = !given[leaf.Target];
                given[leaf.Target] = true;
                score = aggregate switch
                {
                    TreeAggregate.Min => first ? leaf.Weight : Math.Min(score, leaf.Weight),
                    TreeAggregate.Max => first ? leaf.Weight : Math.Max(score, leaf.Weight),
                    _ => score + leaf.Weight,
                };
            }
        }

        for (int i = 0; i < scores.Length && aggregate == TreeAggregate.Average && forest.Roots.Length > 0; i++)
        {
            scores[i] /= forest.Roots.Length;
        }
    }
}
