using Ahr.Ntir.Graph;

namespace Ahr.Lowering;

/// <summary>Behind which operation of its region each value is used for the last time.</summary>
/// <remarks>A use inside a body counts as a use by the operation that owns the body.</remarks>
internal sealed class Liveness
{
    private readonly Dictionary<NtirValue, int> _last = new(ReferenceEqualityComparer.Instance);

    public Liveness(NtirRegion region)
    {
        for (int i = 0; i < region.Ops.Count; i++)
        {
            Use(region.Ops[i], i);
        }

        foreach (NtirValue result in region.Results)
        {
            _last[result] = region.Ops.Count;
        }
    }

    /// <summary>Index of the last operation that uses it; the number of operations when the region gives it as a
    /// result; -1 when nobody uses it.</summary>
    public int LastUse(NtirValue value) => _last.GetValueOrDefault(value, -1);

    private void Use(NtirOp op, int index)
    {
        foreach (NtirValue? operand in op.Operands)
        {
            if (operand is not null)
            {
                _last[operand] = index;
            }
        }

        foreach (NtirRegion region in op.Regions)
        {
            foreach (NtirOp inner in region.Ops)
            {
                Use(inner, index);
            }

            foreach (NtirValue result in region.Results)
            {
                _last[result] = index;
            }
        }
    }
}
