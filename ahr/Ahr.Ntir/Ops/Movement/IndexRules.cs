using Ahr.Ntir.Inference;
using Ahr.Ntir.Types;
using Nbc.Tensors;

namespace Ahr.Ntir.Ops.Movement;

/// <summary>Elements picked or put by their indices.</summary>
internal static class IndexRules
{
    public static void Gather(InferenceContext context)
    {
        if (context.Tensor(0) is not { } data)
        {
            return;
        }

        if (data.Shape is not { } shape || context.Shape(1) is not { } indices)
        {
            context.Give(0, data.Element, null);
            return;
        }

        if (ShapeRules.Axis(context, context.Attributes.Int("axis", 0), shape.Rank) is not { } axis)
        {
            return;
        }

        context.Give(0, data.Element, new SymbolicShape([.. shape.Take(axis), .. indices, .. shape.Skip(axis + 1)]));
        if (shape.Rank == 1 && indices.Rank <= 1 && context.Elements(0) is { } elements &&
            context.Numbers(1) is { } picked && picked.All(i => i >= -elements.Count && i < elements.Count))
        {
            context.GiveElements(0, [.. picked.Select(i => elements[(int)(i < 0 ? i + elements.Count : i)])]);
        }
    }

    public static void GatherElements(InferenceContext context)
    {
        if (context.Tensor(0) is { } data)
        {
            if (data.Shape is { } shape && context.Shape(1) is { } indices && shape.Rank != indices.Rank)
            {
                context.FailShape($"indices {indices} and {shape} have different ranks");
                return;
            }

            context.Give(0, data.Element, context.Shape(1) ?? Sizes.Forget(data.Shape));
        }
    }

    public static void GatherNd(InferenceContext context)
    {
        if (context.Tensor(0) is not { } data)
        {
            return;
        }

        long batch = context.Attributes.Int("batch_dims", 0);
        if (data.Shape is not { } shape || context.Shape(1) is not { } indices ||
            indices.Count == 0 || indices[^1] is not { IsConstant: true } depth)
        {
            context.Give(0, data.Element, null);
            return;
        }

        if (batch < 0 || batch >= indices.Rank || batch + depth.Value > shape.Rank)
        {
            context.FailShape($"indices {indices} with {batch} batch dimensions do not point into {shape}");
            return;
        }

        context.Give(
            0, data.Element, new SymbolicShape([.. indices.SkipLast(1), .. shape.Skip((int)(batch + depth.Value))]));
    }

    public static void Compress(InferenceContext context)
    {
        if (context.Tensor(0) is not { } data)
        {
            return;
        }

        if (!context.Attributes.Has("axis"))
        {
            context.Give(0, data.Element, SymbolicShape.OfRank(1));
        }
        else if (data.Shape is not { } shape)
        {
            context.Give(0, data.Element, null);
        }
        else if (ShapeRules.Axis(context, context.Attributes.Int("axis"), shape.Rank) is { } axis)
        {
            context.Give(0, data.Element, shape.With(axis, Dim.Unknown));
        }
    }

    public static void OneHot(InferenceContext context)
    {
        if (context.Tensor(2) is not { } values)
        {
            return;
        }

        if (context.Shape(0) is not { } indices)
        {
            context.Give(0, values.Element, null);
        }
        else if (ShapeRules.Axis(context, context.Attributes.Int("axis", -1), indices.Rank + 1) is { } axis)
        {
            Dim depth = Sizes.One(context, 1);
            context.Give(0, values.Element, new SymbolicShape([.. indices.Take(axis), depth, .. indices.Skip(axis)]));
        }
    }

    public static void NonZero(InferenceContext context)
    {
        Dim rank = context.Shape(0) is { } shape ? shape.Rank : Dim.Unknown;
        context.Give(0, ElementType.Int64, new SymbolicShape([rank, Dim.Unknown]));
    }

    public static void Unique(InferenceContext context)
    {
        for (int i = 1; i < context.OutputCount; i++)
        {
            context.Give(i, ElementType.Int64, SymbolicShape.OfRank(1));
        }

        Compress(context);
        if (context.Shape(0) is { } shape)
        {
            long axis = context.Attributes.Int("axis", 0);
            bool isAlong = context.Attributes.Has("axis") && axis >= -shape.Rank && axis < shape.Rank;
            Dim size = isAlong ? shape[(int)(axis < 0 ? axis + shape.Rank : axis)] : shape.Product;
            context.Give(2, ElementType.Int64, new SymbolicShape([size]));
        }
    }

    /// <summary>A copy of the first operand; the second has its rank where both are known.</summary>
    public static void ScatterElements(InferenceContext context)
    {
        if (context.Shape(0) is { } shape && context.Shape(1) is { } indices && shape.Rank != indices.Rank)
        {
            context.FailShape($"indices {indices} and {shape} have different ranks");
            return;
        }

        Sizes.Same(context);
    }
}
