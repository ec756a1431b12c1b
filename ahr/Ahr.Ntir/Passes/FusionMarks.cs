using Ahr.Ntir.Graph;
using Nbc.Kernels;

namespace Ahr.Ntir.Passes;

/// <summary>Marks operations that may run as one: a product or convolution with what is done to each element behind it.
/// </summary>
/// <remarks>
/// Meaning: <see cref="NtirOp.FusionGroup"/> gets the same number; nothing else changes, and no layout is chosen. A
/// group is a chain: each inner result has one user, so that nothing that another part reads disappears.
/// </remarks>
public static class FusionMarks
{
    /// <summary>More operations are not worth one kernel.</summary>
    public const int LongestChain = 8;

    private static readonly HashSet<string> s_heads =
        ["matmul", "gemm", "conv", "conv_transpose", "matmul_integer", "conv_integer", "batch_normalization"];

    /// <returns>Groups found.</returns>
    public static int Run(NtirModule module)
    {
        ArgumentNullException.ThrowIfNull(module);
        int groups = 0;
        foreach (NtirOp op in module.Functions.SelectMany(function => function.Body.AllOps()))
        {
            op.FusionGroup = null;
        }

        foreach (NtirOp head in module.Functions.SelectMany(function => function.Body.AllOps()))
        {
            if (head.FusionGroup is null && (s_heads.Contains(head.Name) || IsElementwise(head)))
            {
                groups += Mark(head, groups) ? 1 : 0;
            }
        }

        return groups;
    }

    private static bool Mark(NtirOp head, int group)
    {
        List<NtirOp> chain = [head];
        while (chain.Count < LongestChain && Next(chain[^1]) is { } next)
        {
            chain.Add(next);
        }

        if (chain.Count == 1)
        {
            return false;
        }

        chain.ForEach(op => op.FusionGroup = group);
        return true;
    }

    private static NtirOp? Next(NtirOp op) =>
        op.Results is [{ Uses: [{ User: NtirOp user }] }] && ReferenceEquals(user.Region, op.Region) &&
        user.FusionGroup is null && IsElementwise(user)
            ? user
            : null;

    private static bool IsElementwise(NtirOp op) =>
        op.Name == "batch_normalization" || KernelTable.Find(op.Name)?.Has(KernelTraits.Elementwise) == true;
}
