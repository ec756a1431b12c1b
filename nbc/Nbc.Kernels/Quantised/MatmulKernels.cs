using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Quantised;

/// <summary>The product of stored whole numbers less their zero points, in 32 bits.</summary>
/// <remarks>
/// Shape: by numpy's rule for matmul. Zero points: one, or one for each row of A and each column of B.
/// Source: ONNX operator MatMulInteger, version 10.
/// </remarks>
internal sealed class MatmulIntegerKernel : Kernel
{
    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue a = context.Input(0);
        TensorValue b = context.Input(1);
        QuantisedScale.CheckBytes(a, "A");
        QuantisedScale.CheckBytes(b, "B");
        MatmulShape shape = MatmulShape.Of(a.Shape, b.Shape, stackalloc long[2 * Broadcast.MaxRank]);
        ZeroPoints aZeros = ZeroPoints.Read(context.OptionalInput(2), a, shape.Rows, isColumns: false);
        ZeroPoints bZeros = ZeroPoints.Read(context.OptionalInput(3), b, shape.Columns, isColumns: true);
        TensorValue y = context.Output(0, ElementType.Int32, shape.Result);
        IntegerProduct.Run(context, shape, a, aZeros, b, bZeros, y.Span<int>());
    }
}

/// <summary>The product of two quantised tensors, quantised again.</summary>
/// <remarks>
/// Shape: by numpy's rule for matmul. Scales and zero points: one, or one for each row of a and each column of b.
/// Meaning: the whole product times a_scale * b_scale / y_scale in single precision, to nearest, ties to even.
/// Float8 operands are multiplied in double precision; their zero points are zeros.
/// Source: ONNX operator QLinearMatMul, version 21.
/// </remarks>
internal sealed class QlinearMatmulKernel : Kernel
{
    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue a = context.Input(0);
        TensorValue b = context.Input(3);
        MatmulShape shape = MatmulShape.Of(a.Shape, b.Shape, stackalloc long[2 * Broadcast.MaxRank]);
        if (IsFloat8(a.Type) && IsFloat8(b.Type) && IsFloat8(context.Input(7).Type))
        {
            InDouble(context, shape, a, b);
            return;
        }

        QuantisedScale.CheckBytes(a, "a");
        QuantisedScale.CheckBytes(b, "b");
        ZeroPoints aZeros = ZeroPoints.Read(context.Input(2), a, shape.Rows, isColumns: false);
        ZeroPoints bZeros = ZeroPoints.Read(context.Input(5), b, shape.Columns, isColumns: true);
        TensorValue yZero = context.Input(7);
        QuantisedScale.CheckBytes(yZero, "y_zero_point");
        QuantisedScale target = QuantisedScale.Read(context, 6, 7, "y", yZero.Type);
        TensorValue y = context.Output(0, yZero.Type, shape.Result);
        Span<int> sums = FloatBlocks.Scratch<int>(context, y.Count);
        IntegerProduct.Run(context, shape, a, aZeros, b, bZeros, sums);
        ReadOnlySpan<float> aScales = LineScales.Read(context, 1, shape.Rows);
        ReadOnlySpan<float> bScales = LineScales.Read(context, 4, shape.Columns);
        Rounding rounding = Rounding.To(y.Type);
        Span<byte> bytes = y.Span<byte>();
        for (int i = 0; i < sums.Length; i++)
        {
            float aScale = aScales[aScales.Length == 1 ? 0 : i / shape.Columns % shape.Rows];
            float bScale = bScales[bScales.Length == 1 ? 0 : i % shape.Columns];
            bytes[i] = (byte)rounding.Round(sums[i] * (aScale * bScale / target.Scale), target.Zero);
        }
    }

    private static bool IsFloat8(ElementType type) =>
        type is >= ElementType.Float8E4M3FN and <= ElementType.Float8E5M2FNUZ;

    private static void InDouble(KernelContext context, in MatmulShape shape, TensorValue a, TensorValue b)
    {
        TensorValue y = context.Output(0, context.Input(7).Type, shape.Result);
        ReadOnlySpan<float> left = RealSpans.Open<float>(context, a);
        ReadOnlySpan<float> right = RealSpans.Open<float>(context, b);
        ReadOnlySpan<float> aScales = LineScales.Read(context, 1, shape.Rows);
        ReadOnlySpan<float> bScales = LineScales.Read(context, 4, shape.Columns);
        double yScale = LineScales.Read(context, 6, 1)[0];
        BroadcastRuns runs = new(stackalloc long[BroadcastRuns.Memory(2, Broadcast.MaxRank)], 2, shape.Batch);
        runs.Add(0, MatmulShape.BatchOf(a.Shape));
        runs.Add(1, MatmulShape.BatchOf(b.Shape));
        runs.Start();
        Span<byte> codes = y.Span<byte>();
        int plane = shape.Rows * shape.Columns;
        while (codes.Length > 0 && runs.Next())
        {
            for (int at = 0; at < runs.Length * plane; at++)
            {
                int batch = at / plane;
                int row = at / shape.Columns % shape.Rows;
                int column = at % shape.Columns;
                int fromA = (((runs.First(0) + (runs.Stays(0) ? 0 : batch)) * shape.Rows) + row) * shape.Depth;
                int fromB = ((runs.First(1) + (runs.Stays(1) ? 0 : batch)) * shape.Depth * shape.Columns) + column;
                double sum = 0;
                for (int k = 0; k < shape.Depth; k++)
                {
                    sum += (double)left[fromA + k] * right[fromB + (k * shape.Columns)];
                }

                double scale = aScales[aScales.Length == 1 ? 0 : row];
                scale *= bScales[bScales.Length == 1 ? 0 : column];
                codes[(runs.Result * plane) + at] = SmallFloats.FromSingle(y.Type, (float)(sum * scale / yScale));
            }

            context.ThrowIfCancelled();
        }
    }
}

/// <summary>Scales of a matrix operand: one, or one for each row or column.</summary>
internal static class LineScales
{
    public static ReadOnlySpan<float> Read(KernelContext context, int input, int lines)
    {
        TensorValue scale = context.Input(input);
        return scale.Count == 1 || scale.Count == lines
            ? RealSpans.Open<float>(context, scale)
            : throw Refusal.Shape("a scale", scale.Shape, $"one element, or one for each of {lines} lines");
    }
}

/// <summary>The real product of quantised factors, with an optional bias for each column.</summary>
/// <remarks>Source: com.microsoft operators MatMulIntegerToFloat and DynamicQuantizeMatMul, version 1.</remarks>
/// <param name="isDynamic">True when A is real and is quantised first, to uint8 by its range.</param>
internal sealed class MatmulToFloatKernel(bool isDynamic) : Kernel
{
    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue a = context.Input(0);
        TensorValue b = context.Input(1);
        QuantisedScale.CheckBytes(b, "B");
        MatmulShape shape = MatmulShape.Of(a.Shape, b.Shape, stackalloc long[2 * Broadcast.MaxRank]);
        TensorValue scale = context.Input(isDynamic ? 2 : 3);
        ElementType type = isDynamic ? a.Type : scale.Type;
        if (!NumberTypes.IsWide(type) && type != ElementType.Float32)
        {
            throw Refusal.Type("the result", type, "floating point of 16 or 32 bits");
        }

        TensorValue? aZero = isDynamic ? null : context.OptionalInput(4);
        ZeroPoints bZeros = ZeroPoints.Read(
            context.OptionalInput(isDynamic ? 3 : 5), b, shape.Columns, isColumns: true);
        TensorValue y = context.Output(0, type, shape.Result);
        Span<int> sums = FloatBlocks.Scratch<int>(context, y.Count);
        ReadOnlySpan<float> aScales;
        if (isDynamic)
        {
            Span<float> one = FloatBlocks.Scratch<float>(context, 1);
            one[0] = Dynamic(context, shape, a, b, bZeros, sums);
            aScales = one;
        }
        else
        {
            QuantisedScale.CheckBytes(a, "A");
            ZeroPoints aZeros = ZeroPoints.Read(aZero, a, shape.Rows, isColumns: false);
            IntegerProduct.Run(context, shape, a, aZeros, b, bZeros, sums);
            aScales = LineScales.Read(context, 2, shape.Rows);
        }

        ReadOnlySpan<float> bScales = LineScales.Read(context, isDynamic ? 2 : 3, shape.Columns);
        Finish(context, shape, sums, aScales, bScales, context.OptionalInput(isDynamic ? 4 : 6), y);
    }

    private static float Dynamic(
        KernelContext context, in MatmulShape shape, TensorValue a, TensorValue b, ZeroPoints bZeros, Span<int> sums)
    {
        ReadOnlySpan<float> real = RealSpans.Open<float>(context, a);
        QuantisedScale fit = DynamicQuantization.Fit(real);
        Rounding rounding = Rounding.To(ElementType.UInt8);
        Span<short> centred = FloatBlocks.Scratch<short>(context, real.Length);
        for (int i = 0; i < centred.Length; i++)
        {
            centred[i] = (short)(rounding.Round(real[i] / fit.Scale, fit.Zero) - fit.Zero);
        }

        IntegerProduct.Run(context, shape, centred, a.Shape, b, bZeros, sums);
        return fit.Scale;
    }

    private static void Finish(
        KernelContext context,
        in MatmulShape shape,
        ReadOnlySpan<int> sums,
        ReadOnlySpan<float> aScales,
        ReadOnlySpan<float> bScales,
        TensorValue? bias,
        TensorValue y)
    {
        if (bias is not null && bias.Count != shape.Columns)
        {
            throw Refusal.Shape("bias", bias.Shape, $"[{shape.Columns}]");
        }

        ReadOnlySpan<float> shifts = bias is null ? default : RealSpans.Open<float>(context, bias);
        Span<float> room = RealSpans.Room<float>(context, y);
        for (int i = 0; i < sums.Length; i++)
        {
            int column = i % shape.Columns;
            float aScale = aScales[aScales.Length == 1 ? 0 : i / shape.Columns % shape.Rows];
            float bScale = bScales[bScales.Length == 1 ? 0 : column];
            room[i] = (sums[i] * (aScale * bScale)) + (bias is null ? 0 : shifts[column]);
        }

        RealSpans.Store<float>(room, y);
    }
}
