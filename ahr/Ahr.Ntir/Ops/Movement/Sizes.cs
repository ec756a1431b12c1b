using Ahr.Ntir.Inference;
using Ahr.Ntir.Types;

namespace Ahr.Ntir.Ops.Movement;

/// <summary>Steps that rules about sizes share.</summary>
internal static class Sizes
{
    /// <summary>The shape whose sizes an operand holds: the sizes, or only their number, or null.</summary>
    public static SymbolicShape? FromOperand(InferenceContext context, int input)
    {
        if (context.Elements(input) is { } elements)
        {
            return new SymbolicShape(elements);
        }

        return Count(context, input) is { } rank ? SymbolicShape.OfRank(rank) : null;
    }

    /// <summary>How many elements an operand of one dimension has, when that is a number.</summary>
    public static int? Count(InferenceContext context, int input) =>
        context.Shape(input) is [{ IsConstant: true, Value: >= 0 and <= 64 } count] ? (int)count.Value : null;

    /// <summary>The one element of an operand, or an unknown size.</summary>
    public static Dim One(InferenceContext context, int input) =>
        context.Elements(input) is [{ } element] ? element : Dim.Unknown;

    /// <summary>Not below 0; a bare symbol is a size and never is.</summary>
    public static Dim NotNegative(Dim dim) => dim.SymbolName is not null ? dim : Dim.Max(dim, 0);

    /// <summary>Axes counted from the front; null when they are not known, or one is outside the rank.</summary>
    public static int[]? Axes(InferenceContext context, IReadOnlyList<long>? axes, int rank)
    {
        if (axes is null)
        {
            return null;
        }

        int[] result = new int[axes.Count];
        for (int i = 0; i < result.Length; i++)
        {
            if (ShapeRules.Axis(context, axes[i], rank) is not { } axis)
            {
                return null;
            }

            result[i] = axis;
        }

        return result;
    }

    /// <summary>The elements of a result that has those of an operand, when it has at most one dimension.</summary>
    public static void PassElements(InferenceContext context, SymbolicShape? shape)
    {
        if (shape is { Rank: <= 1 } && context.Elements(0) is { } elements)
        {
            context.GiveElements(0, elements);
        }
    }

    /// <summary>The first operand's type, unchanged.</summary>
    public static void Same(InferenceContext context)
    {
        if (context.Input(0) is { } type)
        {
            context.Give(0, type);
        }
    }

    /// <summary>The shape with all sizes unknown, of the same rank.</summary>
    public static SymbolicShape? Forget(SymbolicShape? shape) =>
        shape is null ? null : SymbolicShape.OfRank(shape.Rank);
}
