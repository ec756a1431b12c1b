using Ahr.Ntir.Graph;
using Ahr.Ntir.Inference;

namespace Ahr.Ntir.Passes;

/// <summary>All passes in their order, until nothing changes.</summary>
/// <remarks>Bound: <see cref="MostRounds"/> rounds.</remarks>
public static class NtirOptimizer
{
    public const int MostRounds = 8;

    /// <param name="evaluator">Null: constants are not folded.</param>
    /// <returns>Operations whose operands can never go together.</returns>
    public static IReadOnlyList<Diagnostic> Run(NtirModule module, IConstantEvaluator? evaluator)
    {
        ArgumentNullException.ThrowIfNull(module);
        Inlining.Run(module);
        IReadOnlyList<Diagnostic> diagnostics = [];
        for (int round = 0; round < MostRounds; round++)
        {
            diagnostics = ShapeInference.Run(module);
            int changes = ShapeFolding.Run(module);
            changes += evaluator is null ? 0 : new ConstantFolding(evaluator).Run(module);
            changes += Canonicalization.Run(module);
            changes += CommonSubexpressions.Run(module);
            changes += DeadCode.Run(module);
            if (changes == 0)
            {
                break;
            }
        }

        FusionMarks.Run(module);
        return diagnostics;
    }
}
