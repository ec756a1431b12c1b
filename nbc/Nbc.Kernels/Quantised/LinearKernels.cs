using System.Numerics.Tensors;
using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Quantised;

/// <summary>Stores real numbers in few bits: x / scale, rounded, plus the zero point.</summary>
/// <remarks>
/// Shape: y as x; scales and zero points as <see cref="QuantisedLayout"/> says.
/// Meaning: the quotient is rounded to attribute precision, or else to the type of the scale, then to the nearest
/// whole number, ties to even, and kept in the result's range. Float8 and float4 as <see cref="SmallFloats"/> rounds.
/// Source: ONNX operator QuantizeLinear, version 25.
/// </remarks>
internal sealed class QuantizeLinearKernel(KernelAttributes attributes) : Kernel
{
    private readonly long _axis = attributes.Int("axis", 1);
    private readonly long _block = LinearAttributes.Block(attributes);
    private readonly ElementType _type = attributes.Type("output_dtype");
    private readonly ElementType _precision = attributes.Type("precision");
    private readonly CastRules _rules = new(attributes.Flag("saturate", true), PowerRounding.Up);

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        TensorValue scale = context.Input(1);
        TensorValue? zero = context.OptionalInput(2);
        ElementType type = zero?.Type ?? (_type == ElementType.Undefined ? ElementType.UInt8 : _type);
        if (_type != ElementType.Undefined && type != _type)
        {
            throw Refusal.Type("the zero point", type, _type);
        }

        bool isSmall = SmallFloats.Has(type) && type != ElementType.Float8E8M0;
        if (!isSmall && !IntegerRanges.TryGet(type, out _, out _))
        {
            throw Refusal.Type("the result", type, "a whole number of at most 16 bits, float8 or float4");
        }

        if (!ElementTypes.IsFloat(x.Type) && x.Type != ElementType.Int32)
        {
            throw Refusal.Type("x", x.Type, "floating point or si32");
        }

        QuantisedLayout layout = QuantisedLayout.Of(x, scale, _axis, _block);
        ReadOnlySpan<float> scales = RealSpans.Open<float>(context, scale);
        ReadOnlySpan<float> zeros = LinearAttributes.Zeros(context, zero, scale);
        ReadOnlySpan<float> xs = RealSpans.Open<float>(context, x);
        TensorValue y = context.Output(0, type, x.Shape);
        ElementType precision = _precision != ElementType.Undefined ? _precision
            : scale.Type == ElementType.Float8E8M0 ? x.Type : scale.Type;
        for (int row = 0; row < layout.Rows; row++)
        {
            int first = layout.First(row);
            ReadOnlySpan<float> part = xs.Slice(row * layout.Length, layout.Length);
            int start = row * layout.Length;
            if (isSmall)
            {
                Small(part, scales[first..], zeros[first..], layout.Step, y, start, precision);
            }
            else
            {
                Whole(part, scales[first..], zeros[first..], layout.Step, y, start, precision);
            }

            if (row % 256 == 0)
            {
                context.ThrowIfCancelled();
            }
        }
    }

    private static float Quotient(float x, float scale, ElementType precision) => precision switch
    {
        ElementType.Float16 => (float)(Half)(x / scale),
        ElementType.BFloat16 => (float)(BFloat16)(x / scale),
        _ => x / scale,
    };

    private static void Whole(
        ReadOnlySpan<float> x,
        ReadOnlySpan<float> scales,
        ReadOnlySpan<float> zeros,
        int step,
        TensorValue y,
        int first,
        ElementType precision)
    {
        Rounding rounding = Rounding.To(y.Type);
        Span<long> block = stackalloc long[FloatBlocks.Length];
        for (int done = 0; done < x.Length; done += block.Length)
        {
            Span<long> part = block[..Math.Min(block.Length, x.Length - done)];
            for (int i = 0; i < part.Length; i++)
            {
                int at = (done + i) * step;
                part[i] = rounding.Round(Quotient(x[done + i], scales[at], precision), (long)zeros[at]);
            }

            CastBlocks.WriteWhole(part, isUnsigned: false, y, first + done, CastBlocks.Default);
        }
    }

    private void Small(
        ReadOnlySpan<float> x,
        ReadOnlySpan<float> scales,
        ReadOnlySpan<float> zeros,
        int step,
        TensorValue y,
        int first,
        ElementType precision)
    {
        Span<byte> codes = y.Span<byte>().Slice(first, x.Length);
        for (int i = 0; i < x.Length; i++)
        {
            float value = Quotient(x[i], scales[i * step], precision) + zeros[i * step];
            codes[i] = SmallFloats.FromSingle(y.Type, value, _rules.Saturate);
        }
    }
}

/// <summary>The real numbers that stored ones stand for: (x - zero point) * scale.</summary>
/// <remarks>
/// Shape: y as x; scales and zero points as <see cref="QuantisedLayout"/> says.
/// Source: ONNX operator DequantizeLinear, version 25.
/// </remarks>
internal sealed class DequantizeLinearKernel(KernelAttributes attributes) : Kernel
{
    private readonly long _axis = attributes.Int("axis", 1);
    private readonly long _block = LinearAttributes.Block(attributes);
    private readonly ElementType _type = attributes.Type("output_dtype");

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        TensorValue scale = context.Input(1);
        TensorValue? zero = context.OptionalInput(2);
        bool isWhole = IntegerRanges.TryGet(x.Type, out _, out _);
        if (!isWhole && !SmallFloats.Has(x.Type))
        {
            throw Refusal.Type("x", x.Type, "a whole number of at most 32 bits, float8 or float4");
        }

        if (zero is not null && zero.Type != x.Type)
        {
            throw Refusal.Type("the zero point", zero.Type, x.Type);
        }

        QuantisedLayout layout = QuantisedLayout.Of(x, scale, _axis, _block);
        ReadOnlySpan<float> scales = RealSpans.Open<float>(context, scale);
        ReadOnlySpan<float> zeros = LinearAttributes.Zeros(context, zero, scale);
        ElementType type = _type != ElementType.Undefined ? _type
            : scale.Type == ElementType.Float8E8M0 ? ElementType.Float32 : scale.Type;
        TensorValue y = context.Output(0, type, x.Shape);
        bool isByte = x.Type is ElementType.UInt8 or ElementType.Int8 && type == ElementType.Float32;
        Span<double> block = stackalloc double[FloatBlocks.Length];
        for (int row = 0; row < layout.Rows; row++)
        {
            int start = layout.First(row);
            if (isByte)
            {
                Bytes(x, y.Span<float>(), row * layout.Length, layout, scales[start..], zeros[start..]);
                if (row % 256 == 0)
                {
                    context.ThrowIfCancelled();
                }

                continue;
            }

            for (int done = 0; done < layout.Length; done += block.Length)
            {
                Span<double> part = block[..Math.Min(block.Length, layout.Length - done)];
                int first = (row * layout.Length) + done;
                CastBlocks.ReadReal(x, first, part);
                for (int i = 0; i < part.Length; i++)
                {
                    int at = start + ((done + i) * layout.Step);
                    part[i] = (float)(part[i] - zeros[at]) * scales[at];
                }

                CastBlocks.WriteReal(part, y, first, CastBlocks.Default);
            }

            if (row % 256 == 0)
            {
                context.ThrowIfCancelled();
            }
        }
    }

    // Differences of whole numbers are exact in single precision, so this is the definition, a vector at a time.
    private static void Bytes(
        TensorValue x,
        Span<float> y,
        int first,
        in QuantisedLayout layout,
        ReadOnlySpan<float> scales,
        ReadOnlySpan<float> zeros)
    {
        Span<float> row = y.Slice(first, layout.Length);
        if (x.Type == ElementType.UInt8)
        {
            TensorPrimitives.ConvertTruncating(x.Span<byte>().Slice(first, layout.Length), row);
        }
        else
        {
            TensorPrimitives.ConvertTruncating(x.Span<sbyte>().Slice(first, layout.Length), row);
        }

        if (layout.Step == 0)
        {
            TensorPrimitives.Subtract(row, zeros[0], row);
            TensorPrimitives.Multiply(row, scales[0], row);
            return;
        }

        TensorPrimitives.Subtract(row, zeros[..layout.Length], row);
        TensorPrimitives.Multiply(row, scales[..layout.Length], row);
    }
}

/// <summary>What the two kernels of this file read alike.</summary>
internal static class LinearAttributes
{
    public static long Block(KernelAttributes attributes)
    {
        long size = attributes.Int("block_size");
        return size >= 0 ? size : throw Refusal.Attribute("block_size", $"{size}", "at least 0");
    }

    /// <summary>Zero points, as many as scales; zeros when absent.</summary>
    public static ReadOnlySpan<float> Zeros(KernelContext context, TensorValue? zero, TensorValue scale)
    {
        if (zero is null)
        {
            Span<float> none = FloatBlocks.Scratch<float>(context, scale.Count);
            none.Clear();
            return none;
        }

        return zero.Count == scale.Count
            ? RealSpans.Open<float>(context, zero)
            : throw Refusal.Shape("the zero point", zero.Shape, Shapes.Text(scale.Shape));
    }
}
