using Ahr.Ntir.Inference;
using Ahr.Ntir.Types;
using Nbc.Tensors;

namespace Ahr.Ntir.Ops.Movement;

/// <summary>Sizes of slices, exact also where the sizes of the operand are symbols.</summary>
internal static class SliceRule
{
    // Exporters write any number from here on for "to the end".
    private const long End = int.MaxValue;

    public static void Infer(InferenceContext context)
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

        IReadOnlyList<Dim>? starts = Positions(context, 1), ends = Positions(context, 2);
        int count = starts?.Count ?? ends?.Count ?? Sizes.Count(context, 1) ?? -1;
        long[]? named = context.Has(3) ? context.Numbers(3)
            : count < 0 ? null : [.. Enumerable.Range(0, count).Select(axis => (long)axis)];
        if (named is null || count < 0)
        {
            context.Give(0, data.Element, Sizes.Forget(shape));
            return;
        }

        long[]? steps = context.Has(4) ? context.Numbers(4) : [.. Enumerable.Repeat(1L, count)];
        if (Sizes.Axes(context, named, shape.Rank) is not { } axes)
        {
            return;
        }

        if (axes.Length != count || (ends?.Count ?? count) != count || (steps?.Length ?? count) != count)
        {
            context.FailShape($"{count} starts do not go with as many ends, axes and steps");
            return;
        }

        for (int i = 0; i < count; i++)
        {
            Dim size = starts is null || ends is null || steps is null
                ? Dim.Unknown : Size(shape[axes[i]], starts[i], ends[i], steps[i]);
            shape = shape.With(axes[i], size);
        }

        context.Give(0, data.Element, shape);
        Pass(context, starts, ends, steps);
    }

    // The lowest number of all is no size, but a position before every start.
    private static IReadOnlyList<Dim>? Positions(InferenceContext context, int input)
    {
        if (context.Constant(input) is not { Type: ElementType.Int64, Count: <= ShapeInference.MostElements } constant)
        {
            return context.Elements(input);
        }

        List<Dim> positions = [];
        foreach (long position in constant.Span<long>())
        {
            positions.Add(Math.Max(position, -long.MaxValue));
        }

        return positions;
    }

    private static Dim Size(Dim size, Dim start, Dim end, long step)
    {
        if (size.IsConstant && start.IsConstant && end.IsConstant)
        {
            return step == 0 ? Dim.Unknown : Walk(size.Value, start.Value, end.Value, step).Count;
        }

        if (step < 1)
        {
            bool isWhole = step == -1 && start is { IsConstant: true, Value: -1 or >= End } &&
                end is { IsConstant: true, Value: <= -End };
            return isWhole ? size : Dim.Unknown;
        }

        Dim from = Place(start, size), to = Place(end, size);
        Dim span = from is { IsConstant: true, Value: 0 } ? to : Dim.Max(to - from, 0);
        return step == 1 ? span : Dim.CeilDiv(span, step);
    }

    // Where a position lies in the axis, between 0 and its size.
    private static Dim Place(Dim position, Dim size)
    {
        if (Dim.IsSame(position, size) || position is { IsConstant: true, Value: >= End })
        {
            return size;
        }

        if (position.IsConstant)
        {
            return position.Value == 0 ? 0
                : position.Value > 0 ? Dim.Min(position, size)
                : position.Value <= -End ? 0 : Dim.Max(size + position, 0);
        }

        return position.SymbolName is not null ? Dim.Min(position, size) : Dim.Unknown;
    }

    private static void Pass(
        InferenceContext context, IReadOnlyList<Dim>? starts, IReadOnlyList<Dim>? ends, long[]? steps)
    {
        if (context.Elements(0) is { } elements && context.Shape(0) is { Rank: 1 } && steps is [not 0 and var step] &&
            starts is [{ IsConstant: true } start] && ends is [{ IsConstant: true } end])
        {
            (long first, long count) = Walk(elements.Count, start.Value, end.Value, step);
            Dim[] kept = new Dim[count];
            for (int i = 0; i < kept.Length; i++)
            {
                kept[i] = elements[(int)(first + (i * step))];
            }

            context.GiveElements(0, kept);
        }
    }

    private static (long First, long Count) Walk(long size, long start, long end, long step)
    {
        long low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
        long from = Math.Clamp(start < 0 ? start + size : start, low, high);
        long to = Math.Clamp(end < 0 ? end + size : end, low, high);
        Int128 span = step > 0 ? (Int128)to - from : (Int128)from - to;
        return (from, span <= 0 ? 0 : (long)((span - 1) / Int128.Abs(step)) + 1);
    }
}
