using Ahr.Ntir.Inference;
using Ahr.Ntir.Ops.Movement;
using Ahr.Ntir.Types;
using Nbc.Tensors;

namespace Ahr.Ntir.Ops.Reduction;

/// <summary>Operations along axes.</summary>
internal static class ReduceRules
{
    /// <param name="compute">What becomes of two elements; null where they are not followed.</param>
    public static void Reduce(InferenceContext context, Func<Dim, Dim, Dim>? compute)
    {
        if (context.Tensor(0) is not { } input)
        {
            return;
        }

        bool keeps = context.Attributes.Flag("keepdims", true);
        context.Give(0, input.Element, input.Shape is { } shape ? Shape(context, shape, keeps) : null);
        if (compute is not null && context.Elements(0) is { Count: > 0 } elements && TakesAll(context))
        {
            context.GiveElements(0, [elements.Aggregate(compute)]);
        }
    }

    public static void Arg(InferenceContext context)
    {
        if (context.Tensor(0) is not { Shape: { } shape })
        {
            context.Give(0, ElementType.Int64, null);
            return;
        }

        if (ShapeRules.Axis(context, context.Attributes.Int("axis"), shape.Rank) is { } axis)
        {
            context.Give(0, ElementType.Int64, context.Attributes.Flag("keepdims", true)
                ? shape.With(axis, 1)
                : new SymbolicShape(shape.Where((_, d) => d != axis)));
        }
    }

    public static void TopK(InferenceContext context)
    {
        if (context.Tensor(0) is not { } input)
        {
            return;
        }

        SymbolicShape? result = null;
        if (input.Shape is { } shape)
        {
            if (ShapeRules.Axis(context, context.Attributes.Int("axis", -1), shape.Rank) is not { } axis)
            {
                return;
            }

            Dim wanted = Sizes.One(context, 1);
            if (wanted.IsConstant && shape[axis].IsConstant && wanted.Value > shape[axis].Value)
            {
                context.FailShape($"the {wanted} largest of {shape[axis]}");
                return;
            }

            result = shape.With(axis, wanted);
        }

        context.Give(0, input.Element, result);
        context.Give(1, ElementType.Int64, result);
    }

    /// <summary>The operand's type; its axis must be there.</summary>
    public static void Lane(InferenceContext context)
    {
        Sizes.Same(context);
        if (context.Shape(0) is { Rank: > 0 } shape)
        {
            ShapeRules.Axis(context, context.Attributes.Int("axis", -1), shape.Rank);
        }
    }

    private static bool TakesAll(InferenceContext context) => context.Has(1)
        ? context.Numbers(1) is { Length: > 0 }
        : !context.Attributes.Flag("noop_with_empty_axes");

    private static SymbolicShape? Shape(InferenceContext context, SymbolicShape shape, bool keeps)
    {
        int? count = context.Has(1) ? Sizes.Count(context, 1) : 0;
        long[]? numbers = context.Has(1) ? context.Numbers(1) : [];
        if (numbers is null && count is not 0)
        {
            return keeps ? Sizes.Forget(shape)
                : count is { } given && given <= shape.Rank ? SymbolicShape.OfRank(shape.Rank - given) : null;
        }

        if (numbers is null or [])
        {
            return context.Attributes.Flag("noop_with_empty_axes") ? shape
                : keeps ? new SymbolicShape(shape.Select(_ => (Dim)1)) : SymbolicShape.Scalar;
        }

        if (Sizes.Axes(context, numbers, shape.Rank) is not { } axes)
        {
            return null;
        }

        return keeps
            ? new SymbolicShape(shape.Select((dim, d) => axes.Contains(d) ? 1 : dim))
            : new SymbolicShape(shape.Where((_, d) => !axes.Contains(d)));
    }
}
