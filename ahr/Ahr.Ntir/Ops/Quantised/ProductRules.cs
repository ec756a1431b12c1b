using Ahr.Ntir.Inference;
using Ahr.Ntir.Types;
using Nbc.Tensors;

namespace Ahr.Ntir.Ops.Quantised;

/// <summary>Matrix products of quantised operands.</summary>
internal static class ProductRules
{
    public static void MatmulInteger(InferenceContext context) =>
        context.Give(0, ElementType.Int32, Product(context, context.Shape(0), context.Shape(1)));

    public static void QlinearMatmul(InferenceContext context)
    {
        if (context.Tensor(7) is { } zero)
        {
            context.Give(0, zero.Element, Product(context, context.Shape(0), context.Shape(3)));
        }
    }

    public static void DynamicQuantizeMatmul(InferenceContext context)
    {
        if (context.Tensor(0) is { } input)
        {
            context.Give(0, input.Element, Product(context, input.Shape, context.Shape(1)));
        }
    }

    public static void MatmulIntegerToFloat(InferenceContext context)
    {
        if (context.Tensor(3) is { } scale)
        {
            context.Give(0, scale.Element, Product(context, context.Shape(0), context.Shape(1)));
        }
    }

    public static void Qgemm(InferenceContext context)
    {
        ElementType type = !context.Has(7) ? ElementType.Float32
            : context.Has(8) ? context.Element(8) : context.Element(0);
        if (type == ElementType.Undefined)
        {
            return;
        }

        bool turnsA = context.Attributes.Flag("transA");
        bool turnsB = context.Attributes.Flag("transB");
        Dim rows = context.Shape(0) is { Rank: 2 } a ? a[turnsA ? 1 : 0] : Dim.Unknown;
        Dim columns = context.Shape(3) is { Rank: 2 } b ? b[turnsB ? 0 : 1] : Dim.Unknown;
        if (context.Shape(0) is { Rank: 2 } left && context.Shape(3) is { Rank: 2 } right)
        {
            ShapeRules.Same(context, left[turnsA ? 0 : 1], right[turnsB ? 1 : 0], "inner sizes");
        }

        context.Give(0, type, new SymbolicShape([rows, columns]));
    }

    /// <summary>By numpy's rule for matmul; null when a rank is unknown or they never go together.</summary>
    private static SymbolicShape? Product(InferenceContext context, SymbolicShape? a, SymbolicShape? b)
    {
        if (a is null || b is null)
        {
            return null;
        }

        if (a.Rank == 0 || b.Rank == 0)
        {
            context.FailShape($"{a} and {b}: a scalar is no matrix");
            return null;
        }

        ShapeRules.Same(context, a[a.Rank - 1], b[Math.Max(0, b.Rank - 2)], "inner sizes");
        SymbolicShape? batch = ShapeRules.Broadcast(
            context, new SymbolicShape(a.Take(a.Rank - 2)), new SymbolicShape(b.Take(b.Rank - 2)));
        if (batch is null)
        {
            return null;
        }

        List<Dim> dims = [.. batch];
        if (a.Rank > 1)
        {
            dims.Add(a[a.Rank - 2]);
        }

        if (b.Rank > 1)
        {
            dims.Add(b[b.Rank - 1]);
        }

        return new SymbolicShape(dims);
    }
}
