using System.Numerics.Tensors;
using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Quantised;

/// <summary>Chooses a scale and zero point for a tensor so that uint8 spans its numbers and zero.</summary>
/// <remarks>
/// Special values: a tensor of zeros, or an empty one, gets scale 1 and zero point 0.
/// Source: ONNX operator DynamicQuantizeLinear, version 11.
/// </remarks>
internal static class DynamicQuantization
{
    private const float Steps = byte.MaxValue;

    public static QuantisedScale Fit(ReadOnlySpan<float> x)
    {
        float least = x.IsEmpty ? 0 : Math.Min(0, TensorPrimitives.Min(x));
        float largest = x.IsEmpty ? 0 : Math.Max(0, TensorPrimitives.Max(x));
        if (least == largest)
        {
            return new QuantisedScale(1, 0);
        }

        float scale = (largest - least) / Steps;
        return new QuantisedScale(scale, (int)Rounding.To(ElementType.UInt8).Round(-least / scale, 0));
    }
}

/// <summary>Stores a tensor as uint8 with the scale that fits it.</summary>
internal sealed class DynamicQuantizeLinearKernel : Kernel
{
    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        if (x.Type != ElementType.Float32)
        {
            throw Refusal.Type("x", x.Type, ElementType.Float32);
        }

        QuantisedScale fit = DynamicQuantization.Fit(x.Span<float>());
        fit.Quantize(x.Span<float>(), context.Output(0, ElementType.UInt8, x.Shape));
        context.Output(1, ElementType.Float32).Span<float>()[0] = fit.Scale;
        context.Output(2, ElementType.UInt8).Span<byte>()[0] = (byte)fit.Zero;
    }
}
