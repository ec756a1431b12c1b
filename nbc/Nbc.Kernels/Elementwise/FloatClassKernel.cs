using System.Numerics;
using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Elementwise;

/// <summary>Finds NaN, or infinities.</summary>
/// <remarks>Shape: as x; bool. Source: ONNX operators IsNaN and IsInf, version 20.</remarks>
internal sealed class FloatClassKernel : Kernel
{
    private readonly bool _nan;
    private readonly bool _positive;
    private readonly bool _negative;

    private FloatClassKernel(bool nan, bool positive, bool negative) =>
        (_nan, _positive, _negative) = (nan, positive, negative);

    public static FloatClassKernel IsNan() => new(true, false, false);

    public static FloatClassKernel IsInfinite(KernelAttributes attributes) =>
        new(false, attributes.Flag("detect_positive", true), attributes.Flag("detect_negative", true));

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        if (!ElementTypes.IsFloat(x.Type))
        {
            throw Refusal.Type("X", x.Type, "floating point");
        }

        Span<byte> y = context.Output(0, ElementType.Bool, x.Shape).Span<byte>();
        switch (x.Type)
        {
            case ElementType.Float32: Classify<float>(x.Span<float>(), y); break;
            case ElementType.Float64: Classify<double>(x.Span<double>(), y); break;
            case ElementType.Float16: Classify<Half>(x.Span<Half>(), y); break;
            case ElementType.BFloat16: Classify(x.Span<ushort>(), y); break;
            default: Classify(SmallFloats.Values(x.Type), x.Span<byte>(), y); break;
        }
    }

    private bool Matches<T>(T x)
        where T : INumberBase<T> => (_nan && T.IsNaN(x)) || (_positive && T.IsPositiveInfinity(x))
            || (_negative && T.IsNegativeInfinity(x));

    private void Classify<T>(ReadOnlySpan<T> x, Span<byte> y)
        where T : INumberBase<T>
    {
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = Matches(x[i]) ? (byte)1 : (byte)0;
        }
    }

    private void Classify(ReadOnlySpan<ushort> x, Span<byte> y)
    {
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = Matches((float)new BFloat16(x[i])) ? (byte)1 : (byte)0;
        }
    }

    private void Classify(ReadOnlySpan<float> values, ReadOnlySpan<byte> x, Span<byte> y)
    {
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = Matches(values[x[i]]) ? (byte)1 : (byte)0;
        }
    }
}
