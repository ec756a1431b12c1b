using Ahr.Ntir.Inference;
using Ahr.Ntir.Types;
using Nbc.Kernels;
using Nbc.Tensors;

namespace Ahr.Ntir.Ops.Neural;

/// <summary>Recurrent networks and attention.</summary>
internal static class SequenceRules
{
    /// <summary>RNN, GRU and LSTM.</summary>
    public static void Recurrent(InferenceContext context) => Recur(context, hiddenAxis: 2);

    /// <summary>DynamicQuantizeLSTM: R lies the other way.</summary>
    public static void QuantizedRecurrent(InferenceContext context) => Recur(context, hiddenAxis: 1);

    public static void Attention(InferenceContext context)
    {
        if (context.Tensor(0) is not { } q)
        {
            return;
        }

        if ((q.Shape?.Rank ?? context.Shape(1)?.Rank) is not { } rank)
        {
            context.Give(0, q.Element, null);
            return;
        }

        if (rank is not (3 or 4))
        {
            context.FailShape($"Q has {rank} dimensions, expected 3 or 4");
            return;
        }

        long queryHeads = context.Attributes.Int("q_num_heads"), keyHeads = context.Attributes.Int("kv_num_heads");
        SymbolicShape? k = context.Shape(1), v = context.Shape(2);
        bool flat = rank == 3;
        Dim batch = Known.At(q.Shape, 0), rows = Known.At(q.Shape, flat ? 1 : 2);
        Dim heads = flat ? queryHeads : Known.At(q.Shape, 1), shared = flat ? keyHeads : Known.At(k, 1);
        Dim size = flat ? Known.Part(Known.At(k, 2), keyHeads) : Known.At(k, 3);
        Dim valueSize = flat ? Known.Part(Known.At(v, 2), keyHeads) : Known.At(v, 3);
        Dim past = context.Has(4) ? Known.At(context.Shape(4), 2) : 0, total = past + Known.At(k, flat ? 1 : 2);
        if (flat)
        {
            Known.Give(context, 0, batch, rows, heads * valueSize);
        }
        else
        {
            Known.Give(context, 0, batch, heads, rows, valueSize);
        }

        Known.Give(context, 1, batch, shared, total, size);
        Known.Give(context, 2, batch, shared, total, valueSize);
        Known.Give(context, 3, batch, heads, rows, total);
    }

    public static void CausalConv(InferenceContext context)
    {
        if (context.Tensor(0) is not { } x || !Known.IsRank(context, 0, 3) || !Known.IsRank(context, 1, 3))
        {
            return;
        }

        context.Give(0, x.Element, x.Shape ?? SymbolicShape.OfRank(3));
        Known.Give(
            context, 1, Known.At(x.Shape, 0), Known.At(x.Shape, 1), Known.At(context.Shape(1), 2) - 1);
    }

    public static void LinearAttention(InferenceContext context)
    {
        if (context.Tensor(0) is not { } q || !Known.IsRank(context, 0, 3) || !Known.IsRank(context, 2, 3))
        {
            return;
        }

        long heads = context.Attributes.Int("q_num_heads"), shared = context.Attributes.Int("kv_num_heads");
        Dim batch = Known.At(q.Shape, 0), value = Known.Part(Known.At(context.Shape(2), 2), shared);
        Known.Give(context, 0, batch, Known.At(q.Shape, 1), value * heads);
        ElementType state = context.Has(3) ? context.Element(3) : q.Element;
        if (state != ElementType.Undefined)
        {
            Dim size = Known.Part(Known.At(q.Shape, 2), heads);
            context.Give(1, state, new SymbolicShape([batch, shared, size, value]));
        }
    }

    private static void Recur(InferenceContext context, int hiddenAxis)
    {
        if (context.Tensor(0) is not { } x || !Known.IsRank(context, 0, 3) || !Known.IsRank(context, 2, 3))
        {
            return;
        }

        KernelAttributes attributes = context.Attributes;
        Dim hidden = attributes.Has("hidden_size")
            ? attributes.Int("hidden_size") : Known.At(context.Shape(2), hiddenAxis);
        Dim directions = attributes.Text("direction", "forward") == "bidirectional" ? 2 : 1;
        bool batchFirst = attributes.Int("layout") == 1;
        Dim steps = Known.At(x.Shape, batchFirst ? 1 : 0), batch = Known.At(x.Shape, batchFirst ? 0 : 1);
        Dim[] state = batchFirst ? [batch, directions, hidden] : [directions, batch, hidden];
        Known.Give(
            context, 0, batchFirst ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden]);
        Known.Give(context, 1, state);
        Known.Give(context, 2, state);
    }
}
