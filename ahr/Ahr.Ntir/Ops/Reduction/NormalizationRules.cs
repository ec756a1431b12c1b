using Ahr.Ntir.Inference;
using Ahr.Ntir.Ops.Movement;
using Ahr.Ntir.Types;
using Nbc.Tensors;

namespace Ahr.Ntir.Ops.Reduction;

/// <summary>Normalisations: the operand's type, and moments beside it.</summary>
internal static class NormalizationRules
{
    public static void Layer(InferenceContext context)
    {
        ReduceRules.Lane(context);
        ElementType stash = context.Attributes.Type("stash_type", ElementType.Float32);
        SymbolicShape? moments = null;
        if (context.Shape(0) is { Rank: > 0 } shape)
        {
            long axis = context.Attributes.Int("axis", -1);
            long first = axis < 0 ? axis + shape.Rank : axis;
            moments = new SymbolicShape(shape.Select((dim, d) => d < first ? dim : 1));
        }

        context.Give(1, stash, moments);
        context.Give(2, stash, moments);
    }

    /// <summary>Scale and shift are one number for each channel.</summary>
    public static void Channels(InferenceContext context)
    {
        Sizes.Same(context);
        if (context.Shape(0) is { Rank: > 1 } shape)
        {
            CheckChannels(context, shape[1], 2);
        }
    }

    public static void Batch(InferenceContext context)
    {
        Sizes.Same(context);
        Dim channels = Dim.Unknown;
        if (context.Shape(0) is { Rank: > 0 } shape)
        {
            channels = shape.Rank > 1 ? shape[1] : 1;
            CheckChannels(context, channels, 4);
        }

        Give(context, 1, 3, channels);
        Give(context, 2, 4, channels);
    }

    private static void Give(InferenceContext context, int output, int input, Dim channels)
    {
        if (context.Tensor(input) is { } given)
        {
            context.Give(output, given.Element, given.Shape ?? new SymbolicShape([channels]));
        }
    }

    private static void CheckChannels(InferenceContext context, Dim channels, int operands)
    {
        for (int i = 1; i <= operands; i++)
        {
            if (context.Shape(i) is [{ } given])
            {
                ShapeRules.Same(context, channels, given, "channels");
            }
        }
    }
}
