using Ahr.Ntir.Graph;
using Ahr.Ntir.Inference;
using Ahr.Ntir.Ops;
using Nbc.Kernels;
using Nbc.Tensors;

namespace Ahr.Ntir.Passes;

/// <summary>Brings equal things into one form and applies the laws of <see cref="Algebra.Laws"/>.</summary>
/// <remarks>
/// Law: the module computes the same, bit by bit.
/// Meaning: absent operands at the end and attributes equal to their default are left out; of a commutative operation's
/// operands the constant stands last; an if whose condition is known becomes the branch that it takes.
/// </remarks>
public static class Canonicalization
{
    private static readonly ILookup<string, Rewrite> s_laws = Algebra.Laws.ToLookup(law => law.Op);

    /// <returns>Changes made.</returns>
    public static int Run(NtirModule module)
    {
        ArgumentNullException.ThrowIfNull(module);
        RewriteBuilder builder = new();
        return module.Functions.Sum(function => function.Body.Rebuild((op, ops) => Visit(op, ops, builder)));
    }

    private static int Visit(NtirOp op, List<NtirOp> ops, RewriteBuilder builder)
    {
        if (TakenBranch(op) is { } branch)
        {
            ops.AddRange(Unfold(op, branch));
            return 1;
        }

        int changes = Tidy(op);
        // For an unused result no law may make operations: they would use values and stand nowhere.
        NtirValue? equal = op.Results is [{ IsUsed: true }, ..]
            ? s_laws[op.Name].Select(law => law.Apply(op, builder)).FirstOrDefault(v => v is not null)
            : null;
        ops.AddRange(builder.Take());
        ops.Add(op);
        if (equal is not null)
        {
            Substitute(op.Result, equal);
            changes++;
        }

        return changes;
    }

    // What the model said of the result's type still holds for the value in its place.
    private static void Substitute(NtirValue result, NtirValue equal)
    {
        if (equal.ParameterOf is null)
        {
            equal.Type = TypeJoin.Both(equal.Type, result.Type);
        }

        result.ReplaceAllUsesWith(equal);
    }

    private static int Tidy(NtirOp op)
    {
        int changes = 0;
        if (OpTable.Find(op.Name) is not { IsStructural: false, Descriptor: var descriptor })
        {
            return 0; // operands of a call or a fallback stand at the places of its parameters
        }

        while (op.Operands.Count > descriptor.MinInputs && op.Operands[^1] is null)
        {
            op.RemoveLastOperand();
            changes++;
        }

        foreach (AttributeSpec spec in descriptor.Attributes)
        {
            if (spec.Default is { } otherwise && op.Attributes.Find(spec.Name) is { } value && IsSame(value, otherwise))
            {
                op.Attributes = op.Attributes.Without(spec.Name);
                changes++;
            }
        }

        if (descriptor.Has(KernelTraits.Commutative) && op.Operands is [{ } left, { } right] &&
            left.TryGetConstant(out _) && !right.TryGetConstant(out _))
        {
            op.SetOperand(0, right);
            op.SetOperand(1, left);
            changes++;
        }

        return changes;
    }

    private static bool IsSame(AttributeValue left, AttributeValue right) => left.Kind == right.Kind && left.Kind switch
    {
        AttributeKind.Int => left.Int == right.Int,
        AttributeKind.Float =>
            BitConverter.DoubleToInt64Bits(left.Float) == BitConverter.DoubleToInt64Bits(right.Float),
        AttributeKind.Text => left.TextBytes.AsSpan().SequenceEqual(right.TextBytes),
        AttributeKind.Ints => left.Ints.AsSpan().SequenceEqual(right.Ints),
        _ => false,
    };

    private static NtirRegion? TakenBranch(NtirOp op) =>
        op.Name == StructuralOps.If && op.Operands[0] is { } condition && condition.TryGetConstant(out var constant) &&
        constant is { Type: ElementType.Bool, Count: 1 }
            ? op.Regions[constant.Span<byte>()[0] != 0 ? 0 : 1]
            : null;

    private static List<NtirOp> Unfold(NtirOp op, NtirRegion branch)
    {
        Dictionary<NtirValue, NtirValue> map = new(ReferenceEqualityComparer.Instance);
        HashSet<NtirValue> none = new(ReferenceEqualityComparer.Instance);
        List<NtirOp> ops = [.. branch.Ops.Select(inner => RegionCopy.Copy(inner, map, none))];
        for (int i = 0; i < op.Results.Count; i++)
        {
            NtirValue value = branch.Results[i];
            Substitute(op.Results[i], map.GetValueOrDefault(value, value));
        }

        return ops;
    }
}
