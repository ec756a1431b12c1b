using Nbc.Kernels;
using static Nbc.Descriptors.Declare;

namespace Nbc.Descriptors;

/// <summary>Operators of the domain com.microsoft that exporters emit.</summary>
internal static class Microsoft
{
    private const KernelTraits Elementwise = KernelTraits.Pure | KernelTraits.Elementwise | KernelTraits.InPlace;

    public static IEnumerable<KernelDescriptor> All { get; } =
    [
        Op(0x2400, "ms.gelu", ["X"], ["Y"]) with { Traits = Elementwise },
        Op(0x2401, "ms.fast_gelu", ["X", "bias?"], ["Y"]) with { Traits = Elementwise },
        Op(0x2402, "ms.bias_gelu", ["A", "B"], ["C"]) with { Traits = Elementwise },
        Op(0x2403, "ms.quick_gelu", ["X"], ["Y"], Float("alpha", 1.702)) with { Traits = Elementwise },
        Op(0x2404, "ms.layer_normalization", ["X", "Scale", "B?"], ["Y", "Mean?", "InvStdDev?"],
            Int("axis", -1), Float("epsilon", 1e-5), Int("stash_type", 1)),
        Op(0x2405, "ms.simplified_layer_normalization", ["X", "scale"], ["Y", "inv_std_var?"],
            Int("axis", -1), Float("epsilon", 1e-5), Int("stash_type", 1)),
        Op(0x2406, "ms.skip_layer_normalization", ["input", "skip", "gamma", "beta?", "bias?"], SkipOutputs,
            Float("epsilon", 1e-12)),
        Op(0x2407, "ms.skip_simplified_layer_normalization", ["input", "skip", "gamma", "bias?"], SkipOutputs,
            Float("epsilon", 1e-12)),
        Op(0x2408, "ms.embed_layer_normalization",
            ["input_ids", "segment_ids?", "word_embedding", "position_embedding", "segment_embedding?", "gamma",
                "beta", "mask?", "position_ids?"],
            ["output", "mask_index?", "embedding_sum?"],
            Float("epsilon", 1e-12), Int("mask_index_type", 0)),
        Op(0x2409, "ms.attention",
            ["input", "weights", "bias?", "mask_index?", "past?", "attention_bias?", "past_sequence_length?"],
            ["output", "present?"],
            Needed(Int("num_heads")), Int("unidirectional", 0), Ints("qkv_hidden_sizes"),
            Float("mask_filter_value", -10000), Float("scale"), Int("do_rotary", 0),
            Int("past_present_share_buffer", 0), Int("rotary_embedding_dim", 0)),
        Op(0x240A, "ms.multi_head_attention",
            ["query", "key?", "value?", "bias?", "key_padding_mask?", "attention_bias?", "past_key?", "past_value?",
                "past_sequence_length?", "cache_indirection?"],
            ["output", "present_key?", "present_value?", "qk?"],
            Needed(Int("num_heads")), Float("mask_filter_value", -10000), Float("scale"), Int("unidirectional", 0)),
        Op(0x240B, "ms.group_query_attention",
            ["query", "key?", "value?", "past_key?", "past_value?", "seqlens_k", "total_sequence_length",
                "cos_cache?", "sin_cache?", "position_ids?", "attention_bias?", "head_sink?"],
            ["output", "present_key?", "present_value?", "output_qk?"],
            Needed(Int("num_heads")), Needed(Int("kv_num_heads")), Float("scale"), Float("softcap", 0),
            Int("local_window_size", -1), Int("do_rotary", 0), Int("rotary_interleaved", 0),
            Int("smooth_softmax", 0), Int("qk_output", 0)),
        Op(0x240C, "ms.rotary_embedding", ["input", "position_ids", "cos_cache", "sin_cache"], ["output"],
            Int("interleaved", 0), Int("num_heads", 0), Int("rotary_embedding_dim", 0), Float("scale", 1),
            Int("is_packed_batching", 0)),
        Op(0x240D, "ms.matmul_nbits", ["A", "B", "scales", "zero_points?", "g_idx?", "bias?"], ["Y"],
            Needed(Int("K")), Needed(Int("N")), Int("bits", 4), Needed(Int("block_size")), Int("accuracy_level", 0)),
        Op(0x240E, "ms.fused_matmul", ["A", "B"], ["Y"],
            Float("alpha", 1), Int("transA", 0), Int("transB", 0), Int("transBatchA", 0), Int("transBatchB", 0)),
        Op(0x240F, "ms.fused_gemm", ["A", "B", "C?"], ["Y"],
            Float("alpha", 1), Float("beta", 1), Int("transA", 0), Int("transB", 0), Text("activation"),
            Float("activation_alpha"), Float("activation_beta"), Float("activation_gamma")),
        Op(0x2410, "ms.fused_conv", ["X", "W", "B?", "Z?"], ["Y"],
            [.. Window, Text("activation"), Floats("activation_params")]),
        Op(0x2411, "ms.nhwc_conv", ["X", "W", "B?"], ["Y"], Window),
        Op(0x2412, "ms.conv_transpose_with_dynamic_pads", ["X", "W", "Pads?", "B?"], ["Y"],
            Text("auto_pad", "NOTSET"), Ints("strides"), Int("group", 1), Ints("dilations"), Ints("kernel_shape"),
            Ints("output_padding")),
        Op(0x2413, "ms.bias_softmax", ["data", "bias"], ["output"],
            Int("axis", 1), Needed(Int("is_inner_broadcast"))),
        Op(0x2414, "ms.bias_add", ["X", "bias", "skip"], ["Y"]),
        Op(0x2415, "ms.inverse", ["X"], ["Y"]),
        Op(0x2416, "ms.cdist", ["A", "B"], ["C"], Needed(Text("metric"))),
        Op(0x2417, "ms.expand_dims", ["X", "axis"], ["Y"]) with { Traits = KernelTraits.Pure | KernelTraits.View },
        Op(0x2418, "ms.is_all_finite", ["input..."], ["output"], Int("isinf_only", 0), Int("isnan_only", 0)),
        Op(0x2419, "ms.dynamic_quantize_lstm",
            ["X", "W", "R", "B?", "sequence_lens?", "initial_h?", "initial_c?", "P?", "W_scale", "W_zero_point",
                "R_scale", "R_zero_point"],
            ["Y?", "Y_h?", "Y_c?"],
            Floats("activation_alpha"), Floats("activation_beta"), Texts("activations"), Float("clip"),
            Text("direction", "forward"), Int("hidden_size"), Int("input_forget", 0)),
    ];

    private static string[] SkipOutputs => ["output", "mean?", "inv_std_var?", "input_skip_bias_sum?"];

    private static AttributeSpec[] Window =>
    [
        Text("auto_pad", "NOTSET"), Ints("pads"), Ints("strides"), Int("group", 1), Ints("dilations"),
        Ints("kernel_shape"),
    ];
}
