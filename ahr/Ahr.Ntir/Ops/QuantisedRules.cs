using Ahr.Ntir.Inference;

namespace Ahr.Ntir.Ops;

/// <summary>Types and shapes of the operators in Nbc/Descriptors/Quantised.cs.</summary>
internal static class QuantisedRules
{
    public static void Register(IDictionary<string, InferRule> rules)
    {
    }
}
