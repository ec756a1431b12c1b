using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Quantised;

/// <summary>Convolution of stored whole numbers less their zero points, in 32 bits.</summary>
/// <remarks>Shape: as ONNX operator Conv. Source: ONNX operator ConvInteger, version 10.</remarks>
internal sealed class ConvIntegerKernel(KernelAttributes attributes) : Kernel
{
    private readonly ConvWindow _window = new(attributes);
    private readonly long _groups = attributes.Int("group", 1);

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        TensorValue w = context.Input(1);
        QuantisedScale.CheckBytes(x, "x");
        QuantisedScale.CheckBytes(w, "w");
        Span<long> begin = stackalloc long[Broadcast.MaxRank];
        ReadOnlySpan<long> shape = IntegerConvolution.Shape(
            _window, x, w, _groups, stackalloc long[Broadcast.MaxRank], begin);
        int xZero = QuantisedScale.ReadZero(context.OptionalInput(2), "x", x.Type);
        ZeroPoints wZeros = ZeroPoints.Read(context.OptionalInput(3), w, (int)shape[1], isColumns: false);
        TensorValue y = context.Output(0, ElementType.Int32, shape);
        IntegerConvolution.Run(
            context, _window, x, xZero, w, wZeros, (int)_groups, shape, begin, y.Span<int>());
    }
}

/// <summary>Convolution of quantised tensors, quantised again.</summary>
/// <remarks>
/// Shape: as ONNX operator Conv; w_scale and w_zero_point are one, or one for each filter; B is int32 in units of
/// x_scale * w_scale.
/// Meaning: the whole sum times x_scale * w_scale / y_scale in single precision, to nearest, ties to even.
/// Source: ONNX operator QLinearConv, version 10.
/// </remarks>
internal sealed class QlinearConvKernel(KernelAttributes attributes) : Kernel
{
    private readonly ConvWindow _window = new(attributes);
    private readonly long _groups = attributes.Int("group", 1);

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        TensorValue w = context.Input(3);
        QuantisedScale.CheckBytes(x, "x");
        QuantisedScale.CheckBytes(w, "w");
        Span<long> begin = stackalloc long[Broadcast.MaxRank];
        ReadOnlySpan<long> shape = IntegerConvolution.Shape(
            _window, x, w, _groups, stackalloc long[Broadcast.MaxRank], begin);
        QuantisedScale source = QuantisedScale.Read(context, 1, 2, "x", x.Type);
        ElementType type = context.Input(7).Type;
        QuantisedScale target = QuantisedScale.Read(context, 6, 7, "y", type);
        int filters = (int)shape[1];
        ZeroPoints wZeros = ZeroPoints.Read(context.Input(5), w, filters, isColumns: false);
        ReadOnlySpan<float> wScales = LineScales.Read(context, 4, filters);
        ReadOnlySpan<int> bias = Bias(context.OptionalInput(8), filters);
        TensorValue y = context.Output(0, type, shape);
        QuantisedScale.CheckBytes(y, "y");
        Span<int> sums = FloatBlocks.Scratch<int>(context, y.Count);
        IntegerConvolution.Run(
            context, _window, x, source.Zero, w, wZeros, (int)_groups, shape, begin, sums);
        int plane = (int)Shapes.Product(shape[2..]);
        Rounding rounding = Rounding.To(type);
        Span<byte> bytes = y.Span<byte>();
        for (int i = 0; i < sums.Length; i++)
        {
            int filter = i / plane % filters;
            float factor = source.Scale * wScales[wScales.Length == 1 ? 0 : filter] / target.Scale;
            int sum = sums[i] + (bias.IsEmpty ? 0 : bias[filter]);
            bytes[i] = (byte)rounding.Round(sum * factor, target.Zero);
        }
    }

    private static ReadOnlySpan<int> Bias(TensorValue? bias, int filters) => bias switch
    {
        null => default,
        { Type: not ElementType.Int32 } => throw Refusal.Type("B", bias.Type, ElementType.Int32),
        _ when bias.Count != filters => throw Refusal.Shape("B", bias.Shape, $"[{filters}]"),
        _ => bias.Span<int>(),
    };
}
