using Ahr.Ntir.Graph;
using Ahr.Ntir.Types;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Ntir.Passes;

/// <summary>The laws that hold bit by bit for every element type named; each stands as a line of pattern and result.
/// </summary>
public static class Algebra
{
    private static readonly string[] s_onlyOne = ["min", "max", "sum", "mean", "concat"];

    /// <summary>In the order in which they are tried for one operation.</summary>
    public static IReadOnlyList<Rewrite> Laws { get; } =
    [
        new("identity(x) -> x", "identity", (op, _) => op.Operand(0)),
        new("dropout(x) -> x, when it does not train", "dropout", (op, _) =>
            op.Operand(2) is null && !IsUsed(op, 1) ? op.Operand(0) : null),
        new("cast(x) -> x, of x's own type", "cast", (op, _) =>
            op.Operand(0)?.TensorType?.Element == op.Attributes.Type("to") ? op.Operand(0) : null),
        new("cast_like(x, y) -> cast(x), to the type of y", "cast_like", CastToKnown),
        new("x * 1 -> x", "mul", (op, _) => Neutral(op, 1)),
        new("x / 1 -> x", "div", (op, _) => Neutral(op, 1)),
        new("x - 0 -> x", "sub", (op, _) => Neutral(op, 0)),
        new("x + 0 -> x, of whole numbers; -0 for floats", "add", (op, _) => Neutral(op, -0.0)),
        new("x ^ 1 -> x", "pow", (op, _) => Neutral(op, 1)),
        new("not not x -> x", "not", (op, _) => Twice(op)),
        new("neg neg x -> x", "neg", (op, _) => Twice(op)),
        new("relu(relu(x)) -> relu(x)", "relu", (op, _) => Idempotent(op)),
        new("abs(abs(x)) -> abs(x)", "abs", (op, _) => Idempotent(op)),
        new("transpose(x), axes as they are -> x", "transpose", (op, _) =>
            IsInOrder(Permutation(op)) ? op.Operand(0) : null),
        new("transpose(transpose(x, p), q) -> transpose(x, p . q)", "transpose", JoinTransposes),
        new("reshape(x, s) -> x, when x has that shape", "reshape", (op, _) => SameShape(op)),
        new("expand(x, s) -> x, when x has that shape", "expand", (op, _) => SameShape(op)),
        new("squeeze(x) -> x, when no size goes", "squeeze", (op, _) => SameShape(op)),
        new("flatten(x) -> x, when x has two sizes", "flatten", (op, _) => SameShape(op)),
        new("slice(x) -> x, when all of it is taken", "slice", (op, _) => WholeSlice(op)),
        new("reshape(reshape(x, s), t) -> reshape(x, t)", "reshape", JoinReshapes),
        .. s_onlyOne.Select(name => new Rewrite($"{name}(x) -> x", name, (op, _) =>
            op.Operands.Count == 1 ? op.Operand(0) : null)),
    ];

    private static bool IsUsed(NtirOp op, int result) => op.Results.Count > result && op.Results[result].IsUsed;

    // The constant must not widen the shape: a scalar, or the result as x itself.
    private static NtirValue? Neutral(NtirOp op, double number)
    {
        if (op.Operands is not [{ } x, { } y] || !y.TryGetConstant(out TensorValue? constant) ||
            x.TensorType is not { Shape: { } shape } type || (op.Name != "pow" && type.Element != constant.Type) ||
            constant.Rank > shape.Rank || constant.Count != 1)
        {
            return null;
        }

        return Holds(constant, number) ? x : null;
    }

    private static bool Holds(TensorValue constant, double number) => constant.Type switch
    {
        ElementType.Float32 =>
            BitConverter.SingleToInt32Bits(constant.Span<float>()[0]) == BitConverter.SingleToInt32Bits((float)number),
        ElementType.Float64 =>
            BitConverter.DoubleToInt64Bits(constant.Span<double>()[0]) == BitConverter.DoubleToInt64Bits(number),
        ElementType.Int32 => constant.Span<int>()[0] == number,
        ElementType.Int64 => constant.Span<long>()[0] == number,
        _ => false,
    };

    // What stands behind y need not be computed for its type alone.
    private static NtirValue? CastToKnown(NtirOp op, RewriteBuilder builder) =>
        op is { Operands: [{ } x, { TensorType.Element: not ElementType.Undefined and var type }] }
            ? builder.Add(new NtirOp(
                "cast", [x], [op.Result.Type], op.Attributes.With("to", (long)type), op.Location))
            : null;

    private static NtirValue? Twice(NtirOp op) =>
        op.Operand(0)?.Producer is { } inner && inner.Name == op.Name ? inner.Operand(0) : null;

    private static NtirValue? Idempotent(NtirOp op) =>
        op.Operand(0)?.Producer?.Name == op.Name ? op.Operand(0) : null;

    private static long[]? Permutation(NtirOp op)
    {
        if (op.Attributes.Ints("perm") is { } given)
        {
            return given;
        }

        return op.Operand(0)?.TensorType?.Shape is { } shape
            ? [.. Enumerable.Range(0, shape.Rank).Select(i => (long)shape.Rank - 1 - i)]
            : null;
    }

    private static bool IsInOrder(long[]? permutation) =>
        permutation is not null && permutation.Select((axis, i) => axis == i).All(inPlace => inPlace);

    private static NtirValue? JoinTransposes(NtirOp op, RewriteBuilder builder)
    {
        if (op.Operand(0)?.Producer is not { Name: "transpose" } inner || Permutation(op) is not { } outerAxes ||
            Permutation(inner) is not { } innerAxes || inner.Operand(0) is not { } x ||
            outerAxes.Length != innerAxes.Length || outerAxes.Any(axis => axis < 0 || axis >= innerAxes.Length))
        {
            return null;
        }

        return builder.Add(new NtirOp(
            "transpose",
            [x],
            [op.Result.Type],
            KernelAttributes.Of(("perm", outerAxes.Select(axis => innerAxes[axis]).ToArray())),
            op.Location));
    }

    // Only when the outer one says every size itself: a 0 there would mean a size of what lies between.
    private static NtirValue? JoinReshapes(NtirOp op, RewriteBuilder builder)
    {
        if (op.Operand(0)?.Producer is not { Name: "reshape" or "flatten" or "squeeze" or "unsqueeze" } inner ||
            inner.Operand(0) is not { } x || op.Operand(1) is not { } sizes ||
            !sizes.TryGetConstant(out TensorValue? constant) || constant.Type != ElementType.Int64 ||
            constant.Span<long>().Contains(0))
        {
            return null;
        }

        return builder.Add(new NtirOp("reshape", [x, sizes], [op.Result.Type], op.Attributes, op.Location));
    }

    private static NtirValue? SameShape(NtirOp op) =>
        op.Operand(0) is { TensorType: { Shape: { } before } } x && op.Result.TensorType?.Shape is { } after &&
        before.Rank == after.Rank && before.Zip(after).All(pair => Dim.IsSame(pair.First, pair.Second))
            ? x
            : null;

    // Sizes alone do not prove it: a step of -1 keeps them.
    private static NtirValue? WholeSlice(NtirOp op)
    {
        if (op.Operand(4) is { } steps &&
            (!steps.TryGetConstant(out TensorValue? constant) || !AllOnes(constant)))
        {
            return null;
        }

        return SameShape(op);
    }

    private static bool AllOnes(TensorValue constant) => constant.Type switch
    {
        ElementType.Int64 => !constant.Span<long>().ContainsAnyExcept(1L),
        ElementType.Int32 => !constant.Span<int>().ContainsAnyExcept(1),
        _ => false,
    };
}
