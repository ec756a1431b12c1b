using Ahr.Ntir.Inference;
using Ahr.Ntir.Types;
using Nbc.Tensors;

namespace Ahr.Ntir.Ops.Making;

/// <summary>Types of sequences and optionals.</summary>
internal static class ContainerTypes
{
    public static void SequenceConstruct(InferenceContext context)
    {
        NtirType? item = context.Input(0);
        for (int i = 1; i < context.InputCount && item is not null; i++)
        {
            item = Join(context, item, context.Input(i));
        }

        Give(context, item);
    }

    public static void SequenceEmpty(InferenceContext context) =>
        Give(context, new TensorType(context.Attributes.Type("dtype", ElementType.Float32), null));

    public static void SequenceAt(InferenceContext context)
    {
        if (Item(context) is { } item)
        {
            context.Give(0, item);
        }
    }

    public static void SequenceInsert(InferenceContext context)
    {
        // What is put into a sequence that may be empty says no more than the sequence's own type allows.
        if (Item(context) is { } item)
        {
            Give(context, Join(context, item, context.Input(1)));
        }
    }

    public static void SequenceErase(InferenceContext context) => Give(context, Item(context));

    public static void SequenceLength(InferenceContext context) =>
        context.Give(0, ElementType.Int64, SymbolicShape.Scalar);

    public static void SplitToSequence(InferenceContext context)
    {
        if (context.Tensor(0) is not { } input)
        {
            return;
        }

        if (input.Shape is not { } shape)
        {
            Give(context, new TensorType(input.Element, null));
            return;
        }

        if (ShapeRules.Axis(context, context.Attributes.Int("axis", 0), shape.Rank) is not { } axis)
        {
            return;
        }

        bool isSplit = context.Has(1);
        SymbolicShape item = isSplit ? shape.With(axis, Equal(context, shape[axis]))
            : context.Attributes.Flag("keepdims", true) ? shape.With(axis, 1)
            : new SymbolicShape(shape.Where((_, i) => i != axis));
        Give(context, new TensorType(input.Element, item));
    }

    public static void ConcatFromSequence(InferenceContext context)
    {
        if (Item(context) is not TensorType item)
        {
            return;
        }

        if (item.Shape is not { } shape)
        {
            context.Give(0, item.Element, null);
            return;
        }

        bool isNew = context.Attributes.Flag("new_axis");
        if (ShapeRules.Axis(context, context.Attributes.Int("axis"), shape.Rank + (isNew ? 1 : 0)) is { } axis)
        {
            context.Give(0, item.Element, isNew
                ? new SymbolicShape([.. shape.Take(axis), Dim.Unknown, .. shape.Skip(axis)])
                : shape.With(axis, Dim.Unknown));
        }
    }

    public static void Optional(InferenceContext context)
    {
        if (context.Input(0) is { } content)
        {
            context.Give(0, new OptionalType(content));
        }
    }

    public static void OptionalGetElement(InferenceContext context)
    {
        if (context.Input(0) is { } input)
        {
            context.Give(0, input is OptionalType optional ? optional.Element : input);
        }
    }

    public static void OptionalHasElement(InferenceContext context) =>
        context.Give(0, ElementType.Bool, SymbolicShape.Scalar);

    // All parts have one size when the sizes are equal numbers, or one number that divides the axis.
    private static Dim Equal(InferenceContext context, Dim size)
    {
        if (context.Numbers(1) is not [var first, ..] sizes || first < 1)
        {
            return Dim.Unknown;
        }

        bool isOne = context.Shape(1) is { Rank: 0 };
        bool isEqual = isOne ? Dim.IsSame(Dim.FloorDiv(size, first) * first, size) : sizes.All(part => part == first);
        return isEqual ? first : Dim.Unknown;
    }

    private static NtirType? Item(InferenceContext context)
    {
        if (context.Input(0) is null or SequenceType)
        {
            return (context.Input(0) as SequenceType)?.Element;
        }

        context.Fail(NtirFault.TypeMismatch, $"{context.Input(0)} is not a sequence");
        return null;
    }

    private static NtirType? Join(InferenceContext context, NtirType item, NtirType? other)
    {
        if (other is null)
        {
            return item is TensorType tensor ? new TensorType(tensor.Element, Shape: null) : null;
        }

        NtirType? joined = TypeJoin.Either(item, other);
        if (joined is null)
        {
            context.Fail(NtirFault.TypeMismatch, $"{item} and {other} are not items of one sequence");
        }

        return joined;
    }

    private static void Give(InferenceContext context, NtirType? item)
    {
        if (item is not null)
        {
            context.Give(0, new SequenceType(item));
        }
    }
}
