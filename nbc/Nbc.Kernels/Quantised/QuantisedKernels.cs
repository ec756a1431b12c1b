using Nbc.Kernels.Elementwise;

namespace Nbc.Kernels.Quantised;

/// <summary>Which class is the code of which operator of Descriptors/Quantised.cs.</summary>
internal static class QuantisedKernels
{
    public static void Register(IDictionary<string, KernelFactory> kernels)
    {
        kernels["quantize_linear"] = attributes => new QuantizeLinearKernel(attributes);
        kernels["dequantize_linear"] = attributes => new DequantizeLinearKernel(attributes);
        kernels["dynamic_quantize_linear"] = _ => new DynamicQuantizeLinearKernel();
        kernels["matmul_integer"] = _ => new MatmulIntegerKernel();
        kernels["conv_integer"] = attributes => new ConvIntegerKernel(attributes);
        kernels["qlinear_matmul"] = _ => new QlinearMatmulKernel();
        kernels["qlinear_conv"] = attributes => new QlinearConvKernel(attributes);
        kernels["ms.qlinear_add"] = _ => new QlinearBinaryKernel<RealSum>();
        kernels["ms.qlinear_mul"] = _ => new QlinearBinaryKernel<RealProduct>();
        kernels["ms.qlinear_sigmoid"] = _ => new QlinearUnaryKernel<Sigmoid>();
        kernels["ms.qlinear_leaky_relu"] = attributes =>
            new QlinearUnaryKernel<LeakyRelu>(attributes.Float("alpha", 0.01));
        kernels["ms.qlinear_average_pool"] = attributes => new QlinearAveragePoolKernel(attributes, isGlobal: false);
        kernels["ms.qlinear_global_average_pool"] =
            attributes => new QlinearAveragePoolKernel(attributes, isGlobal: true);
        kernels["ms.qlinear_concat"] = attributes => new QlinearConcatKernel(attributes);
        kernels["ms.qlinear_softmax"] = attributes => new QlinearSoftmaxKernel(attributes);
        kernels["ms.qlinear_where"] = _ => new QlinearWhereKernel();
        kernels["ms.qlinear_reduce_mean"] = attributes => new QlinearReduceMeanKernel(attributes);
        kernels["ms.qgemm"] = attributes => new QgemmKernel(attributes);
        kernels["ms.dynamic_quantize_matmul"] = _ => new MatmulToFloatKernel(isDynamic: true);
        kernels["ms.matmul_integer_to_float"] = _ => new MatmulToFloatKernel(isDynamic: false);
        kernels["ms.quantize_linear"] = attributes => new QuantizeLinearKernel(attributes);
        kernels["ms.dequantize_linear"] = attributes => new DequantizeLinearKernel(attributes);
    }
}
