using Ahr.Ntir.Inference;
using Ahr.Ntir.Ops.Movement;
using Ahr.Ntir.Ops.Quantised;

namespace Ahr.Ntir.Ops;

/// <summary>Types and shapes of the operators in Nbc/Descriptors/Quantised.cs.</summary>
internal static class QuantisedRules
{
    public static void Register(IDictionary<string, InferRule> rules)
    {
        rules["quantize_linear"] = LinearRules.Quantize;
        rules["dequantize_linear"] = LinearRules.Dequantize;
        rules["dynamic_quantize_linear"] = LinearRules.Dynamic;
        rules["ms.quantize_linear"] = LinearRules.Quantize;
        rules["ms.dequantize_linear"] = LinearRules.Dequantize;
        rules["matmul_integer"] = ProductRules.MatmulInteger;
        rules["qlinear_matmul"] = ProductRules.QlinearMatmul;
        rules["ms.dynamic_quantize_matmul"] = ProductRules.DynamicQuantizeMatmul;
        rules["ms.matmul_integer_to_float"] = ProductRules.MatmulIntegerToFloat;
        rules["ms.qgemm"] = ProductRules.Qgemm;
        rules["conv_integer"] = WindowRules.ConvInteger;
        rules["qlinear_conv"] = WindowRules.QlinearConv;
        rules["ms.qlinear_average_pool"] = WindowRules.AveragePool;
        rules["ms.qlinear_global_average_pool"] = WindowRules.GlobalAveragePool;
        rules["ms.qlinear_add"] = LinearRules.Binary;
        rules["ms.qlinear_mul"] = LinearRules.Binary;
        rules["ms.qlinear_sigmoid"] = Sizes.Same;
        rules["ms.qlinear_leaky_relu"] = Sizes.Same;
        rules["ms.qlinear_softmax"] = Sizes.Same;
        rules["ms.qlinear_concat"] = LinearRules.Concat;
        rules["ms.qlinear_where"] = LinearRules.Where;
        rules["ms.qlinear_reduce_mean"] = LinearRules.ReduceMean;
    }
}
