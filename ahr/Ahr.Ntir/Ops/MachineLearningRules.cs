using Ahr.Ntir.Inference;

namespace Ahr.Ntir.Ops;

/// <summary>Types and shapes of the operators in Nbc/Descriptors/MachineLearning.cs.</summary>
internal static class MachineLearningRules
{
    public static void Register(IDictionary<string, InferRule> rules)
    {
    }
}
