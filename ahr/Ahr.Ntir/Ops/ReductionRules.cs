using Ahr.Ntir.Inference;

namespace Ahr.Ntir.Ops;

/// <summary>Types and shapes of the operators in Nbc/Descriptors/Reduction.cs.</summary>
internal static class ReductionRules
{
    public static void Register(IDictionary<string, InferRule> rules)
    {
    }
}
