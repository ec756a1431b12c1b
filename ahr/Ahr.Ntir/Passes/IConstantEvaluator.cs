using Ahr.Ntir.Graph;
using Nbc.Values;

namespace Ahr.Ntir.Passes;

/// <summary>Computes what an operation gives for constants; the host brings the kernels, NTIR has none.</summary>
public interface IConstantEvaluator
{
    /// <param name="op">A pure operation without regions.</param>
    /// <param name="operands">Null where the operand is absent.</param>
    /// <param name="maxBytes">The most that all results together may take.</param>
    /// <returns>One tensor for each result; null when the operation cannot be computed within the bound.</returns>
    IReadOnlyList<TensorValue>? TryEvaluate(NtirOp op, IReadOnlyList<TensorValue?> operands, long maxBytes);
}
