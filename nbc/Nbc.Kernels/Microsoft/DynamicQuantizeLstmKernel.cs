using Nbc.Kernels.Neural;
using Nbc.Kernels.Neural.Products;
using Nbc.Kernels.Neural.Recurrent;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Microsoft;

/// <summary>An LSTM with weights of 8 bits; what meets them is rounded to 8 bits as it comes.</summary>
/// <remarks>
/// Shape: W [directions, inputs, 4 * hidden], R [directions, hidden, 4 * hidden], of int8 or uint8; scales and zero
/// points one for each direction, or one for each column.
/// Accuracy: the products of 8-bit numbers are summed in float.
/// Source: ONNX Runtime, com.microsoft DynamicQuantizeLSTM, version 1.
/// </remarks>
internal sealed class DynamicQuantizeLstmKernel(KernelAttributes attributes) : LstmKernel(attributes)
{
    private const int Gates = 4;

    protected override bool Quantises => true;

    protected override int HiddenAxis => 1;

    protected override void ExpectWeights(
        KernelContext context, TensorValue x, TensorValue weights, string name, int hidden, int columns)
    {
        int scaleInput = name == "W" ? 8 : 10, width = Gates * hidden;
        TensorValue scale = context.Input(scaleInput), zero = context.Input(scaleInput + 1);
        if (weights.Type is not (ElementType.Int8 or ElementType.UInt8))
        {
            throw Operand.Type(weights, name);
        }

        Operand.ExpectShape(weights, name, Directions, columns, width);
        Operand.ExpectType(scale, ElementType.Float32, "a scale");
        Operand.Expect(
            scale.Count == Directions || scale.Count == Directions * width, scale, "a scale",
            $"{Directions} numbers, or {Directions * width}");
        Operand.ExpectType(zero, weights.Type, "a zero point");
        Operand.Expect(
            zero.Count == Directions || zero.Count == Directions * width, zero, "a zero point",
            $"{Directions} numbers, or {Directions * width}");
    }

    protected override unsafe Matrix<T> Weights<T>(
        KernelContext context, int input, int direction, int width, int columns)
    {
        TensorValue weights = context.Input(input);
        TensorValue scale = context.Input(input == 1 ? 8 : 10), zero = context.Input(input == 1 ? 9 : 11);
        int count = width * columns;
        Span<T> wide = ConstantMatrix.Room<T>(context, count);
        ReadOnlySpan<byte> bytes = weights.Span<byte>().Slice(direction * count, count), zeros = zero.Span<byte>();
        ReadOnlySpan<float> scales = scale.Span<float>();
        bool signed = weights.Type == ElementType.Int8;
        for (int i = 0; i < count; i++)
        {
            int column = i % width;
            byte point = zeros[zeros.Length == Directions ? direction : (direction * width) + column];
            float factor = scales[scales.Length == Directions ? direction : (direction * width) + column];
            int value = signed ? (sbyte)bytes[i] - (sbyte)point : bytes[i] - point;
            wide[i] = T.CreateTruncating(value) * T.CreateTruncating(factor);
        }

        return Matrix<T>.Dense(ConstantMatrix.First(wide), columns, width);
    }
}
