using Ahr.Ntir.Inference;
using Ahr.Ntir.Types;

namespace Ahr.Ntir.Ops.Neural;

/// <summary>Matrix products and Einsum.</summary>
internal static class ProductRules
{
    public static void Matmul(InferenceContext context) => Multiply(context, (false, false), (false, false));

    public static void FusedMatmul(InferenceContext context) => Multiply(
        context,
        (context.Attributes.Flag("transA"), context.Attributes.Flag("transBatchA")),
        (context.Attributes.Flag("transB"), context.Attributes.Flag("transBatchB")));

    public static void Gemm(InferenceContext context)
    {
        if (context.Tensor(0) is not { } a || !Known.IsRank(context, 0, 2) || !Known.IsRank(context, 1, 2))
        {
            return;
        }

        bool turnA = context.Attributes.Flag("transA"), turnB = context.Attributes.Flag("transB");
        SymbolicShape? left = a.Shape, right = context.Shape(1);
        ShapeRules.Same(context, Known.At(left, turnA ? 0 : 1), Known.At(right, turnB ? 1 : 0), "depths");
        Known.Give(context, 0, Known.At(left, turnA ? 1 : 0), Known.At(right, turnB ? 0 : 1));
    }

    public static void Einsum(InferenceContext context)
    {
        if (context.Tensor(0) is not { } first)
        {
            return;
        }

        string plain = context.Attributes.Text("equation").Replace(" ", "", StringComparison.Ordinal)
            .Replace("...", ".", StringComparison.Ordinal);
        string[] sides = plain.Split("->");
        string[] terms = sides[0].Split(',');
        if (terms.Length != context.InputCount)
        {
            context.FailShape($"{terms.Length} terms for {context.InputCount} operands");
            return;
        }

        Dictionary<char, Dim> sizes = [];
        SymbolicShape? hidden = SymbolicShape.Scalar;
        for (int i = 0; i < terms.Length; i++)
        {
            hidden = Bind(context, terms[i], i, sizes, hidden);
        }

        string output = sides.Length > 1 ? sides[1] : Implicit(sides[0]);
        if (hidden is null && output.Contains('.'))
        {
            context.Give(0, first.Element, null);
            return;
        }

        IEnumerable<Dim> dims = output.SelectMany(
            letter => letter == '.' ? hidden! : (IEnumerable<Dim>)[sizes.GetValueOrDefault(letter, Dim.Unknown)]);
        context.Give(0, first.Element, new SymbolicShape(dims));
    }

    private static void Multiply(
        InferenceContext context, (bool Turned, bool Moved) left, (bool Turned, bool Moved) right)
    {
        if (context.Tensor(0) is not { } a)
        {
            return;
        }

        if (a.Shape is not { } x || context.Shape(1) is not { } y)
        {
            context.Give(0, a.Element, null);
            return;
        }

        if (x.Rank == 0 || y.Rank == 0)
        {
            context.FailShape($"{x} and {y}: a product needs a dimension or more");
            return;
        }

        (Dim Rows, Dim Columns, SymbolicShape Batch) first = Open(x, left), second = Open(y, right);
        Dim depth = x.Rank == 1 ? x[0] : first.Columns;
        ShapeRules.Same(context, depth, y.Rank == 1 ? y[0] : second.Rows, "depths");
        if (ShapeRules.Broadcast(context, first.Batch, second.Batch) is not { } batch)
        {
            return;
        }

        List<Dim> dims = [.. batch];
        if (x.Rank > 1)
        {
            dims.Add(first.Rows);
        }

        if (y.Rank > 1)
        {
            dims.Add(second.Columns);
        }

        context.Give(0, a.Element, new SymbolicShape(dims));
    }

    // A batch that was moved has its first dimension behind the others: [M, B..., K].
    private static (Dim Rows, Dim Columns, SymbolicShape Batch) Open(
        SymbolicShape shape, (bool Turned, bool Moved) layout)
    {
        if (shape.Rank == 1)
        {
            return (1, 1, SymbolicShape.Scalar);
        }

        bool moved = layout.Moved && shape.Rank > 2;
        Dim rows = moved ? shape[0] : shape[shape.Rank - 2], columns = shape[shape.Rank - 1];
        SymbolicShape batch = new(moved ? shape.Skip(1).SkipLast(1) : shape.SkipLast(2));
        return layout.Turned ? (columns, rows, batch) : (rows, columns, batch);
    }

    // Letters get their sizes; what the ellipsis hides broadcasts. Null when that is not known.
    private static SymbolicShape? Bind(
        InferenceContext context, string term, int input, Dictionary<char, Dim> sizes, SymbolicShape? hidden)
    {
        bool hides = term.Contains('.');
        if (context.Shape(input) is not { } shape)
        {
            return hides ? null : hidden;
        }

        int own = shape.Rank - (term.Length - 1);
        if (hides ? own < 0 : own != 1)
        {
            context.FailShape($"operand {input} is {shape}, its term has {term.Length} letters");
            return hidden;
        }

        int axis = 0;
        foreach (char letter in term)
        {
            if (letter == '.')
            {
                SymbolicShape mine = new(shape.Skip(axis).Take(own));
                hidden = hidden is null ? null : ShapeRules.Broadcast(context, hidden, mine);
                axis += own;
                continue;
            }

            Dim size = shape[axis++], known = sizes.GetValueOrDefault(letter, 1);
            sizes[letter] = known is { IsConstant: true, Value: 1 } ? size
                : size is { IsConstant: true, Value: 1 } ? known
                : ShapeRules.Same(context, known, size, $"sizes of {letter}");
        }

        return hidden;
    }

    private static string Implicit(string terms) =>
        (terms.Contains('.') ? "." : "") + string.Concat(
            terms.Where(letter => char.IsLetter(letter) && terms.Count(other => other == letter) == 1).Order());
}
