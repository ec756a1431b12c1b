using Ahr.Ntir.Inference;

namespace Ahr.Ntir.Ops;

/// <summary>Types and shapes of the operators in Nbc/Descriptors/Movement.cs.</summary>
internal static class MovementRules
{
    public static void Register(IDictionary<string, InferRule> rules)
    {
    }
}
