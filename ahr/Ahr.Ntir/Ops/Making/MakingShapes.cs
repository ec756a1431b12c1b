using Ahr.Ntir.Inference;
using Ahr.Ntir.Ops.Movement;
using Ahr.Ntir.Types;
using Nbc.Tensors;

namespace Ahr.Ntir.Ops.Making;

/// <summary>Tensors from attributes and from single numbers.</summary>
internal static class MakingShapes
{
    public static void Random(InferenceContext context)
    {
        long[]? shape = context.Attributes.Ints("shape");
        if (shape is not null && shape.All(size => size >= 0))
        {
            context.Give(0, context.Attributes.Type("dtype", ElementType.Float32), SymbolicShape.Of(shape));
        }
        else
        {
            context.Fail(NtirFault.WrongAttribute, "shape is not given, or none");
        }
    }

    public static void RandomLike(InferenceContext context)
    {
        if (context.Tensor(0) is { } input)
        {
            context.Give(0, context.Attributes.Type("dtype", input.Element), input.Shape);
        }
    }

    public static void Multinomial(InferenceContext context)
    {
        if (context.Shape(0) is { } shape && shape.Rank != 2)
        {
            context.FailShape($"{shape} is not of batch and classes");
            return;
        }

        Dim batch = context.Shape(0)?[0] ?? Dim.Unknown;
        context.Give(
            0,
            context.Attributes.Type("dtype", ElementType.Int32),
            new SymbolicShape([batch, context.Attributes.Int("sample_size", 1)]));
    }

    public static void Window(InferenceContext context) => context.Give(
        0,
        context.Attributes.Type("output_datatype", ElementType.Float32),
        new SymbolicShape([Sizes.One(context, 0)]));

    public static void MelWeightMatrix(InferenceContext context) => context.Give(
        0,
        context.Attributes.Type("output_datatype", ElementType.Float32),
        new SymbolicShape([Dim.FloorDiv(Sizes.One(context, 1), 2) + 1, Sizes.One(context, 0)]));

    public static void StringConcat(InferenceContext context) => context.Give(
        0, ElementType.String, ShapeRules.Broadcast(context, context.Shape(0), context.Shape(1)));

    public static void StringSplit(InferenceContext context)
    {
        SymbolicShape? shape = context.Shape(0);
        context.Give(0, ElementType.String, shape is null ? null : new SymbolicShape([.. shape, Dim.Unknown]));
        context.Give(1, ElementType.Int64, shape);
    }

    public static void StringNormalizer(InferenceContext context)
    {
        SymbolicShape? shape = context.Shape(0);
        if (shape is { Rank: not (1 or 2) })
        {
            context.FailShape($"{shape} is not one row of strings");
            return;
        }

        context.Give(0, ElementType.String, shape is null ? null
            : shape.Rank == 1 ? SymbolicShape.OfRank(1) : new SymbolicShape([1, Dim.Unknown]));
    }

    public static void RegexFullMatch(InferenceContext context) =>
        context.Give(0, ElementType.Bool, context.Shape(0));

    public static void TfIdfVectorizer(InferenceContext context)
    {
        long[] columns = context.Attributes.Ints("ngram_indexes") ?? [];
        Dim width = columns.Length > 0 ? columns.Max() + 1 : Dim.Unknown;
        SymbolicShape? shape = context.Shape(0);
        if (shape is { Rank: > 2 })
        {
            context.FailShape($"{shape} is not one row or several");
            return;
        }

        context.Give(0, ElementType.Float32, shape is null ? null
            : new SymbolicShape(shape.Rank == 2 ? [shape[0], width] : [width]));
    }
}
