using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Quantised;

/// <summary>One scale and zero point for a whole tensor: real = (stored - Zero) * Scale.</summary>
internal readonly record struct QuantisedScale(float Scale, int Zero)
{
    /// <summary>Reads both from operands; an absent zero point is 0.</summary>
    /// <param name="type">Of the tensor that they are for.</param>
    /// <exception cref="KernelException">One of them is no single number of the right type.</exception>
    public static QuantisedScale Read(KernelContext context, int scale, int zero, string name, ElementType type)
    {
        TensorValue scaleTensor = context.Input(scale);
        if (scaleTensor.Count != 1)
        {
            throw Refusal.Shape($"the scale of {name}", scaleTensor.Shape, "one element");
        }

        if (!ElementTypes.IsFloat(scaleTensor.Type))
        {
            throw Refusal.Type($"the scale of {name}", scaleTensor.Type, "floating point");
        }

        Span<double> value = stackalloc double[1];
        CastBlocks.ReadReal(scaleTensor, 0, value);
        return new QuantisedScale((float)value[0], ReadZero(context.OptionalInput(zero), name, type));
    }

    /// <summary>A single zero point; 0 when it is absent.</summary>
    public static int ReadZero(TensorValue? zero, string name, ElementType type)
    {
        if (zero is null)
        {
            return 0;
        }

        if (zero.Type != type)
        {
            throw Refusal.Type($"the zero point of {name}", zero.Type, type);
        }

        if (zero.Count != 1)
        {
            throw Refusal.Shape($"the zero point of {name}", zero.Shape, "one element");
        }

        Span<long> whole = stackalloc long[1];
        CastBlocks.ReadWhole(zero, 0, whole);
        return (int)whole[0];
    }

    /// <summary>The real numbers that a tensor stands for, in memory of this run.</summary>
    public Span<float> Dequantize(KernelContext context, TensorValue tensor)
    {
        Span<float> real = FloatBlocks.Scratch<float>(context, tensor.Count);
        Span<long> block = stackalloc long[FloatBlocks.Length];
        for (int done = 0; done < real.Length; done += block.Length)
        {
            Span<long> part = block[..Math.Min(block.Length, real.Length - done)];
            CastBlocks.ReadWhole(tensor, done, part);
            for (int i = 0; i < part.Length; i++)
            {
                real[done + i] = (part[i] - Zero) * Scale;
            }
        }

        return real;
    }

    /// <summary>Stores real numbers: to the nearest, ties to even, within the type's range.</summary>
    public void Quantize(ReadOnlySpan<float> real, TensorValue tensor, int first = 0)
    {
        Rounding rounding = Rounding.To(tensor.Type);
        Span<long> block = stackalloc long[FloatBlocks.Length];
        for (int done = 0; done < real.Length; done += block.Length)
        {
            Span<long> part = block[..Math.Min(block.Length, real.Length - done)];
            for (int i = 0; i < part.Length; i++)
            {
                part[i] = rounding.Round(real[done + i] / Scale, Zero);
            }

            CastBlocks.WriteWhole(part, isUnsigned: false, tensor, first + done, CastBlocks.Default);
        }
    }

    /// <exception cref="KernelException">The tensor is not of uint8 or int8.</exception>
    public static void CheckBytes(TensorValue tensor, string name)
    {
        if (tensor.Type is not (ElementType.UInt8 or ElementType.Int8))
        {
            throw Refusal.Type(name, tensor.Type, "ui8 or si8");
        }
    }
}

/// <summary>To a whole number of a type: nearest, ties to even, never outside its range; NaN becomes the zero
/// point.</summary>
internal readonly record struct Rounding(long Least, long Largest)
{
    private const double Far = 1e15;

    public static Rounding To(ElementType type) => IntegerRanges.TryGet(type, out long least, out long largest)
        ? new Rounding(least, largest)
        : throw Refusal.Type("the result", type, "a whole number of at most 32 bits");

    public long Round(double value, long zero) => Math.Clamp(
        zero + (long)Math.Clamp(Math.Round(value, MidpointRounding.ToEven), -Far, Far), Least, Largest);
}
