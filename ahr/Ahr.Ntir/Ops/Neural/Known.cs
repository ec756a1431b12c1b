using Ahr.Ntir.Inference;
using Ahr.Ntir.Types;
using Nbc.Tensors;

namespace Ahr.Ntir.Ops.Neural;

/// <summary>Questions that rules of these groups ask of shapes that may not be known.</summary>
internal static class Known
{
    /// <summary>A size; unknown when not even the rank is known.</summary>
    public static Dim At(SymbolicShape? shape, int axis) =>
        shape is null || axis >= shape.Rank || axis < -shape.Rank ? Dim.Unknown
        : shape[axis < 0 ? axis + shape.Rank : axis];

    /// <summary>False, and a failure, when the rank is known and another one.</summary>
    public static bool IsRank(InferenceContext context, int input, int rank)
    {
        if (context.Shape(input) is { } shape && shape.Rank != rank)
        {
            context.FailShape($"operand {input} is {shape}, expected {rank} dimensions");
            return false;
        }

        return true;
    }

    /// <summary>The first result has the type and shape of the first operand.</summary>
    public static void SameAsFirst(InferenceContext context)
    {
        if (context.Tensor(0) is { } type)
        {
            context.Give(0, type);
        }
    }

    /// <summary>A result of a new shape, of the element type of the first operand.</summary>
    public static void Give(InferenceContext context, int output, params Dim[] dims)
    {
        if (context.Tensor(0) is { } type)
        {
            context.Give(output, type.Element, new SymbolicShape(dims));
        }
    }

    /// <summary>The size divided by a number of parts; unknown when there are none.</summary>
    public static Dim Part(Dim size, long parts) => parts > 0 ? Dim.FloorDiv(size, parts) : Dim.Unknown;

    /// <summary>The element type of a result of whole numbers.</summary>
    public static void Whole(InferenceContext context, int output, params Dim[] dims) =>
        context.Give(output, ElementType.Int64, new SymbolicShape(dims));
}
