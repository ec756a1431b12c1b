using Ahr.Ntir.Inference;
using Ahr.Ntir.Ops.Movement;
using Nbc.Tensors;

namespace Ahr.Ntir.Ops.Elementwise;

/// <summary>One operand in, its shape out, with the same or another element type.</summary>
internal static class CastRules
{
    public static void Identity(InferenceContext context)
    {
        Sizes.Same(context);
        Sizes.PassElements(context, context.Shape(0));
    }

    public static void Negate(InferenceContext context)
    {
        Sizes.Same(context);
        if (context.Elements(0) is { } elements)
        {
            context.GiveElements(0, [.. elements.Select(element => element * -1)]);
        }
    }

    public static void Cast(InferenceContext context) => To(context, context.Attributes.Type("to"));

    public static void BitCast(InferenceContext context)
    {
        if (context.Attributes.Type("to") is not ElementType.Undefined and var type)
        {
            context.Give(0, type, context.Shape(0));
        }
    }

    public static void CastLike(InferenceContext context) => To(context, context.Element(1));

    public static void Question(InferenceContext context)
    {
        if (context.Tensor(0) is { } input)
        {
            context.Give(0, ElementType.Bool, input.Shape);
        }
    }

    public static void Dropout(InferenceContext context)
    {
        Sizes.Same(context);
        if (context.Tensor(0) is { } input)
        {
            context.Give(1, ElementType.Bool, input.Shape);
        }
    }

    public static void Bernoulli(InferenceContext context)
    {
        if (context.Tensor(0) is { } input)
        {
            context.Give(0, context.Attributes.Type("dtype", input.Element), input.Shape);
        }
    }

    // Sizes are followed through the types that hold them whole.
    private static void To(InferenceContext context, ElementType type)
    {
        if (type == ElementType.Undefined)
        {
            return;
        }

        context.Give(0, type, context.Shape(0));
        if (type is ElementType.Int32 or ElementType.Int64)
        {
            Sizes.PassElements(context, context.Shape(0));
        }
    }
}
