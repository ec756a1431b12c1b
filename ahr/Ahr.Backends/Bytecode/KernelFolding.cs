using Ahr.Ntir.Graph;
using Ahr.Ntir.Passes;
using Nbc.Kernels;
using Nbc.Values;

namespace Ahr.Backends.Bytecode;

/// <summary>Folds constants with the kernels that would compute them at run time.</summary>
internal sealed class KernelFolding : IConstantEvaluator
{
    public static readonly KernelFolding Instance = new();

    /// <inheritdoc/>
    public IReadOnlyList<TensorValue>? TryEvaluate(NtirOp op, IReadOnlyList<TensorValue?> operands, long maxBytes)
    {
        if (!KernelRegistry.Has(op.Name))
        {
            return null;
        }

        try
        {
            NbcValue?[] results = KernelEvaluator.Evaluate(
                op.Name, op.Attributes, operands, op.Results.Count, maxBytes);
            return results.All(result => result is TensorValue) ? [.. results.Cast<TensorValue>()] : null;
        }
        catch (KernelException)
        {
            return null; // the run will say so, with the place: perhaps nobody ever gets there
        }
    }
}
