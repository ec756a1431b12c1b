using Nbc.Kernels.Neural.Attending;
using Nbc.Kernels.Neural.Products;
using Nbc.Kernels.Neural.Recurrent;
using Nbc.Kernels.Neural.Windows;

namespace Nbc.Kernels.Neural;

/// <summary>Which class is the code of which operator of Descriptors/Neural.cs.</summary>
internal static class NeuralKernels
{
    public static void Register(IDictionary<string, KernelFactory> kernels)
    {
        kernels["matmul"] = attributes => new MatmulKernel(attributes);
        kernels["gemm"] = attributes => new GemmKernel(attributes);
        kernels["einsum"] = attributes => new EinsumKernel(attributes);
        kernels["conv"] = attributes => new ConvKernel(attributes);
        kernels["conv_transpose"] = attributes => new ConvTransposeKernel(attributes);
        kernels["deform_conv"] = attributes => new DeformConvKernel(attributes);
        kernels["average_pool"] = attributes => new AveragePoolKernel(attributes);
        kernels["max_pool"] = attributes => new MaxPoolKernel(attributes);
        kernels["lp_pool"] = attributes => new LpPoolKernel(attributes);
        kernels["global_average_pool"] = attributes => new GlobalPoolKernel(GlobalPool.Average, attributes);
        kernels["global_max_pool"] = attributes => new GlobalPoolKernel(GlobalPool.Max, attributes);
        kernels["global_lp_pool"] = attributes => new GlobalPoolKernel(GlobalPool.Norm, attributes);
        kernels["lstm"] = attributes => new LstmKernel(attributes);
        kernels["gru"] = attributes => new GruKernel(attributes);
        kernels["rnn"] = attributes => new RnnKernel(attributes);
        kernels["attention"] = attributes => new AttentionKernel(attributes);
        kernels["rotary_embedding"] = attributes => new RotaryKernel(attributes);
        kernels["causal_conv_with_state"] = attributes => new CausalConvKernel(attributes);
        kernels["linear_attention"] = attributes => new LinearAttentionKernel(attributes);
    }
}
