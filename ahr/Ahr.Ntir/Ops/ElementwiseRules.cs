using Ahr.Ntir.Inference;

namespace Ahr.Ntir.Ops;

/// <summary>Types and shapes of the operators in Nbc/Descriptors/Elementwise.cs.</summary>
internal static class ElementwiseRules
{
    public static void Register(IDictionary<string, InferRule> rules)
    {
    }
}
