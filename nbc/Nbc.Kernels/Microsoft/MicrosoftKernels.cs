namespace Nbc.Kernels.Microsoft;

/// <summary>Which class is the code of which operator of Descriptors/Microsoft.cs.</summary>
internal static class MicrosoftKernels
{
    public static void Register(IDictionary<string, KernelFactory> kernels)
    {
        kernels["ms.gelu"] = attributes => new GeluKernel(GeluForm.Exact, attributes);
        kernels["ms.fast_gelu"] = attributes => new GeluKernel(GeluForm.Tanh, attributes);
        kernels["ms.bias_gelu"] = attributes => new GeluKernel(GeluForm.Exact, attributes);
        kernels["ms.quick_gelu"] = attributes => new GeluKernel(GeluForm.Sigmoid, attributes);
        kernels["ms.layer_normalization"] = attributes => new LayerNormalizationKernel(false, attributes);
        kernels["ms.simplified_layer_normalization"] = attributes => new LayerNormalizationKernel(true, attributes);
        kernels["ms.skip_layer_normalization"] = attributes => new SkipLayerNormalizationKernel(false, attributes);
        kernels["ms.skip_simplified_layer_normalization"] =
            attributes => new SkipLayerNormalizationKernel(true, attributes);
        kernels["ms.embed_layer_normalization"] = attributes => new EmbedLayerNormalizationKernel(attributes);
        kernels["ms.attention"] = attributes => new AttentionKernel(attributes);
        kernels["ms.multi_head_attention"] = attributes => new MultiHeadAttentionKernel(attributes);
        kernels["ms.group_query_attention"] = attributes => new GroupQueryAttentionKernel(attributes);
        kernels["ms.rotary_embedding"] = attributes => new RotaryKernel(attributes);
        kernels["ms.matmul_nbits"] = attributes => new MatmulNbitsKernel(attributes);
        kernels["ms.fused_matmul"] = attributes => new FusedMatmulKernel(attributes);
        kernels["ms.fused_gemm"] = attributes => new FusedGemmKernel(attributes);
        kernels["ms.fused_conv"] = attributes => new FusedConvKernel(attributes);
        kernels["ms.nhwc_conv"] = attributes => new NhwcConvKernel(attributes);
        kernels["ms.conv_transpose_with_dynamic_pads"] =
            attributes => new ConvTransposeWithDynamicPadsKernel(attributes);
        kernels["ms.bias_softmax"] = attributes => new BiasSoftmaxKernel(attributes);
        kernels["ms.bias_add"] = _ => new BiasAddKernel();
        kernels["ms.inverse"] = _ => new InverseKernel();
        kernels["ms.cdist"] = attributes => new CdistKernel(attributes);
        kernels["ms.expand_dims"] = _ => new ExpandDimsKernel();
        kernels["ms.is_all_finite"] = attributes => new IsAllFiniteKernel(attributes);
        kernels["ms.dynamic_quantize_lstm"] = attributes => new DynamicQuantizeLstmKernel(attributes);
    }
}
