using Ahr.Ntir.Graph;
using Ahr.Ntir.Inference;
using Ahr.Ntir.Ops;

namespace Ahr.Ntir.Passes;

/// <summary>All passes in their order, until nothing changes.</summary>
/// <remarks>
/// Law: the module computes the same under the same names of inputs and outputs.
/// Bound: <see cref="MostRounds"/> rounds; calls that <see cref="Inlining"/> had to leave are a fault.
/// </remarks>
public static class NtirOptimizer
{
    public const int MostRounds = 8;

    /// <param name="evaluator">Null: constants are not folded.</param>
    /// <returns>Operations whose operands can never go together, and calls that were left.</returns>
    public static IReadOnlyList<Diagnostic> Run(NtirModule module, IConstantEvaluator? evaluator)
    {
        ArgumentNullException.ThrowIfNull(module);
        KeepOutputNames(module);
        Inlining.Run(module);
        if (module.Main.Body.AllOps().FirstOrDefault(op => op.Name == StructuralOps.Call) is { } left)
        {
            return [new Diagnostic(NtirFault.TooLarge, left.Location.ToString(),
                $"with its functions in their places the module has more than {Inlining.MostOps} operations")];
        }

        ConstantFolding? folding = evaluator is null ? null : new ConstantFolding(evaluator);
        IReadOnlyList<Diagnostic> diagnostics = [];
        for (int round = 0; round < MostRounds; round++)
        {
            diagnostics = ShapeInference.Run(module);
            int changes = ShapeFolding.Run(module);
            changes += folding?.Run(module) ?? 0;
            changes += Canonicalization.Run(module);
            changes += SubexpressionElimination.Run(module);
            changes += DeadCode.Run(module);
            if (changes == 0)
            {
                break;
            }
        }

        FusionMarks.Run(module);
        return diagnostics;
    }

    // A result without a name of its own has that of its value, and passes put other values in the place of that.
    private static void KeepOutputNames(NtirModule module)
    {
        for (int i = module.OutputNames.Count; i < module.Main.Body.Results.Count; i++)
        {
            module.OutputNames.Add(module.NameOfOutput(i));
        }
    }
}
