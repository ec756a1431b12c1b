using Ahr.Ntir.Inference;

namespace Ahr.Ntir.Ops;

/// <summary>Types and shapes of the operators in Nbc/Descriptors/Making.cs.</summary>
internal static class MakingRules
{
    public static void Register(IDictionary<string, InferRule> rules)
    {
    }
}
