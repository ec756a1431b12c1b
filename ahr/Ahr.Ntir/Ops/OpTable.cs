using Ahr.Ntir.Inference;
using Nbc.Kernels;

namespace Ahr.Ntir.Ops;

/// <summary>All operations of NTIR: what runs as a kernel, and what the lowering takes apart.</summary>
public static class OpTable
{
    private static readonly SortedDictionary<string, OpDefinition> s_byName = Build();

    /// <summary>In ordinal order of the names.</summary>
    public static IEnumerable<OpDefinition> All => s_byName.Values;

    public static OpDefinition? Find(string name) => s_byName.GetValueOrDefault(name);

    private static SortedDictionary<string, OpDefinition> Build()
    {
        Dictionary<string, InferRule> rules = new(StringComparer.Ordinal);
        Action<IDictionary<string, InferRule>>[] groups =
        [
            ElementwiseRules.Register,
            ReductionRules.Register,
            MovementRules.Register,
            MakingRules.Register,
            NeuralRules.Register,
            SignalRules.Register,
            QuantisedRules.Register,
            MachineLearningRules.Register,
            MicrosoftRules.Register,
            TrainingRules.Register,
        ];
        foreach (Action<IDictionary<string, InferRule>> register in groups)
        {
            register(rules);
        }

        SortedDictionary<string, OpDefinition> table = new(StringComparer.Ordinal);
        foreach (KernelDescriptor descriptor in KernelTable.All)
        {
            table[descriptor.Name] = new OpDefinition(descriptor, rules.GetValueOrDefault(descriptor.Name));
        }

        foreach (OpDefinition structural in StructuralOps.All)
        {
            table[structural.Name] = structural;
        }

        return table;
    }
}
