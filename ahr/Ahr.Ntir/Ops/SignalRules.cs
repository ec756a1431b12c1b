using Ahr.Ntir.Inference;

namespace Ahr.Ntir.Ops;

/// <summary>Types and shapes of the operators in Nbc/Descriptors/Signal.cs.</summary>
internal static class SignalRules
{
    public static void Register(IDictionary<string, InferRule> rules)
    {
    }
}
