using Ahr.Ntir.Inference;

namespace Ahr.Ntir.Ops;

/// <summary>Types and shapes of the operators in Nbc/Descriptors/Microsoft.cs.</summary>
internal static class MicrosoftRules
{
    public static void Register(IDictionary<string, InferRule> rules)
    {
    }
}
