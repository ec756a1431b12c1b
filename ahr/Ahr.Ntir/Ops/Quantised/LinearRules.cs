using Ahr.Ntir.Inference;
using Ahr.Ntir.Ops.Movement;
using Ahr.Ntir.Types;
using Nbc.Tensors;

namespace Ahr.Ntir.Ops.Quantised;

/// <summary>To few bits and back, and element by element between.</summary>
internal static class LinearRules
{
    public static void Quantize(InferenceContext context)
    {
        ElementType type = context.Has(2) ? context.Element(2) : context.Attributes.Type("output_dtype");
        type = type == ElementType.Undefined && !context.Has(2) ? ElementType.UInt8 : type;
        if (type != ElementType.Undefined)
        {
            context.Give(0, type, context.Shape(0));
        }
    }

    public static void Dequantize(InferenceContext context)
    {
        ElementType type = context.Attributes.Type("output_dtype");
        if (type == ElementType.Undefined)
        {
            type = context.Element(1) == ElementType.Float8E8M0 ? ElementType.Float32 : context.Element(1);
        }

        if (type != ElementType.Undefined)
        {
            context.Give(0, type, context.Shape(0));
        }
    }

    public static void Dynamic(InferenceContext context)
    {
        context.Give(0, ElementType.UInt8, context.Shape(0));
        context.Give(1, ElementType.Float32, SymbolicShape.Scalar);
        context.Give(2, ElementType.UInt8, SymbolicShape.Scalar);
    }

    public static void Binary(InferenceContext context)
    {
        if (context.Tensor(0) is { } input)
        {
            context.Give(0, input.Element, ShapeRules.Broadcast(context, input.Shape, context.Shape(3)));
        }
    }

    public static void Where(InferenceContext context)
    {
        if (context.Tensor(1) is { } input)
        {
            context.Give(0, input.Element,
                ShapeRules.Broadcast(context, context.Shape(0), input.Shape, context.Shape(4)));
        }
    }

    /// <summary>Every third operand from the third on is a part.</summary>
    public static void Concat(InferenceContext context)
    {
        if (context.Tensor(2) is not { } first)
        {
            return;
        }

        if (first.Shape is not { } shape)
        {
            context.Give(0, first.Element, null);
            return;
        }

        if (ShapeRules.Axis(context, context.Attributes.Int("axis"), shape.Rank) is not { } axis)
        {
            return;
        }

        Dim[] dims = [.. shape];
        for (int i = 5; i < context.InputCount; i += 3)
        {
            SymbolicShape? part = context.Shape(i);
            if (part is not null && part.Rank != shape.Rank)
            {
                context.FailShape($"{part} and {shape} differ in rank");
                return;
            }

            for (int d = 0; d < dims.Length; d++)
            {
                dims[d] = d == axis
                    ? dims[d] + (part?[d] ?? Dim.Unknown)
                    : part is null ? dims[d] : ShapeRules.Same(context, dims[d], part[d], $"sizes of axis {d}");
            }
        }

        context.Give(0, first.Element, new SymbolicShape(dims));
    }

    public static void ReduceMean(InferenceContext context)
    {
        if (context.Tensor(0) is not { } input)
        {
            return;
        }

        if (input.Shape is not { } shape)
        {
            context.Give(0, input.Element, null);
            return;
        }

        long[] given = context.Attributes.Ints("axes") ?? [.. Enumerable.Range(0, shape.Rank).Select(d => (long)d)];
        if (Sizes.Axes(context, given, shape.Rank) is { } axes)
        {
            context.Give(0, input.Element, context.Attributes.Flag("keepdims", true)
                ? new SymbolicShape(shape.Select((dim, d) => axes.Contains(d) ? 1 : dim))
                : new SymbolicShape(shape.Where((_, d) => !axes.Contains(d))));
        }
    }
}
