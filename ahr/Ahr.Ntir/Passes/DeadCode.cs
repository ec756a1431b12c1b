using Ahr.Ntir.Graph;
using Ahr.Ntir.Ops;
using Nbc.Kernels;

namespace Ahr.Ntir.Passes;

/// <summary>Takes out operations whose results nobody uses, and functions that nobody calls.</summary>
/// <remarks>Law: what remains gives the same. Operations that draw random numbers go as well.</remarks>
public static class DeadCode
{
    /// <returns>Operations and functions removed.</returns>
    public static int Run(NtirModule module)
    {
        ArgumentNullException.ThrowIfNull(module);
        int removed = module.Functions.Sum(function => Remove(function.Body));
        HashSet<string> called = [.. module.Functions.SelectMany(function => function.Body.AllOps())
            .Where(op => op.Name == StructuralOps.Call).Select(op => op.Attributes.Text("callee"))];
        int before = module.Functions.Count;
        module.RemoveFunctions(function => !called.Contains(function.Name));
        return removed + before - module.Functions.Count;
    }

    // From the last operation to the first: an operation is dead as soon as its users are gone.
    private static int Remove(NtirRegion region)
    {
        HashSet<NtirOp> dead = new(ReferenceEqualityComparer.Instance);
        int inside = 0;
        for (int i = region.Ops.Count - 1; i >= 0; i--)
        {
            NtirOp op = region.Ops[i];
            if (op.Results.Any(result => result.IsUsed) || HasEffect(op))
            {
                inside += op.Regions.Sum(Remove);
                continue;
            }

            op.DropOperands();
            dead.Add(op);
        }

        return inside + (dead.Count > 0 ? region.RemoveOps(dead.Contains) : 0);
    }

    private static bool HasEffect(NtirOp op) =>
        OpTable.Find(op.Name) is not { } definition ||
        !(definition.IsStructural || (definition.Descriptor.Traits & (KernelTraits.Pure | KernelTraits.Random)) != 0);
}
