using Ahr.Ntir.Inference;
using Ahr.Ntir.Types;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Ntir.Ops.Movement;

/// <summary>Sizes as data, and tensors made of sizes.</summary>
internal static class SizeRules
{
    public static void Shape(InferenceContext context)
    {
        if (context.Shape(0) is not { } shape)
        {
            context.Give(0, ElementType.Int64, SymbolicShape.OfRank(1));
            return;
        }

        int start = Place(context.Attributes.Int("start", 0), shape.Rank);
        int end = Place(context.Attributes.Int("end", long.MaxValue), shape.Rank);
        Dim[] dims = [.. shape.Skip(start).Take(Math.Max(0, end - start))];
        context.Give(0, ElementType.Int64, SymbolicShape.Of(dims.Length));
        context.GiveElements(0, dims);
    }

    public static void Size(InferenceContext context)
    {
        context.Give(0, ElementType.Int64, SymbolicShape.Scalar);
        if (context.Shape(0) is { } shape)
        {
            context.GiveElements(0, [shape.Product]);
        }
    }

    public static void ConstantOfShape(InferenceContext context)
    {
        TensorValue? value = context.Attributes.Tensor("value");
        SymbolicShape? shape = Sizes.FromOperand(context, 0);
        context.Give(0, value?.Type ?? ElementType.Float32, shape);
        Dim? element = value switch
        {
            { Type: ElementType.Int64, Count: 1 } => value.Span<long>()[0],
            { Type: ElementType.Int32, Count: 1 } => value.Span<int>()[0],
            _ => null,
        };
        CutRules.Repeat(context, shape, element is null ? null : [element]);
    }

    public static void EyeLike(InferenceContext context)
    {
        if (context.Tensor(0) is { } input)
        {
            context.Give(
                0, context.Attributes.Type("dtype", input.Element), input.Shape ?? SymbolicShape.OfRank(2));
        }
    }

    public static void Range(InferenceContext context)
    {
        ElementType type = context.Element(0);
        if (type == ElementType.Undefined)
        {
            return;
        }

        Dim count = ElementTypes.IsFloat(type) ? FloatCount(context, type) : WholeCount(context);
        context.Give(0, type, new SymbolicShape([count]));
        if (count is { IsConstant: true, Value: <= ShapeInference.MostElements } &&
            context.Elements(0) is [{ } start] && context.Elements(2) is [{ } step])
        {
            context.GiveElements(0, [.. Enumerable.Range(0, (int)count.Value).Select(i => start + (step * i))]);
        }
    }

    public static void DepthToSpace(InferenceContext context) => Rearrange(context, toSpace: true);

    public static void SpaceToDepth(InferenceContext context) => Rearrange(context, toSpace: false);

    private static void Rearrange(InferenceContext context, bool toSpace)
    {
        if (context.Tensor(0) is not { } input)
        {
            return;
        }

        SymbolicShape shape = input.Shape ?? SymbolicShape.OfRank(4);
        long block = context.Attributes.Int("blocksize", 1);
        if (shape.Rank != 4)
        {
            context.FailShape($"{shape} is not of batch, channels, height and width");
            return;
        }

        if (block is < 1 or > short.MaxValue)
        {
            context.Fail(NtirFault.WrongAttribute, $"blocksize is {block}");
            return;
        }

        Dim[] dims = toSpace
            ? [shape[0], Dim.FloorDiv(shape[1], block * block), shape[2] * block, shape[3] * block]
            : [shape[0], shape[1] * (block * block), Dim.FloorDiv(shape[2], block), Dim.FloorDiv(shape[3], block)];
        context.Give(0, input.Element, new SymbolicShape(dims));
    }

    private static int Place(long position, int rank) =>
        (int)Math.Clamp(position < 0 ? position + rank : position, 0, rank);

    private static Dim WholeCount(InferenceContext context)
    {
        if (context.Elements(0) is not [{ } start] || context.Elements(1) is not [{ } limit] ||
            context.Elements(2) is not [{ IsConstant: true, Value: not 0 } step])
        {
            return Dim.Unknown;
        }

        Dim span = step.Value > 0 ? limit - start : start - limit;
        return step.Value == long.MinValue ? Dim.Unknown
            : Sizes.NotNegative(Dim.CeilDiv(span, Math.Abs(step.Value)));
    }

    private static Dim FloatCount(InferenceContext context, ElementType type)
    {
        if (Read(context.Constant(0), type) is not { } start || Read(context.Constant(1), type) is not { } limit ||
            Read(context.Constant(2), type) is not { } step)
        {
            return Dim.Unknown;
        }

        double count = Math.Ceiling((limit - start) / step);
        return count <= int.MaxValue ? (long)Math.Max(0, count) : Dim.Unknown;
    }

    private static double? Read(TensorValue? value, ElementType type) => value is not { Count: 1 } || value.Type != type
        ? null
        : type switch
        {
            ElementType.Float32 => value.Span<float>()[0],
            ElementType.Float64 => value.Span<double>()[0],
            ElementType.Float16 => (double)value.Span<Half>()[0],
            ElementType.BFloat16 => (float)value.Span<BFloat16>()[0],
            _ => null,
        };
}
