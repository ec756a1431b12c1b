using Ahr.Ntir.Types;

namespace Ahr.Ntir.Inference;

/// <summary>Steps that many rules of shape inference share.</summary>
public static class ShapeRules
{
    /// <summary>The shape that all of these broadcast to (numpy's rule); null when a rank is unknown.</summary>
    /// <remarks>Fails when two sizes are numbers that differ and neither is 1.</remarks>
    public static SymbolicShape? Broadcast(InferenceContext context, params IEnumerable<SymbolicShape?> shapes)
    {
        SymbolicShape? result = SymbolicShape.Scalar;
        foreach (SymbolicShape? shape in shapes)
        {
            if (shape is null || result is null)
            {
                return null;
            }

            result = Broadcast(context, result, shape);
        }

        return result;
    }

    /// <summary>An axis counted from the front; fails and gives null when it is outside the rank.</summary>
    public static int? Axis(InferenceContext context, long axis, int rank)
    {
        if (axis < -rank || axis >= rank)
        {
            context.FailShape($"axis {axis} is outside a tensor of rank {rank}");
            return null;
        }

        return (int)(axis < 0 ? axis + rank : axis);
    }

    /// <summary>What is known when two sizes must be equal; fails when they never are.</summary>
    public static Dim Same(InferenceContext context, Dim left, Dim right, string what)
    {
        if (Dim.IsDifferent(left, right))
        {
            context.FailShape($"{what} differ: {left} and {right}");
        }

        return left.IsUnknown || (!left.IsConstant && right.IsConstant) ? right : left;
    }

    private static SymbolicShape? Broadcast(InferenceContext context, SymbolicShape left, SymbolicShape right)
    {
        Dim[] dims = new Dim[Math.Max(left.Rank, right.Rank)];
        for (int i = 0; i < dims.Length; i++)
        {
            Dim a = i < dims.Length - left.Rank ? 1 : left[i - (dims.Length - left.Rank)];
            Dim b = i < dims.Length - right.Rank ? 1 : right[i - (dims.Length - right.Rank)];
            if (Dim.IsDifferent(a, b) && a.Value != 1 && b.Value != 1)
            {
                context.FailShape($"{left} and {right} do not broadcast: {a} and {b}");
                return null;
            }

            dims[i] = Broadcast(a, b);
        }

        return new SymbolicShape(dims);
    }

    // A number other than 1 wins: the other side is that number or 1. Two different symbols: one may be 1.
    private static Dim Broadcast(Dim a, Dim b) =>
        a is { IsConstant: true, Value: 1 } ? b
        : b is { IsConstant: true, Value: 1 } ? a
        : a.IsConstant ? a
        : b.IsConstant ? b
        : Dim.IsSame(a, b) ? a
        : Dim.Unknown;
}
