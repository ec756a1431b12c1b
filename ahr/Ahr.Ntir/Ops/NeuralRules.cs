using Ahr.Ntir.Inference;
using Ahr.Ntir.Ops.Neural;

namespace Ahr.Ntir.Ops;

/// <summary>Types and shapes of the operators in Nbc/Descriptors/Neural.cs.</summary>
internal static class NeuralRules
{
    public static void Register(IDictionary<string, InferRule> rules)
    {
        rules["matmul"] = ProductRules.Matmul;
        rules["gemm"] = ProductRules.Gemm;
        rules["einsum"] = ProductRules.Einsum;
        rules["conv"] = WindowRules.Conv;
        rules["conv_transpose"] = WindowRules.ConvTranspose;
        rules["deform_conv"] = WindowRules.DeformConv;
        rules["average_pool"] = WindowRules.Pool;
        rules["max_pool"] = WindowRules.Pool;
        rules["lp_pool"] = WindowRules.Pool;
        rules["global_average_pool"] = WindowRules.GlobalPool;
        rules["global_max_pool"] = WindowRules.GlobalPool;
        rules["global_lp_pool"] = WindowRules.GlobalPool;
        rules["lstm"] = SequenceRules.Recurrent;
        rules["gru"] = SequenceRules.Recurrent;
        rules["rnn"] = SequenceRules.Recurrent;
        rules["attention"] = SequenceRules.Attention;
        rules["rotary_embedding"] = Known.SameAsFirst;
        rules["causal_conv_with_state"] = SequenceRules.CausalConv;
        rules["linear_attention"] = SequenceRules.LinearAttention;
    }
}
