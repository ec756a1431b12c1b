using Ahr.Ntir.Inference;
using Ahr.Ntir.Ops.Movement;
using Ahr.Ntir.Types;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Ntir.Ops.Signal;

/// <summary>Tensors sampled at other places.</summary>
internal static class ResampleRules
{
    public static void Resize(InferenceContext context)
    {
        if (context.Tensor(0) is not { } x)
        {
            return;
        }

        if (x.Shape is not { } shape)
        {
            context.Give(0, x.Element, null);
            return;
        }

        long[] named = context.Attributes.Ints("axes")
            ?? [.. Enumerable.Range(0, shape.Rank).Select(axis => (long)axis)];
        if (Sizes.Axes(context, named, shape.Rank) is not { } axes)
        {
            return;
        }

        IReadOnlyList<Dim>? sizes = context.Elements(3) is { Count: > 0 } told ? told : null;
        float[]? scales = sizes is null ? Scales(context.Constant(2)) : null;
        if ((sizes?.Count ?? scales?.Length ?? axes.Length) != axes.Length)
        {
            context.FailShape($"{sizes?.Count ?? scales!.Length} sizes or scales for {axes.Length} axes of {shape}");
            return;
        }

        Dim[]? resized = sizes is not null ? Sized(context, shape, axes, sizes)
            : scales is not null ? [.. axes.Select((axis, i) => Scaled(shape[axis], scales[i]))]
            : null;
        for (int i = 0; i < axes.Length; i++)
        {
            shape = shape.With(axes[i], resized?[i] ?? Dim.Unknown);
        }

        context.Give(0, x.Element, shape);
    }

    public static void GridSample(InferenceContext context)
    {
        if (context.Tensor(0) is not { } x)
        {
            return;
        }

        if (x.Shape is not { } shape || context.Shape(1) is not { } grid)
        {
            context.Give(0, x.Element, x.Shape is { } known ? SymbolicShape.OfRank(known.Rank) : null);
            return;
        }

        if (shape.Rank < 3 || grid.Rank != shape.Rank || Dim.IsDifferent(grid[^1], shape.Rank - 2))
        {
            context.FailShape($"grid {grid} does not name places in {shape}");
            return;
        }

        Dim batch = ShapeRules.Same(context, shape[0], grid[0], "batches");
        context.Give(0, x.Element, new SymbolicShape([batch, shape[1], .. grid.Skip(1).SkipLast(1)]));
    }

    public static void AffineGrid(InferenceContext context)
    {
        if (context.Tensor(0) is not { } theta)
        {
            return;
        }

        if (Sizes.FromOperand(context, 1) is not { } size)
        {
            context.Give(0, theta.Element, null);
        }
        else if (size.Rank is not (4 or 5))
        {
            context.FailShape($"{size} is not the size of a picture or of a volume");
        }
        else
        {
            context.Give(0, theta.Element, new SymbolicShape([size[0], .. size.Skip(2), size.Rank - 2]));
        }
    }

    public static void RoiAlign(InferenceContext context) => Regions(
        context,
        4,
        context.Attributes.Int("output_height", 1),
        context.Attributes.Int("output_width", 1));

    public static void MaxRoiPool(InferenceContext context)
    {
        long[]? pooled = context.Attributes.Ints("pooled_shape");
        if (pooled is not [var height, var width])
        {
            context.Fail(NtirFault.WrongAttribute, "pooled_shape is not a height and a width");
            return;
        }

        Regions(context, 5, height, width);
    }

    private static void Regions(InferenceContext context, long numbers, long height, long width)
    {
        if (context.Tensor(0) is not { } x)
        {
            return;
        }

        SymbolicShape shape = x.Shape ?? SymbolicShape.OfRank(4), rois = context.Shape(1) ?? SymbolicShape.OfRank(2);
        if (shape.Rank != 4 || rois.Rank != 2 || Dim.IsDifferent(rois[1], numbers))
        {
            context.FailShape($"{rois} are not regions of {shape}");
            return;
        }

        context.Give(0, x.Element, new SymbolicShape([rois[0], shape[1], height, width]));
    }

    private static float[]? Scales(TensorValue? scales) =>
        scales is { Type: ElementType.Float32, Rank: 1 } ? scales.Span<float>().ToArray() : null;

    // As the kernel rounds: down, in float32. Of a symbol only whole multiples and whole parts can be said.
    private static Dim Scaled(Dim size, float scale)
    {
        if (!(scale > 0) || !float.IsFinite(scale))
        {
            return Dim.Unknown;
        }

        if (size.IsConstant)
        {
            return (long)MathF.Floor(size.Value * scale);
        }

        float part = 1 / scale;
        return scale == MathF.Floor(scale) && scale < int.MaxValue ? size * (long)scale
            : float.IsPow2(part) && part < int.MaxValue ? Dim.FloorDiv(size, (long)part)
            : Dim.Unknown;
    }

    private static Dim[]? Sized(InferenceContext context, SymbolicShape shape, int[] axes, IReadOnlyList<Dim> sizes)
    {
        string policy = context.Attributes.Text("keep_aspect_ratio_policy", "stretch");
        if (policy == "stretch")
        {
            return [.. sizes];
        }

        if (axes.Length == 0 || axes.Any(axis => !shape[axis].IsConstant) || sizes.Any(size => !size.IsConstant))
        {
            return null;
        }

        IEnumerable<double> scales = axes.Select(
            (axis, i) => (double)sizes[i].Value / Math.Max(1, shape[axis].Value));
        double shared = policy == "not_larger" ? scales.Min() : scales.Max();
        return [.. axes.Select(axis => (Dim)(long)Math.Floor((shared * shape[axis].Value) + 0.5))];
    }
}
