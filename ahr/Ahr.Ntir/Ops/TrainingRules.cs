using Ahr.Ntir.Inference;

namespace Ahr.Ntir.Ops;

/// <summary>Types and shapes of the operators in Nbc/Descriptors/Training.cs.</summary>
internal static class TrainingRules
{
    public static void Register(IDictionary<string, InferRule> rules)
    {
    }
}
