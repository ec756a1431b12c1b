using Nbc.Kernels.Neural.Products;
using Nbc.Kernels.Neural.Windows;
using Nbc.Values;

namespace Nbc.Kernels.Microsoft;

/// <summary>A matrix product with a factor, its operands transposed as asked.</summary>
/// <remarks>
/// Meaning: a transposed batch operand has its first dimension behind the other batches: [M, B..., K].
/// Source: ONNX Runtime, com.microsoft FusedMatMul, version 1.
/// </remarks>
internal sealed class FusedMatmulKernel(KernelAttributes attributes) : MatmulKernel(
    attributes.Float("alpha", 1),
    new MatrixLayout(attributes.Flag("transA"), attributes.Flag("transBatchA")),
    new MatrixLayout(attributes.Flag("transB"), attributes.Flag("transBatchB")));

/// <summary>Gemm with an activation behind it.</summary>
/// <remarks>Source: ONNX Runtime, com.microsoft FusedGemm, version 1.</remarks>
internal sealed class FusedGemmKernel(KernelAttributes attributes) : GemmKernel(attributes)
{
    private readonly FusedActivation _activation = new(
        attributes.Text("activation"),
        attributes.Has("activation_alpha") ? attributes.Float("activation_alpha") : null,
        attributes.Has("activation_beta") ? attributes.Float("activation_beta") : null);

    protected override void Activate(Span<float> values) => _activation.Apply(values);
}

/// <summary>Conv with a summand and an activation behind it.</summary>
/// <remarks>Source: ONNX Runtime, com.microsoft FusedConv, version 1.</remarks>
internal sealed class FusedConvKernel : ConvKernel
{
    private readonly FusedActivation _activation;

    public FusedConvKernel(KernelAttributes attributes)
        : base(attributes)
    {
        double[] numbers = attributes.Floats("activation_params") ?? [];
        _activation = new FusedActivation(
            attributes.Text("activation"), numbers.Length > 0 ? numbers[0] : null,
            numbers.Length > 1 ? numbers[1] : null);
    }

    protected override TensorValue? Start(KernelContext context) => context.OptionalInput(3);

    protected override void Activate<T>(Span<T> values) => _activation.Apply(values);
}

/// <summary>Conv of images whose channels come last.</summary>
/// <remarks>Source: ONNX Runtime, com.microsoft NhwcConv, version 1.</remarks>
internal sealed class NhwcConvKernel(KernelAttributes attributes) : ConvKernel(attributes)
{
    protected override bool ChannelsLast => true;
}

/// <summary>ConvTranspose whose pads are an operand.</summary>
/// <remarks>Source: ONNX Runtime, com.microsoft ConvTransposeWithDynamicPads, version 1.</remarks>
internal sealed class ConvTransposeWithDynamicPadsKernel(KernelAttributes attributes)
    : ConvTransposeKernel(attributes)
{
    protected override int BiasInput => 3;

    protected override TensorValue? Pads(KernelContext context) => context.OptionalInput(2);
}
