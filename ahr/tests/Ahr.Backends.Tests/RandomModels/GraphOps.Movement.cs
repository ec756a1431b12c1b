using Nbc.Tensors;

namespace Ahr.Backends.Tests.RandomModels;

/// <summary>Nodes that move elements and change none.</summary>
internal static partial class GraphOps
{
    private static void Transpose(GraphMaker make)
    {
        GraphValue x = make.Pick(make.Values);
        long[] axes = [.. Enumerable.Range(0, x.Shape.Length).Select(axis => (long)axis)];
        make.Random.Shuffle(axes);
        make.Node("Transpose", [x], [(x.Type, [.. axes.Select(axis => x.Shape[axis])])], x.IsExact, x.IsTame,
            ("perm", axes));
    }

    private static void Reshape(GraphMaker make)
    {
        GraphValue x = make.Pick(make.Values);
        List<long> sizes = [.. x.Shape];
        int at = sizes.Count > 1 ? make.Random.Next(sizes.Count - 1) : 0;
        if (sizes.Count > 1)
        {
            sizes[at] *= sizes[at + 1];
            sizes.RemoveAt(at + 1);
        }
        else
        {
            sizes.Insert(0, 1);
        }

        long[] asked = [.. sizes];
        if (x.Count > 0 && make.Random.Next(2) == 0)
        {
            asked[at] = -1;
        }

        make.Node("Reshape", [x, make.Ints(asked)], [(x.Type, [.. sizes])], x.IsExact, x.IsTame);
    }

    private static void Squeeze(GraphMaker make)
    {
        GraphValue x = make.Pick(make.Values);
        int at = Array.IndexOf(x.Shape, 1);
        if (at >= 0 && make.Random.Next(2) == 0)
        {
            make.Node("Squeeze", [x, make.Ints(at - (make.Random.Next(2) * x.Shape.Length))],
                [(x.Type, [.. x.Shape.Where((_, i) => i != at)])], x.IsExact, x.IsTame);
            return;
        }

        long axis = make.Random.Next(x.Shape.Length + 1);
        make.Node("Unsqueeze", [x, make.Ints(axis)], [(x.Type, x.Shape.ToList() is var sizes
            ? [.. sizes.Take((int)axis), 1, .. sizes.Skip((int)axis)] : [])], x.IsExact, x.IsTame);
    }

    private static void Concat(GraphMaker make)
    {
        if (make.Find(x => x.Shape.Length > 0) is { } x)
        {
            int axis = make.Random.Next(x.Shape.Length);
            GraphValue y = make.Fresh(x.Type, [.. x.Shape.Select((size, i) => i == axis ? 2 : size)], x.IsTame);
            make.Node("Concat", [x, y, x], [(x.Type, With(x, axis, (2 * x.Shape[axis]) + 2))], x.IsExact, x.IsTame,
                ("axis", (long)axis - (make.Random.Next(2) * x.Shape.Length)));
        }
    }

    private static void Slice(GraphMaker make)
    {
        if (make.Find(x => x.Shape.Length > 0) is { } x)
        {
            int axis = make.Random.Next(x.Shape.Length);
            long size = x.Shape[axis];
            bool isBackward = make.Random.Next(3) == 0;
            long step = 1 + make.Random.Next(2);
            long from = isBackward ? size : make.Random.Next(3);
            long count = isBackward ? (size + step - 1) / step : Math.Max(0, (size - from + step - 1) / step);
            make.Node("Slice",
                [x, make.Ints(from), make.Ints(isBackward ? long.MinValue : long.MaxValue), make.Ints(axis),
                    make.Ints(isBackward ? -step : step)],
                [(x.Type, With(x, axis, count))], x.IsExact, x.IsTame);
        }
    }

    private static void Gather(GraphMaker make)
    {
        if (make.Find(x => x.Shape.Length > 0 && !x.Shape.Contains(0)) is { } x)
        {
            int axis = make.Random.Next(x.Shape.Length);
            long size = x.Shape[axis];
            GraphValue indices = make.Ints([.. Enumerable.Range(0, 3).Select(_ => make.Random.NextInt64(-size, size))]);
            make.Node("Gather", [x, indices], [(x.Type, With(x, axis, 3))], x.IsExact, x.IsTame, ("axis", (long)axis));
        }
    }

    private static void Expand(GraphMaker make)
    {
        GraphValue x = make.Pick(make.Values);
        if (x.Count < 64)
        {
            long[] shape = [2, .. x.Shape.Select(size => size == 1 ? 3 : size)];
            make.Node("Expand", [x, make.Ints(shape)], [(x.Type, shape)], x.IsExact, x.IsTame);
        }
    }

    private static void Tile(GraphMaker make)
    {
        GraphValue x = make.Pick(make.Values);
        if (x.Count < 64 && x.Shape.Length > 0)
        {
            long[] repeats = [.. x.Shape.Select(_ => 1L + make.Random.Next(2))];
            make.Node("Tile", [x, make.Ints(repeats)], [(x.Type, [.. x.Shape.Zip(repeats, (a, b) => a * b)])],
                x.IsExact, x.IsTame);
        }
    }

    private static void Pad(GraphMaker make)
    {
        if (make.Find(x => x.Type is ElementType.Float32 or ElementType.Int64 && x.Shape.Length > 0 &&
            x.Shape.All(size => size > 1)) is { } x)
        {
            long[] pads = [.. Enumerable.Range(0, x.Shape.Length * 2).Select(_ => (long)make.Random.Next(2))];
            long[] shape = [.. x.Shape.Select((size, i) => size + pads[i] + pads[i + x.Shape.Length])];
            make.Node("Pad", [x, make.Ints(pads)], [(x.Type, shape)], x.IsExact, x.IsTame,
                ("mode", make.Pick(["constant", "edge", "reflect"])));
        }
    }

    private static void Split(GraphMaker make)
    {
        if (make.Find(x => x.Shape.Length > 0 && x.Shape[^1] > 1) is { } x)
        {
            int axis = x.Shape.Length - 1;
            long first = make.Random.NextInt64(x.Shape[axis] + 1);
            make.Node("Split", [x, make.Ints(first, x.Shape[axis] - first)],
                [(x.Type, With(x, axis, first)), (x.Type, With(x, axis, x.Shape[axis] - first))], x.IsExact, x.IsTame,
                ("axis", (long)axis));
        }
    }

    private static void Flatten(GraphMaker make)
    {
        GraphValue x = make.Pick(make.Values);
        int axis = make.Random.Next(x.Shape.Length + 1);
        make.Node("Flatten", [x], [(x.Type, [Shapes.Product(x.Shape.AsSpan(0, axis)),
            Shapes.Product(x.Shape.AsSpan(axis))])], x.IsExact, x.IsTame, ("axis", (long)axis));
    }

    private static void ShapeOf(GraphMaker make)
    {
        GraphValue x = make.Pick(make.Values);
        bool isSize = make.Random.Next(2) == 0;
        make.Node(isSize ? "Size" : "Shape", [x], [(ElementType.Int64, isSize ? [] : [x.Shape.Length])], true, true);
    }
}
