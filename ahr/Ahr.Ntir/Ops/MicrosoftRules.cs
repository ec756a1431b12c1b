using Ahr.Ntir.Inference;
using Ahr.Ntir.Ops.Microsoft;
using Ahr.Ntir.Ops.Neural;
using Ahr.Ntir.Types;
using Nbc.Tensors;

namespace Ahr.Ntir.Ops;

/// <summary>Types and shapes of the operators in Nbc/Descriptors/Microsoft.cs.</summary>
internal static class MicrosoftRules
{
    public static void Register(IDictionary<string, InferRule> rules)
    {
        foreach (string name in (string[])
            ["gelu", "fast_gelu", "bias_gelu", "quick_gelu", "rotary_embedding", "bias_softmax", "bias_add", "inverse"])
        {
            rules["ms." + name] = Known.SameAsFirst;
        }

        rules["ms.layer_normalization"] = TransformerRules.LayerNormalization;
        rules["ms.simplified_layer_normalization"] = TransformerRules.LayerNormalization;
        rules["ms.skip_layer_normalization"] = TransformerRules.SkipLayerNormalization;
        rules["ms.skip_simplified_layer_normalization"] = TransformerRules.SkipLayerNormalization;
        rules["ms.embed_layer_normalization"] = TransformerRules.EmbedLayerNormalization;
        rules["ms.attention"] = TransformerRules.Attention;
        rules["ms.multi_head_attention"] = TransformerRules.MultiHeadAttention;
        rules["ms.group_query_attention"] = TransformerRules.GroupQueryAttention;
        rules["ms.matmul_nbits"] = MatmulNbits;
        rules["ms.fused_matmul"] = ProductRules.FusedMatmul;
        rules["ms.fused_gemm"] = ProductRules.Gemm;
        rules["ms.fused_conv"] = WindowRules.Conv;
        rules["ms.nhwc_conv"] = WindowRules.NhwcConv;
        rules["ms.conv_transpose_with_dynamic_pads"] = WindowRules.ConvTransposeWithPads;
        rules["ms.cdist"] = Cdist;
        rules["ms.expand_dims"] = ExpandDims;
        rules["ms.is_all_finite"] = context => context.Give(0, ElementType.Bool, SymbolicShape.Scalar);
        rules["ms.dynamic_quantize_lstm"] = SequenceRules.QuantizedRecurrent;
    }

    private static void MatmulNbits(InferenceContext context)
    {
        if (context.Tensor(0) is not { } a)
        {
            return;
        }

        if (a.Shape is { Rank: > 0 } shape)
        {
            ShapeRules.Same(context, shape[shape.Rank - 1], context.Attributes.Int("K"), "depths");
        }

        context.Give(0, a.Element, a.Shape is not { Rank: > 0 } known
            ? null : known.With(known.Rank - 1, context.Attributes.Int("N")));
    }

    private static void Cdist(InferenceContext context)
    {
        if (Known.IsRank(context, 0, 2) && Known.IsRank(context, 1, 2))
        {
            ShapeRules.Same(context, Known.At(context.Shape(0), 1), Known.At(context.Shape(1), 1), "columns");
            Known.Give(context, 0, Known.At(context.Shape(0), 0), Known.At(context.Shape(1), 0));
        }
    }

    private static void ExpandDims(InferenceContext context)
    {
        if (context.Tensor(0) is not { } x)
        {
            return;
        }

        if (x.Shape is null || context.Numbers(1) is not [long told])
        {
            context.Give(0, x.Element, x.Shape is null ? null : SymbolicShape.OfRank(x.Shape.Rank + 1));
        }
        else if (ShapeRules.Axis(context, told, x.Shape.Rank + 1) is { } axis)
        {
            context.Give(0, x.Element, new SymbolicShape([.. x.Shape.Take(axis), 1, .. x.Shape.Skip(axis)]));
        }
    }
}
