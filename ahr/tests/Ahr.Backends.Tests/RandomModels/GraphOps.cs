using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Backends.Tests.RandomModels;

/// <summary>Ways to add a node. Each looks for operands that go together, and adds nothing where there are none.
/// </summary>
/// <remarks>
/// Left out where ONNX Runtime itself does not do what ONNX says, or ONNX says nothing:
/// whole numbers divided by 0, or the least by -1 (ONNX Runtime ends the process);
/// whole numbers made of NaN, infinities or what is out of range (ONNX leaves Cast open there);
/// NaN in reductions to the largest or smallest, in ArgMax, ArgMin and TopK (ONNX Runtime's answer depends on where
/// the NaN stands);
/// Gemm over no elements (ONNX Runtime leaves beta out then);
/// operators on element types that ONNX Runtime has no kernel for (Sin of float64 and the like are refused).
/// </remarks>
internal static partial class GraphOps
{
    private static readonly string[] s_smooth =
        ["Exp", "Sigmoid", "Tanh", "Erf", "Softplus", "Softsign", "Elu", "Selu", "HardSigmoid", "HardSwish", "Celu"];

    public static IReadOnlyList<Action<GraphMaker>> All { get; } =
    [
        Unary, Unary, Smooth, Binary, Binary, Binary, Compare, Logic, Where, Cast, Transpose, Reshape, Squeeze,
        Concat, Slice, Gather, Reduce, Extreme, Softmax, MatMul, Gemm, Expand, Tile, Pad, ArgMax, Clip, CumSum, Split,
        Flatten, ShapeOf, Variadic, Normalise, Pool, Conv, TopK, Pow,
    ];

    private static void Unary(GraphMaker make)
    {
        string op = make.Pick(["Abs", "Neg", "Relu", "Identity", "Floor", "Ceil", "Round", "Sign", "Sqrt", "Reciprocal",
            "LeakyRelu", "IsNaN", "IsInf", "Not"]);
        bool isQuestion = op is "IsNaN" or "IsInf";
        bool mayBeInexact = op is "Abs" or "Neg" or "Relu" or "Identity";
        if (make.Find(x => (op == "Not" ? x.Type == ElementType.Bool
            : op is "Identity" || (op is "Abs" or "Neg" or "Sign" && x.Type is ElementType.Int32 or ElementType.Int64)
                || x.Type == ElementType.Float32) && (x.IsExact || mayBeInexact)) is not { } x)
        {
            return;
        }

        if (op is not ("Identity" or "Neg" or "Abs" or "Not") && x.Type != ElementType.Float32)
        {
            return;
        }

        make.Node(op, [x], [(isQuestion ? ElementType.Bool : x.Type, x.Shape)], x.IsExact,
            x.IsTame && op is "Abs" or "Neg" or "Relu" or "Identity" or "Floor" or "Ceil" or "Round");
    }

    private static void Smooth(GraphMaker make)
    {
        if (make.Find(x => x.Type == ElementType.Float32 && x.IsExact) is { } x)
        {
            string op = make.Pick<string>(x.IsTame ? [.. s_smooth, "Sin", "Cos", "Log"] : s_smooth);
            make.Node(op, [x], [(x.Type, x.Shape)], false, x.IsTame && op is "Sigmoid" or "Tanh" or "Erf");
        }
    }

    private static void Binary(GraphMaker make)
    {
        string op = make.Pick(["Add", "Sub", "Mul", "Div", "Mod"]);
        if (make.Find(x => x.Type != ElementType.Bool && x.IsExact) is not { } x || (op == "Mod" && x.IsFloat))
        {
            return;
        }

        bool isWholeDivision = op is "Div" or "Mod" && !x.IsFloat;
        if (isWholeDivision && !x.IsTame)
        {
            return;
        }

        GraphValue y = isWholeDivision
            ? make.Constant(x.Type == ElementType.Int32
                ? TensorValue.From<int>(x.Type, [make.Pick([1, 2, 3, -2])])
                : TensorValue.From<long>(x.Type, [make.Pick([1L, 2, 3, -2])]))
            : Partner(make, x);
        if (Broadcast(x.Shape, y.Shape) is { } shape)
        {
            bool isSwapped = make.Random.Next(2) == 0 && !isWholeDivision;
            make.Node(op, isSwapped ? [y, x] : [x, y], [(x.Type, shape)], true, false);
        }
    }

    // Another value, or a new one that broadcasts.
    private static GraphValue Partner(GraphMaker make, GraphValue x)
    {
        GraphValue? other = make.Find(y => y.Type == x.Type && y.IsExact && Broadcast(x.Shape, y.Shape) is not null);
        if (other is not null && make.Random.Next(2) == 0)
        {
            return other;
        }

        long[] shape = [.. x.Shape.Skip(make.Random.Next(x.Shape.Length + 1))
            .Select(size => make.Random.Next(3) == 0 ? 1 : size)];
        return make.Fresh(x.Type, make.Random.Next(6) == 0 ? [2, 1, .. shape] : shape, make.Random.Next(2) == 0);
    }

    private static void Compare(GraphMaker make)
    {
        if (make.Find(x => x.Type != ElementType.Bool && x.IsExact) is { } x && Partner(make, x) is var y &&
            Broadcast(x.Shape, y.Shape) is { } shape)
        {
            make.Node(make.Pick(["Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual"]), [x, y],
                [(ElementType.Bool, shape)], true, true);
        }
    }

    private static void Logic(GraphMaker make)
    {
        if (make.Find(x => x.Type == ElementType.Bool) is { } x && Partner(make, x) is var y &&
            Broadcast(x.Shape, y.Shape) is { } shape)
        {
            make.Node(make.Pick(["And", "Or", "Xor"]), [x, y], [(ElementType.Bool, shape)], true, true);
        }
    }

    private static void Where(GraphMaker make)
    {
        if (make.Find(c => c.Type == ElementType.Bool) is { } condition &&
            make.Find(x => x.Type is ElementType.Float32 or ElementType.Int64 && x.IsExact) is { } x &&
            Partner(make, x) is var y && Broadcast(x.Shape, y.Shape) is { } first &&
            Broadcast(condition.Shape, first) is { } shape)
        {
            make.Node("Where", [condition, x, y], [(x.Type, shape)], true, x.IsTame && y.IsTame);
        }
    }

    private static void Cast(GraphMaker make)
    {
        if (make.Find(x => x.IsExact) is { } x)
        {
            ElementType to = make.Pick<ElementType>(x.IsFloat && !x.IsTame
                ? [ElementType.Float32, ElementType.Float64, ElementType.Bool]
                : [ElementType.Float32, ElementType.Float64, ElementType.Int32, ElementType.Int64, ElementType.Bool]);
            make.Node("Cast", [x], [(to, x.Shape)], true, x.IsTame, ("to", (long)to));
        }
    }

    private static void Reduce(GraphMaker make)
    {
        if (make.Find(x => x.Type == ElementType.Float32 && x.IsExact && x.IsTame && x.Shape.Length > 0 &&
            !x.Shape.Contains(0)) is { } x)
        {
            string op = make.Pick(["ReduceSum", "ReduceMean", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare"]);
            ReduceWith(make, op, x);
        }
    }

    private static void Extreme(GraphMaker make)
    {
        if (make.Find(x => x.Type is ElementType.Float32 or ElementType.Int32 && x.IsTame && x.Shape.Length > 0 &&
            !x.Shape.Contains(0)) is { } x)
        {
            ReduceWith(make, make.Pick(["ReduceMax", "ReduceMin"]), x);
        }
    }

    private static void ReduceWith(GraphMaker make, string op, GraphValue x)
    {
        int axis = make.Random.Next(x.Shape.Length);
        bool keeps = make.Random.Next(2) == 0;
        long[] shape = keeps ? With(x, axis, 1) : [.. x.Shape.Where((_, i) => i != axis)];
        bool isExtreme = op is "ReduceMax" or "ReduceMin";
        bool isSum = op == "ReduceSum"; // its axes became an operand at opset 13
        make.Node(op, isSum ? [x, make.Ints(axis)] : [x], [(x.Type, shape)], isExtreme && x.IsExact, isExtreme,
            [("keepdims", keeps ? 1L : 0L), .. isSum ? [] : new (string, object)[] { ("axes", new long[] { axis }) }]);
    }

    private static void Softmax(GraphMaker make)
    {
        if (make.Find(x => x.Type == ElementType.Float32 && x.IsExact && x.IsTame && x.Shape.Length > 0) is { } x)
        {
            make.Node(make.Pick(["Softmax", "LogSoftmax"]), [x], [(x.Type, x.Shape)], false, false,
                ("axis", (long)make.Random.Next(-x.Shape.Length, x.Shape.Length)));
        }
    }

    private static void MatMul(GraphMaker make)
    {
        if (make.Find(x => x.IsFloat && x.IsExact && x.IsTame && x.Shape.Length > 1) is { } x)
        {
            long inner = x.Shape[^1], width = 1 + make.Random.Next(4);
            GraphValue y = make.Fresh(x.Type, make.Random.Next(3) == 0 && x.Shape.Length > 2
                ? [x.Shape[^3], inner, width] : [inner, width], true);
            make.Node("MatMul", [x, y], [(x.Type, [.. x.Shape[..^1], width])], false, false);
        }
    }

    private static void Gemm(GraphMaker make)
    {
        if (make.Find(x => x.Type == ElementType.Float32 && x.IsExact && x.IsTame && x.Shape.Length == 2 &&
            x.Shape[1] > 0) is { } x)
        {
            long width = 1 + make.Random.Next(4);
            GraphValue y = make.Fresh(x.Type, [width, x.Shape[1]], true);
            GraphValue? bias = make.Random.Next(2) == 0 ? make.Fresh(x.Type, [width], true) : null;
            make.Node("Gemm", bias is null ? [x, y] : [x, y, bias], [(x.Type, [x.Shape[0], width])], false, false,
                ("transB", 1L), ("alpha", 0.5f), ("beta", 2f));
        }
    }

    private static void ArgMax(GraphMaker make)
    {
        if (make.Find(x => x.Type is ElementType.Float32 or ElementType.Int32 && x.IsExact && x.IsTame &&
            x.Shape.Length > 0 && !x.Shape.Contains(0)) is { } x)
        {
            int axis = make.Random.Next(x.Shape.Length);
            make.Node(make.Pick(["ArgMax", "ArgMin"]), [x], [(ElementType.Int64, With(x, axis, 1))], true, true,
                ("axis", (long)axis), ("select_last_index", (long)make.Random.Next(2)));
        }
    }

    private static void Clip(GraphMaker make)
    {
        if (make.Find(x => x.Type is ElementType.Float32 && x.IsTame) is { } x)
        {
            GraphValue low = make.Constant(TensorValue.From<float>(ElementType.Float32, [-1f]));
            GraphValue?[] operands = make.Random.Next(2) == 0 ? [x, low] : [x, null, low];
            make.Node("Clip", operands, [(x.Type, x.Shape)], x.IsExact, true);
        }
    }

    private static void CumSum(GraphMaker make)
    {
        if (make.Find(x => x.Type is ElementType.Float32 or ElementType.Int64 && x.IsExact && x.IsTame &&
            x.Shape.Length > 0) is { } x)
        {
            make.Node("CumSum", [x, make.Constant(TensorValue.From<long>(ElementType.Int64,
                [make.Random.Next(x.Shape.Length)]))], [(x.Type, x.Shape)], false, false,
                ("exclusive", (long)make.Random.Next(2)), ("reverse", (long)make.Random.Next(2)));
        }
    }

    private static void Variadic(GraphMaker make)
    {
        string op = make.Pick(["Max", "Min", "Sum", "Mean"]);
        if (make.Find(x => x.Type == ElementType.Float32 && x.IsTame && x.IsExact) is { } x)
        {
            GraphValue y = make.Fresh(x.Type, [.. x.Shape.Select(size => make.Random.Next(2) == 0 ? 1 : size)], true);
            make.Node(op, make.Random.Next(4) == 0 ? [x] : [x, y, x], [(x.Type, x.Shape)], op is "Max" or "Min", true);
        }
    }

    private static void Normalise(GraphMaker make)
    {
        if (make.Find(x => x.Type == ElementType.Float32 && x.IsTame && x.IsExact && x.Shape.Length > 1 &&
            !x.Shape.Contains(0)) is { } x)
        {
            GraphValue scale = make.Fresh(x.Type, [x.Shape[^1]], true);
            make.Node("LayerNormalization", [x, scale], [(x.Type, x.Shape)], false, false, ("epsilon", 0.01f));
        }
    }

    private static void Pool(GraphMaker make)
    {
        if (make.Find(x => x.Type == ElementType.Float32 && x.IsTame && x.Shape.Length == 4 &&
            x.Shape.All(size => size > 1)) is { } x)
        {
            long[] shape = [x.Shape[0], x.Shape[1], x.Shape[2] - 1, x.Shape[3] - 1];
            bool isMax = make.Random.Next(2) == 0;
            make.Node(isMax ? "MaxPool" : "AveragePool", [x], [(x.Type, shape)], isMax && x.IsExact, true,
                ("kernel_shape", new long[] { 2, 2 }));
        }
    }

    private static void Conv(GraphMaker make)
    {
        if (make.Find(x => x.Type == ElementType.Float32 && x.IsTame && x.IsExact && x.Shape.Length is 3 or 4 &&
            !x.Shape.Contains(0)) is { } x)
        {
            long[] kernel = [.. x.Shape.Skip(2).Select(_ => 3L)];
            long outputs = 1 + make.Random.Next(3);
            GraphValue weights = make.Fresh(x.Type, [outputs, x.Shape[1], .. kernel], true);
            make.Node("Conv", [x, weights], [(x.Type, [x.Shape[0], outputs, .. x.Shape[2..]])], false, false,
                ("pads", kernel.Concat(kernel).Select(_ => 1L).ToArray()));
        }
    }

    private static void TopK(GraphMaker make)
    {
        if (make.Find(x => x.Type is ElementType.Float32 or ElementType.Int64 && x.IsTame && x.IsExact &&
            x.Shape.Length > 0 && x.Shape[^1] > 0) is { } x)
        {
            long most = make.Random.NextInt64(x.Shape[^1] + 1);
            make.Node("TopK", [x, make.Ints(most)],
                [(x.Type, With(x, x.Shape.Length - 1, most)), (ElementType.Int64, With(x, x.Shape.Length - 1, most))],
                true, true, ("largest", (long)make.Random.Next(2)));
        }
    }

    private static void Pow(GraphMaker make)
    {
        if (make.Find(x => x.Type == ElementType.Float32 && x.IsExact && x.IsTame) is { } x)
        {
            float exponent = make.Pick([0f, 1, 2, 3, -1]);
            make.Node("Pow", [x, make.Constant(TensorValue.From<float>(ElementType.Float32, [exponent]))],
                [(x.Type, x.Shape)], false, false);
        }
    }

    private static long[] With(GraphValue x, int axis, long size) =>
        [.. x.Shape.Select((old, i) => i == axis ? size : old)];

    private static long[]? Broadcast(long[] left, long[] right)
    {
        long[] shape = new long[Math.Max(left.Length, right.Length)];
        for (int i = 1; i <= shape.Length; i++)
        {
            long a = i <= left.Length ? left[^i] : 1, b = i <= right.Length ? right[^i] : 1;
            if (a != b && a != 1 && b != 1)
            {
                return null;
            }

            shape[^i] = a == 1 ? b : a;
        }

        return shape;
    }
}
