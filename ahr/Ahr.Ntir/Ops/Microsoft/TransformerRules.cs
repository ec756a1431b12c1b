using Ahr.Ntir.Inference;
using Ahr.Ntir.Ops.Neural;
using Ahr.Ntir.Types;
using Nbc.Tensors;

namespace Ahr.Ntir.Ops.Microsoft;

/// <summary>Normalisations and attention of com.microsoft.</summary>
internal static class TransformerRules
{
    public static void LayerNormalization(InferenceContext context)
    {
        if (context.Tensor(0) is not { } x)
        {
            return;
        }

        context.Give(0, x);
        ElementType kept = x.Element == ElementType.Float64 ? ElementType.Float64 : ElementType.Float32;
        SymbolicShape? means = null;
        if (x.Shape is { } shape)
        {
            if (ShapeRules.Axis(context, context.Attributes.Int("axis", -1), shape.Rank) is not { } axis)
            {
                return;
            }

            means = new SymbolicShape(shape.Select((dim, i) => i < axis ? dim : 1));
        }

        context.Give(1, kept, means);
        context.Give(2, kept, means);
    }

    public static void SkipLayerNormalization(InferenceContext context)
    {
        if (context.Tensor(0) is { } x)
        {
            context.Give(0, x);
            context.Give(3, x);
        }
    }

    public static void EmbedLayerNormalization(InferenceContext context)
    {
        if (context.Tensor(2) is not { } words || !Known.IsRank(context, 0, 2) || !Known.IsRank(context, 2, 2))
        {
            return;
        }

        SymbolicShape? ids = context.Shape(0);
        SymbolicShape shape = new([Known.At(ids, 0), Known.At(ids, 1), Known.At(words.Shape, 1)]);
        context.Give(0, words.Element, shape);
        context.Give(1, ElementType.Int32, new SymbolicShape([Known.At(ids, 0)]));
        context.Give(2, words.Element, shape);
    }

    public static void Attention(InferenceContext context)
    {
        if (context.Tensor(0) is not { } x || !Known.IsRank(context, 0, 3) || !Known.IsRank(context, 1, 2))
        {
            return;
        }

        long heads = context.Attributes.Int("num_heads");
        long[]? widths = context.Attributes.Ints("qkv_hidden_sizes");
        Dim third = Known.Part(Known.At(context.Shape(1), 1), 3);
        Dim key = widths is { Length: 3 } ? widths[1] : third, value = widths is { Length: 3 } ? widths[2] : third;
        Dim batch = Known.At(x.Shape, 0), rows = Known.At(x.Shape, 1);
        Dim past = context.Has(4) ? Known.At(context.Shape(4), 3) : 0;
        Known.Give(context, 0, batch, rows, value);
        Known.Give(context, 1, 2, batch, heads, past + rows, Known.Part(key, heads));
    }

    public static void MultiHeadAttention(InferenceContext context)
    {
        if (context.Tensor(0) is not { } q || q.Shape is not { } query)
        {
            return;
        }

        long heads = context.Attributes.Int("num_heads");
        (Dim Rows, Dim Size) key = query.Rank == 5 ? (query[1], query[4]) : Open(context.Shape(1), heads);
        (Dim Rows, Dim Size) value = context.Shape(1)?.Rank == 5 || query.Rank == 5
            ? key : Open(context.Shape(2), heads);
        Dim past = context.Has(6) ? Known.At(context.Shape(6), 2) : 0, total = past + key.Rows;
        Known.Give(context, 0, query[0], Known.At(query, 1), value.Size * heads);
        Known.Give(context, 1, query[0], heads, total, key.Size);
        Known.Give(context, 2, query[0], heads, total, value.Size);
        Known.Give(context, 3, query[0], heads, Known.At(query, 1), total);
    }

    public static void GroupQueryAttention(InferenceContext context)
    {
        if (context.Tensor(0) is not { } q || !Known.IsRank(context, 0, 3))
        {
            return;
        }

        long heads = context.Attributes.Int("num_heads"), shared = context.Attributes.Int("kv_num_heads");
        Dim batch = Known.At(q.Shape, 0), rows = Known.At(q.Shape, 1);
        Dim size = Known.Part(Known.At(q.Shape, 2), context.Has(1) ? heads : heads + (2 * shared));
        Dim total = context.Elements(6) is [{ } told] ? told : Dim.Unknown;
        Dim past = context.Has(3) ? Known.At(context.Shape(3), 2) : 0;
        Dim present = past is { IsConstant: true, Value: 0 } ? total : Dim.Max(past, total);
        Known.Give(context, 0, batch, rows, size * heads);
        Known.Give(context, 1, batch, shared, present, size);
        Known.Give(context, 2, batch, shared, present, size);
        Known.Give(context, 3, batch, heads, rows, total);
    }

    private static (Dim Rows, Dim Size) Open(SymbolicShape? shape, long heads) => shape?.Rank switch
    {
        3 => (shape[1], Known.Part(shape[2], heads)),
        4 => (shape[2], shape[3]),
        5 => (shape[1], shape[4]),
        _ => (Dim.Unknown, Dim.Unknown),
    };
}
