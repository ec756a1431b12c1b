using Ahr.Ntir.Graph;
using Ahr.Ntir.Inference;
using Ahr.Ntir.Ops;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Ntir.Passes;

/// <summary>Replaces operations on constants by what they give. Law: the module computes the same.</summary>
/// <remarks>
/// Bound: results of at most <see cref="MostBytes"/> for one operation, and all that an object of this class folds
/// takes at most <see cref="MostGrowth"/> more than what it was folded from, so that a small file cannot grow large in
/// memory. What would pass a bound stays as it is.
/// </remarks>
public sealed class ConstantFolding(IConstantEvaluator evaluator)
{
    public const long MostBytes = 16 << 20;

    /// <summary>Unit: bytes.</summary>
    public const long MostGrowth = 256 << 20;

    private long _growth;

    /// <returns>Operations replaced.</returns>
    public int Run(NtirModule module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return module.Functions.Sum(function => function.Body.Rebuild(Fold));
    }

    private int Fold(NtirOp op, List<NtirOp> ops)
    {
        if (TryFold(op) is not { } constants)
        {
            ops.Add(op);
            return 0;
        }

        ops.AddRange(constants);
        return 1;
    }

    private List<NtirOp>? TryFold(NtirOp op)
    {
        if (op.Name == NtirOp.ConstantName || op.Results.Count == 0 || OpTable.Find(op.Name) is not
            { IsStructural: false } definition || !IsFoldable(definition.Descriptor))
        {
            return null;
        }

        TensorValue?[] operands = new TensorValue?[op.Operands.Count];
        for (int i = 0; i < operands.Length; i++)
        {
            if (op.Operands[i] is { } operand && !operand.TryGetConstant(out operands[i]))
            {
                return null;
            }
        }

        long before = operands.Sum(operand => operand?.ByteCount ?? 0);
        long most = Math.Min(MostBytes, before + MostGrowth - _growth);
        if (evaluator.TryEvaluate(op, operands, most) is not { } results)
        {
            return null;
        }

        _growth += Math.Max(0, results.Sum(result => result.ByteCount) - before);
        return Replace(op, results);
    }

    private static bool IsFoldable(KernelDescriptor descriptor) =>
        descriptor.Has(KernelTraits.Pure) && !descriptor.Has(KernelTraits.Random);

    private static List<NtirOp> Replace(NtirOp op, IReadOnlyList<TensorValue> results)
    {
        List<NtirOp> constants = [];
        for (int i = 0; i < op.Results.Count; i++)
        {
            NtirOp constant = NtirOp.Constant(results[i], op.Results[i].Name, op.Location);
            op.Results[i].ReplaceAllUsesWith(constant.Result);
            constants.Add(constant);
        }

        return constants;
    }
}

/// <summary>Replaces what is computed from shapes by constants, where inference found every size.</summary>
public static class ShapeFolding
{
    /// <returns>Values replaced.</returns>
    public static int Run(NtirModule module) => ShapeInference.FoldContents(module);

    internal static NtirOp? TryFold(NtirValue result, IReadOnlyList<Types.Dim> contents)
    {
        if (result.TensorType is not { Shape: { Rank: <= 1 } shape, Element: ElementType.Int64 or ElementType.Int32 }
            || !result.IsUsed || !contents.All(dim => dim.IsConstant)
            || (shape.Rank == 0 && contents.Count != 1))
        {
            return null;
        }

        long[] numbers = [.. contents.Select(dim => dim.Value)];
        ElementType type = result.TensorType.Element;
        if (type == ElementType.Int32 && numbers.Any(number => number != (int)number))
        {
            return null;
        }

        ReadOnlySpan<long> size = shape.Rank == 0 ? [] : [numbers.Length];
        return NtirOp.Constant(
            type == ElementType.Int64
                ? TensorValue.From<long>(type, numbers, size)
                : TensorValue.From<int>(type, Array.ConvertAll(numbers, number => (int)number), size),
            result.Name,
            result.Producer!.Location);
    }
}
