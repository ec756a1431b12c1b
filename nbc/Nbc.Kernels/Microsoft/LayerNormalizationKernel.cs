using System.Numerics;
using Nbc.Kernels.Neural;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Microsoft;

/// <summary>Normalises the last dimensions from an axis on, with a scale and perhaps a bias.</summary>
/// <remarks>
/// Shape: scale and bias have as many elements as those dimensions. Mean and InvStdDev keep them as ones.
/// Meaning: simplified, the mean stays and only the root mean square goes to 1.
/// Source: ONNX Runtime, LayerNormalization and SimplifiedLayerNormalization, version 1.
/// </remarks>
internal sealed class LayerNormalizationKernel(bool simplified, KernelAttributes attributes) : RealKernel
{
    private readonly long _axis = attributes.Int("axis", -1);
    private readonly double _epsilon = attributes.Float("epsilon", 1e-5);

    protected override void Run<T>(KernelContext context, TensorValue x)
    {
        if (!Shapes.TryNormalizeAxis(_axis, x.Rank, out int axis))
        {
            throw new KernelException(KernelFault.OutOfRange, $"axis {_axis} is outside of {Shapes.Text(x.Shape)}");
        }

        TensorValue scale = context.Input(1);
        TensorValue? bias = simplified ? null : context.OptionalInput(2);
        int width = (int)Shapes.Product(x.Shape[axis..]);
        Operand.Expect(scale.Count == width && (Reals.IsSingle(scale.Type) || scale.Type == x.Type), scale, "Scale",
            $"{width} numbers");
        Operand.Expect(bias is null || (bias.Count == width && bias.Type == scale.Type), bias ?? x, "B",
            $"{width} numbers");
        TensorValue result = context.Output(0, x.Type, x.Shape);
        Span<long> shape = stackalloc long[x.Rank];
        shape.Fill(1);
        x.Shape[..axis].CopyTo(shape);
        ElementType kept = x.Type == ElementType.Float64 ? ElementType.Float64 : ElementType.Float32;
        TensorValue? first = Make(context, 1, kept, shape), second = simplified ? null : Make(context, 2, kept, shape);
        TensorValue? means = simplified ? null : first, deviations = simplified ? first : second;
        Span<T> target = Reals.Room<T>(context, result);
        ReadOnlySpan<T> source = Reals.Read<T>(context, x), factors = Reals.Read<T>(context, scale);
        ReadOnlySpan<T> offsets = bias is null ? [] : Reals.Read<T>(context, bias);
        for (int i = 0; width > 0 && i < source.Length / width; i++)
        {
            (double mean, double inverse) = RowNormalization.Run(
                source.Slice(i * width, width), factors, offsets, _epsilon, simplified, target.Slice(i * width, width));
            Put<T>(means, i, mean);
            Put<T>(deviations, i, inverse);
        }

        Reals.Write<T>(target, result);
    }

    private static TensorValue? Make(KernelContext context, int output, ElementType type, ReadOnlySpan<long> shape) =>
        output < context.OutputCount && context.Wants(output) ? context.Output(output, type, shape) : null;

    private static void Put<T>(TensorValue? tensor, int i, double value)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (tensor is not null)
        {
            tensor.Span<T>()[i] = T.CreateTruncating(value);
        }
    }
}

/// <summary>Adds a skip connection and a bias, then normalises the rows.</summary>
/// <remarks>
/// Shape: input [.., width]; skip the same, or of fewer rows that repeat ([rows, width] or [1, rows, width]).
/// Meaning: the sum itself is the last result.
/// Source: ONNX Runtime, com.microsoft SkipLayerNormalization and SkipSimplifiedLayerNormalization, version 1.
/// </remarks>
internal sealed class SkipLayerNormalizationKernel(bool simplified, KernelAttributes attributes) : RealKernel("input")
{
    private readonly double _epsilon = attributes.Float("epsilon", 1e-12);

    protected override void Run<T>(KernelContext context, TensorValue x)
    {
        TensorValue skip = context.Input(1);
        Operand.Expect(x.Rank >= 2, x, "input", "two dimensions or more");
        Operand.ExpectType(skip, x.Type, "skip");
        int width = (int)x.Shape[^1];
        Operand.Expect(
            skip.Rank >= 1 && skip.Shape[^1] == width && skip.Count > 0 == x.Count > 0
                && (skip.Count == 0 || x.Count % skip.Count == 0),
            skip, "skip", $"rows of {width} that divide {Shapes.Text(x.Shape)}");
        ReadOnlySpan<T> gamma = Row<T>(context, x, 2, "gamma", width);
        ReadOnlySpan<T> beta = simplified || !context.Has(3) ? [] : Row<T>(context, x, 3, "beta", width);
        int biasInput = simplified ? 3 : 4;
        ReadOnlySpan<T> bias = context.Has(biasInput) ? Row<T>(context, x, biasInput, "bias", width) : [];
        TensorValue result = context.Output(0, x.Type, x.Shape);
        bool kept = context.OutputCount > 3 && context.Wants(3);
        TensorValue? sums = kept ? context.Output(3, x.Type, x.Shape) : null;
        Span<T> target = Reals.Room<T>(context, result), sum = sums is null ? target : Reals.Room<T>(context, sums);
        ReadOnlySpan<T> source = Reals.Read<T>(context, x), added = Reals.Read<T>(context, skip);
        for (int i = 0; i < source.Length; i += width)
        {
            Span<T> row = sum.Slice(i, width);
            System.Numerics.Tensors.TensorPrimitives.Add(
                source.Slice(i, width), added.Slice(i % added.Length, width), row);
            if (!bias.IsEmpty)
            {
                System.Numerics.Tensors.TensorPrimitives.Add(row, bias, row);
            }

            RowNormalization.Run(row, gamma, beta, _epsilon, simplified, target.Slice(i, width));
        }

        Reals.Write<T>(target, result);
        if (sums is not null)
        {
            Reals.Write<T>(sum, sums);
        }
    }

    private static ReadOnlySpan<T> Row<T>(KernelContext context, TensorValue x, int input, string name, int width)
        where T : unmanaged
    {
        TensorValue row = context.Input(input);
        Operand.ExpectType(row, x.Type, name);
        Operand.ExpectShape(row, name, width);
        return Reals.Read<T>(context, row);
    }
}
