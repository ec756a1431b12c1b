using Ahr.Ntir.Inference;
using Ahr.Ntir.Types;
using Nbc.Tensors;

namespace Ahr.Ntir.Ops.Movement;

/// <summary>Parts of tensors, and tensors of parts.</summary>
internal static class CutRules
{
    public static void Split(InferenceContext context)
    {
        if (context.Tensor(0) is not { } input)
        {
            return;
        }

        if (input.Shape is not { } shape)
        {
            GiveAll(context, _ => new TensorType(input.Element, null));
            return;
        }

        if (ShapeRules.Axis(context, context.Attributes.Int("axis", 0), shape.Rank) is not { } axis)
        {
            return;
        }

        IReadOnlyList<Dim>? told = context.Has(1) ? context.Elements(1) : null;
        if (told is not null && told.Count != context.OutputCount)
        {
            context.FailShape($"{told.Count} sizes for {context.OutputCount} parts");
            return;
        }

        if (told is not null)
        {
            ShapeRules.Same(context, shape[axis], told.Aggregate((Dim)0, (sum, size) => sum + size), "split sizes");
        }

        Dim[] sizes = told?.ToArray() ?? (context.Has(1)
            ? [.. Enumerable.Repeat(Dim.Unknown, context.OutputCount)]
            : Equal(shape[axis], context.OutputCount));
        GiveAll(context, part => new TensorType(input.Element, shape.With(axis, sizes[part])));
        PassParts(context, shape, sizes);
    }

    public static void Concat(InferenceContext context)
    {
        TensorType?[] inputs = [.. Enumerable.Range(0, context.InputCount).Select(context.Tensor)];
        ElementType element = inputs.FirstOrDefault(input => input is not null)?.Element ?? ElementType.Undefined;
        SymbolicShape? first = inputs.FirstOrDefault(input => input?.Shape is not null)?.Shape;
        if (element == ElementType.Undefined)
        {
            return;
        }

        if (inputs.Any(input => input is not null && input.Element != element))
        {
            context.Fail(NtirFault.TypeMismatch, $"{string.Join<TensorType?>(" and ", inputs)} differ");
            return;
        }

        if (first is null)
        {
            context.Give(0, element, null);
            return;
        }

        if (ShapeRules.Axis(context, context.Attributes.Int("axis"), first.Rank) is { } axis)
        {
            context.Give(0, element, Joined(context, inputs, first, axis));
            PassAll(context);
        }
    }

    public static void Expand(InferenceContext context)
    {
        if (context.Tensor(0) is not { } input)
        {
            return;
        }

        SymbolicShape? shape = ShapeRules.Broadcast(context, input.Shape, Sizes.FromOperand(context, 1));
        context.Give(0, input.Element, shape);
        Repeat(context, shape, context.Elements(0));
    }

    public static void Tile(InferenceContext context)
    {
        if (context.Tensor(0) is not { } input)
        {
            return;
        }

        IReadOnlyList<Dim>? repeats = context.Elements(1);
        if (input.Shape is not { } shape)
        {
            context.Give(0, input.Element, Sizes.Forget(Sizes.FromOperand(context, 1)));
            return;
        }

        if (repeats is not null && repeats.Count != shape.Rank)
        {
            context.FailShape($"{repeats.Count} repeats for {shape}");
            return;
        }

        context.Give(0, input.Element, repeats is null
            ? Sizes.Forget(shape) : new SymbolicShape(shape.Select((dim, i) => dim * repeats[i])));
    }

    public static void Pad(InferenceContext context)
    {
        if (context.Tensor(0) is not { } data)
        {
            return;
        }

        if (data.Shape is not { } shape)
        {
            context.Give(0, data.Element, null);
            return;
        }

        IReadOnlyList<Dim>? pads = context.Elements(1);
        int[]? axes = context.Has(3) ? Sizes.Axes(context, context.Numbers(3), shape.Rank)
            : [.. Enumerable.Range(0, shape.Rank)];
        if (pads is null || axes is null)
        {
            context.Give(0, data.Element, Sizes.Forget(shape));
            return;
        }

        if (pads.Count != 2 * axes.Length)
        {
            context.FailShape($"{pads.Count} pads for {axes.Length} axes of {shape}");
            return;
        }

        for (int i = 0; i < axes.Length; i++)
        {
            shape = shape.With(axes[i], shape[axes[i]] + pads[i] + pads[axes.Length + i]);
        }

        context.Give(0, data.Element, shape);
    }

    public static void CenterCropPad(InferenceContext context)
    {
        if (context.Tensor(0) is not { } data)
        {
            return;
        }

        if (data.Shape is not { } shape)
        {
            context.Give(0, data.Element, null);
            return;
        }

        long[] named = context.Attributes.Ints("axes") ?? [.. Enumerable.Range(0, shape.Rank).Select(axis =>
            (long)axis)];
        if (Sizes.Axes(context, named, shape.Rank) is not { } axes)
        {
            return;
        }

        IReadOnlyList<Dim>? sizes = context.Elements(1);
        if (sizes is not null && sizes.Count != axes.Length)
        {
            context.FailShape($"{sizes.Count} sizes for {axes.Length} axes");
            return;
        }

        for (int i = 0; i < axes.Length; i++)
        {
            shape = shape.With(axes[i], sizes?[i] ?? Dim.Unknown);
        }

        context.Give(0, data.Element, shape);
    }

    /// <summary>Says that a result of few elements repeats one value.</summary>
    public static void Repeat(InferenceContext context, SymbolicShape? shape, IReadOnlyList<Dim>? elements)
    {
        if (shape is { Rank: <= 1 } && shape.Product is { IsConstant: true, Value: >= 0 and <= 64 } count)
        {
            if (elements is [{ } one])
            {
                context.GiveElements(0, [.. Enumerable.Repeat(one, (int)count.Value)]);
            }
            else if (elements?.Count == count.Value)
            {
                context.GiveElements(0, elements);
            }
        }
    }

    private static SymbolicShape Joined(
        InferenceContext context, TensorType?[] inputs, SymbolicShape first, int axis)
    {
        Dim[] dims = [.. first];
        Dim along = 0;
        foreach (TensorType? input in inputs)
        {
            if (input?.Shape is not { } shape)
            {
                along = Dim.Unknown;
                continue;
            }

            if (shape.Rank != first.Rank)
            {
                context.FailShape($"{first} and {shape} have different ranks");
                return SymbolicShape.OfRank(first.Rank);
            }

            along += shape[axis];
            for (int i = 0; i < dims.Length; i++)
            {
                dims[i] = i == axis ? dims[i] : ShapeRules.Same(context, dims[i], shape[i], $"sizes of axis {i}");
            }
        }

        dims[axis] = along;
        return new SymbolicShape(dims);
    }

    private static void PassAll(InferenceContext context)
    {
        List<Dim> all = [];
        for (int i = 0; i < context.InputCount; i++)
        {
            if (context.Elements(i) is not { } elements || context.Shape(i) is not { Rank: 1 })
            {
                return;
            }

            all.AddRange(elements);
        }

        context.GiveElements(0, all);
    }

    private static void PassParts(InferenceContext context, SymbolicShape shape, Dim[] sizes)
    {
        if (shape.Rank != 1 || context.Elements(0) is not { } elements || sizes.Any(size => !size.IsConstant))
        {
            return;
        }

        long at = 0;
        for (int part = 0; part < sizes.Length; part++)
        {
            context.GiveElements(part, [.. elements.Skip((int)at).Take((int)sizes[part].Value)]);
            at += sizes[part].Value;
        }
    }

    // Parts of the size rounded up; the last ones get what is left, when that is less.
    private static Dim[] Equal(Dim size, int parts)
    {
        Dim equal = Dim.CeilDiv(size, parts);
        if (Dim.IsSame(equal * parts, size) || parts == 1)
        {
            return [.. Enumerable.Repeat(equal, parts)];
        }

        return [.. Enumerable.Range(0, parts).Select(part => part == 0 ? equal
            : Dim.Min(equal, Dim.Max(size - (equal * part), 0)))];
    }

    private static void GiveAll(InferenceContext context, Func<int, TensorType> type)
    {
        for (int i = 0; i < context.OutputCount; i++)
        {
            context.Give(i, type(i));
        }
    }
}
