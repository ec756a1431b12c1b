using Ahr.Ntir.Inference;
using Ahr.Ntir.Types;

namespace Ahr.Ntir.Ops.Movement;

/// <summary>Other shapes for the same elements.</summary>
internal static class ViewRules
{
    public static void Reshape(InferenceContext context)
    {
        if (context.Tensor(0) is not { } data)
        {
            return;
        }

        SymbolicShape? shape = context.Elements(1) is { } wanted
            ? Resolve(context, data.Shape, wanted) : Sizes.FromOperand(context, 1);
        context.Give(0, data.Element, shape);
        Sizes.PassElements(context, shape);
    }

    public static void Flatten(InferenceContext context)
    {
        if (context.Tensor(0) is not { } data)
        {
            return;
        }

        if (data.Shape is not { } shape)
        {
            context.Give(0, data.Element, SymbolicShape.OfRank(2));
            return;
        }

        long axis = context.Attributes.Int("axis", 1);
        if (axis < -shape.Rank || axis > shape.Rank)
        {
            context.FailShape($"axis {axis} is outside {shape}");
            return;
        }

        int cut = (int)(axis < 0 ? axis + shape.Rank : axis);
        Dim[] dims = [new SymbolicShape(shape.Take(cut)).Product, new SymbolicShape(shape.Skip(cut)).Product];
        context.Give(0, data.Element, new SymbolicShape(dims));
    }

    public static void Squeeze(InferenceContext context)
    {
        if (context.Tensor(0) is not { } data)
        {
            return;
        }

        SymbolicShape? shape = data.Shape is { } known ? Squeezed(context, known) : null;
        context.Give(0, data.Element, shape);
        Sizes.PassElements(context, shape);
    }

    public static void Unsqueeze(InferenceContext context)
    {
        if (context.Tensor(0) is not { } data)
        {
            return;
        }

        int? count = context.Numbers(1)?.Length ?? Sizes.Count(context, 1);
        if (data.Shape is not { } shape || count is not { } more)
        {
            context.Give(0, data.Element, null);
            return;
        }

        int rank = shape.Rank + more;
        SymbolicShape result = SymbolicShape.OfRank(rank);
        if (Sizes.Axes(context, context.Numbers(1), rank) is { } axes)
        {
            if (axes.Distinct().Count() != axes.Length)
            {
                context.FailShape($"axes {string.Join(", ", axes)} name one twice");
                return;
            }

            using IEnumerator<Dim> next = shape.GetEnumerator();
            result = new SymbolicShape(Enumerable.Range(0, rank)
                .Select(axis => !axes.Contains(axis) && next.MoveNext() ? next.Current : (Dim)1));
        }

        context.Give(0, data.Element, result);
        Sizes.PassElements(context, result);
    }

    public static void Transpose(InferenceContext context)
    {
        if (context.Tensor(0) is not { } data)
        {
            return;
        }

        long[]? order = context.Attributes.Ints("perm");
        if (data.Shape is not { } shape)
        {
            context.Give(0, data.Element, order is null ? null : SymbolicShape.OfRank(order.Length));
            return;
        }

        if (order is not null && (order.Length != shape.Rank || order.Any(axis => axis < 0 || axis >= shape.Rank)))
        {
            context.FailShape($"perm [{string.Join(", ", order)}] does not fit {shape}");
            return;
        }

        SymbolicShape turned = new(order is null ? shape.Reverse() : order.Select(axis => shape[(int)axis]));
        context.Give(0, data.Element, turned);
        Sizes.PassElements(context, turned);
    }

    private static SymbolicShape? Squeezed(InferenceContext context, SymbolicShape shape)
    {
        if (!context.Has(1))
        {
            // A size that is no number may be 1 or not: then not even the rank is known.
            return shape.All(dim => dim.IsConstant) ? new SymbolicShape(shape.Where(dim => dim.Value != 1)) : null;
        }

        if (Sizes.Axes(context, context.Numbers(1), shape.Rank) is not { } axes)
        {
            return Sizes.Count(context, 1) is { } count && count <= shape.Rank
                ? SymbolicShape.OfRank(shape.Rank - count) : null;
        }

        foreach (int axis in axes)
        {
            if (Dim.IsDifferent(shape[axis], 1))
            {
                context.FailShape($"axis {axis} of {shape} is not 1");
            }
        }

        return new SymbolicShape(shape.Where((_, axis) => !axes.Contains(axis)));
    }

    private static SymbolicShape Resolve(
        InferenceContext context, SymbolicShape? from, IReadOnlyList<Dim> wanted)
    {
        bool allowZero = context.Attributes.Flag("allowzero");
        Dim[] dims = new Dim[wanted.Count];
        List<Dim> left = from is null ? [Dim.Unknown] : [.. from], taken = [];
        int open = -1;
        for (int i = 0; i < dims.Length; i++)
        {
            dims[i] = wanted[i];
            if (wanted[i] is { IsConstant: true, Value: 0 } && !allowZero)
            {
                dims[i] = from is null ? Dim.Unknown : i < from.Rank ? from[i] : Missing(context, from, i);
                // The very same axis on both sides: it cancels even when its size is unknown.
                int same = from is not null && i < from.Rank ? left.FindIndex(dim => ReferenceEquals(dim, from[i]))
                    : -1;
                if (same >= 0)
                {
                    left.RemoveAt(same);
                    continue;
                }
            }

            if (wanted[i] is { IsConstant: true, Value: -1 })
            {
                open = i;
                continue;
            }

            taken.Add(dims[i]);
        }

        Cancel(left, taken);
        Dim all = new SymbolicShape(left).Product, rest = new SymbolicShape(taken).Product;
        if (open >= 0)
        {
            dims[open] = Open(context, from, all, rest);
        }
        else if (Dim.IsDifferent(all, rest) && !MayBeEmpty(from))
        {
            context.FailShape($"{from} does not have the elements of {new SymbolicShape(dims)}");
        }

        return new SymbolicShape(dims);
    }

    // An empty tensor takes any empty shape.
    private static bool MayBeEmpty(SymbolicShape? shape) =>
        shape is null || !shape.All(dim => dim is { IsConstant: true, Value: not 0 });

    private static Dim Missing(InferenceContext context, SymbolicShape from, int axis)
    {
        context.FailShape($"size {axis} is kept, but {from} has no such axis");
        return Dim.Unknown;
    }

    private static Dim Open(InferenceContext context, SymbolicShape? from, Dim all, Dim rest)
    {
        if (all.IsConstant && rest is { IsConstant: true, Value: > 0 } && all.Value % rest.Value != 0)
        {
            if (!MayBeEmpty(from))
            {
                context.FailShape($"{from} does not divide into parts of {rest}");
            }

            return Dim.Unknown;
        }

        return rest is { IsConstant: true, Value: 1 } ? all
            : rest is { IsConstant: true, Value: <= 0 } ? Dim.Unknown : Dim.FloorDiv(all, rest);
    }

    // Equal factors on both sides go, so that what is left divides more often.
    private static void Cancel(List<Dim> left, List<Dim> taken)
    {
        for (int i = taken.Count - 1; i >= 0; i--)
        {
            int same = left.FindIndex(dim => Dim.IsSame(dim, taken[i]) && dim is not { IsConstant: true, Value: 0 });
            if (same >= 0)
            {
                left.RemoveAt(same);
                taken.RemoveAt(i);
            }
        }
    }
}
