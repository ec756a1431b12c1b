using Ahr.Ntir.Inference;

namespace Ahr.Ntir.Ops;

/// <summary>Types and shapes of the operators in Nbc/Descriptors/Neural.cs.</summary>
internal static class NeuralRules
{
    public static void Register(IDictionary<string, InferRule> rules)
    {
    }
}
