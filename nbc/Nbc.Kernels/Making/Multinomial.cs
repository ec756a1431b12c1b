using System.Runtime.InteropServices;
using Nbc.Kernels.Movement;
using Nbc.Tensors;
using Nbc.Values;
using Noodle.Primitives;

namespace Nbc.Kernels.Making;

/// <summary>Draws classes with the probabilities that each row of logarithms gives.</summary>
/// <remarks>
/// Shape: [batch, classes] to [batch, sample_size].
/// Meaning: class c with probability exp(x[c]) / sum of exp(x); rows need not be normalised. Drawn with repetition.
/// Special values: -infinity is never drawn; a row without any probability, or with NaN, is refused.
/// Source: ONNX operator Multinomial, version 22.
/// </remarks>
internal sealed class Multinomial : Kernel
{
    private readonly Seed _seed;
    private readonly ElementType _type;
    private readonly long _samples;

    public Multinomial(KernelAttributes attributes)
    {
        _seed = new Seed(attributes);
        _type = attributes.Type("dtype", ElementType.Int32);
        _samples = attributes.Int("sample_size", 1);
        if (_type is not (ElementType.Int32 or ElementType.Int64) || _samples < 0)
        {
            throw new KernelException(
                KernelFault.WrongAttribute, $"{_samples} samples of {ElementTypes.TextOf(_type)} cannot be drawn");
        }
    }

    public override void Run(KernelContext context)
    {
        TensorValue input = context.Input(0);
        Dimensions.CheckRank(input, 2, "input");
        if (!ElementTypes.IsFloat(input.Type))
        {
            throw new KernelException(KernelFault.WrongType, $"input is {input}, not floating point");
        }

        int rows = (int)input.Shape[0], classes = (int)input.Shape[1];
        TensorValue output = context.Output(0, _type, rows, _samples);
        Span<double> sums = MemoryMarshal.Cast<byte, double>(context.Scratch((long)classes * sizeof(double)));
        PrngState random = new(_seed.Next(context));
        for (int row = 0; row < rows; row++)
        {
            double total = Accumulate(input, row, sums);
            for (int i = 0; i < _samples; i++)
            {
                int drawn = Draw(sums, random.NextDouble() * total);
                Scalars.Put(output, (int)((row * _samples) + i), drawn);
            }

            context.ThrowIfCancelled();
        }
    }

    private static double Accumulate(TensorValue input, int row, Span<double> sums)
    {
        double largest = double.NegativeInfinity, total = 0;
        for (int i = 0; i < sums.Length; i++)
        {
            largest = Math.Max(largest, Scalars.ToDouble(input, (row * sums.Length) + i));
        }

        for (int i = 0; i < sums.Length; i++)
        {
            total += Math.Exp(Scalars.ToDouble(input, (row * sums.Length) + i) - largest);
            sums[i] = total;
        }

        return total > 0 && double.IsFinite(total) ? total : throw new KernelException(
            KernelFault.OutOfRange, $"row {row} gives no class a probability");
    }

    // The first class whose running sum is beyond the point: one of no weight is never it.
    private static int Draw(ReadOnlySpan<double> sums, double point)
    {
        int low = 0, high = sums.Length - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = sums[middle] > point ? (low, middle) : (middle + 1, high);
        }

        return low;
    }
}
