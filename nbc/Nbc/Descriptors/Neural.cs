using Nbc.Kernels;
using static Nbc.Descriptors.Declare;

namespace Nbc.Descriptors;

/// <summary>Matrix products, convolution, pooling, recurrent networks, attention.</summary>
internal static class Neural
{
    public static IEnumerable<KernelDescriptor> All { get; } =
    [
        Op(0x1800, "matmul", ["A", "B"], ["Y"]),
        Op(0x1801, "gemm", ["A", "B", "C?"], ["Y"],
            Float("alpha", 1), Float("beta", 1), Int("transA", 0), Int("transB", 0)),
        Op(0x1802, "einsum", ["Inputs..."], ["Output"], Needed(Text("equation"))),
        Op(0x1803, "conv", ["X", "W", "B?"], ["Y"],
            [.. Window, Int("group", 1), Ints("dilations"), Ints("kernel_shape")]),
        Op(0x1804, "conv_transpose", ["X", "W", "B?"], ["Y"],
            [.. Window, Int("group", 1), Ints("dilations"), Ints("kernel_shape"), Ints("output_padding"),
                Ints("output_shape")]),
        Op(0x1805, "deform_conv", ["X", "W", "offset", "B?", "mask?"], ["Y"],
            Ints("pads"), Ints("strides"), Ints("dilations"), Ints("kernel_shape"), Int("group", 1),
            Int("offset_group", 1)),
        Op(0x1806, "average_pool", ["X"], ["Y"],
            [.. Window, .. Pool, Int("count_include_pad", 0)]),
        Op(0x1807, "max_pool", ["X"], ["Y", "Indices?"], [.. Window, .. Pool, Int("storage_order", 0)]),
        Op(0x1808, "lp_pool", ["X"], ["Y"], [.. Window, .. Pool, Int("p", 2)]),
        Op(0x1809, "global_average_pool", ["X"], ["Y"]),
        Op(0x180A, "global_max_pool", ["X"], ["Y"]),
        Op(0x180B, "global_lp_pool", ["X"], ["Y"], Int("p", 2)),
        Op(0x180C, "lstm", ["X", "W", "R", "B?", "sequence_lens?", "initial_h?", "initial_c?", "P?"],
            ["Y?", "Y_h?", "Y_c?"],
            [.. Recurrent, Int("input_forget", 0)]),
        Op(0x180D, "gru", ["X", "W", "R", "B?", "sequence_lens?", "initial_h?"], ["Y?", "Y_h?"],
            [.. Recurrent, Int("linear_before_reset", 0)]),
        Op(0x180E, "rnn", ["X", "W", "R", "B?", "sequence_lens?", "initial_h?"], ["Y?", "Y_h?"], Recurrent),

        // mask_before_softcap: the order of ONNX 1.18 to 1.20, where the mask is added before the soft cap and
        // qk_matmul_output_mode 1 and 2 are swapped; the newest text caps first.
        Op(0x180F, "attention", ["Q", "K", "V", "attn_mask?", "past_key?", "past_value?", "nonpad_kv_seqlen?"],
            ["Y", "present_key?", "present_value?", "qk_matmul_output?"],
            Int("is_causal", 0), Int("kv_num_heads"), Int("q_num_heads"), Int("qk_matmul_output_mode", 0),
            Float("scale"), Float("softcap", 0), Int("softmax_precision"), Int("mask_before_softcap", 0)),
        Op(0x1810, "rotary_embedding", ["X", "cos_cache", "sin_cache", "position_ids?"], ["Y"],
            Int("interleaved", 0), Int("num_heads", 0), Int("rotary_embedding_dim", 0)),
        Op(0x1811, "causal_conv_with_state", ["input", "weight", "bias?", "past_state?"], ["output", "present_state?"],
            Text("activation", "none")),
        Op(0x1812, "linear_attention", ["query", "key", "value", "past_state?", "decay?", "beta?", "erase_gate?"],
            ["output", "present_state?"],
            Int("chunk_size", 64), Needed(Int("kv_num_heads")), Needed(Int("q_num_heads")),
            Float("scale", 0), Text("update_rule", "gated_delta")),
    ];

    private static AttributeSpec[] Window =>
        [Text("auto_pad", "NOTSET"), Ints("pads"), Ints("strides")];

    private static AttributeSpec[] Pool =>
        [Needed(Ints("kernel_shape")), Ints("dilations"), Int("ceil_mode", 0)];

    private static AttributeSpec[] Recurrent =>
    [
        Floats("activation_alpha"), Floats("activation_beta"), Texts("activations"), Float("clip"),
        Text("direction", "forward"), Int("hidden_size"), Int("layout", 0),
    ];
}
