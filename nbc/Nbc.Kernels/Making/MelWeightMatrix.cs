using Nbc.Kernels.Movement;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Making;

/// <summary>Weights that gather the bins of a spectrum into triangles evenly spaced on the mel scale.</summary>
/// <remarks>
/// Shape: [dft_length / 2 + 1, num_mel_bins].
/// Meaning: the corners of the triangles are whole bins, as ONNX rounds them: floor((dft_length + 1) f / sample_rate).
/// Source: ONNX operator MelWeightMatrix, version 17.
/// </remarks>
internal sealed class MelWeightMatrix(KernelAttributes attributes) : Kernel
{
    private const double PerDecade = 2595, Corner = 700;

    private readonly ElementType _type = attributes.Type("output_datatype", ElementType.Float32);

    public override void Run(KernelContext context)
    {
        long bins = Size(context, 0, "num_mel_bins"), length = Size(context, 1, "dft_length");
        long rate = Dimensions.Scalar(context.Input(2), "sample_rate");
        double low = Scalars.One(context.Input(3), "lower_edge_hertz");
        double high = Scalars.One(context.Input(4), "upper_edge_hertz");
        if (rate <= 0 || !(low >= 0 && high >= low && double.IsFinite(high)))
        {
            throw new KernelException(
                KernelFault.OutOfRange, $"edges {low} and {high} Hz at {rate} samples a second are no range");
        }

        long rows = (length / 2) + 1;
        TensorValue output = context.Output(0, _type, rows, bins);
        ElementMove.Clear(output);
        double lowMel = PerDecade * Math.Log10(1 + (low / Corner));
        double step = ((PerDecade * Math.Log10(1 + (high / Corner))) - lowMel) / (bins + 2);
        for (long bin = 0; bin < bins; bin++)
        {
            Triangle(output, bin, Bin(bin), Bin(bin + 1), Bin(bin + 2));
            context.ThrowIfCancelled();
        }

        long Bin(long i)
        {
            double hertz = Corner * (Math.Pow(10, (lowMel + (i * step)) / PerDecade) - 1);
            double bin = Math.Floor((length + 1) * hertz / rate);
            return bin <= rows ? (long)bin : throw new KernelException(
                KernelFault.OutOfRange, $"{high} Hz is beyond the {rows} bins of {rate} samples a second");
        }
    }

    private static long Size(KernelContext context, int input, string name)
    {
        long size = Dimensions.Scalar(context.Input(input), name);
        return size is >= 0 and < int.MaxValue ? size : throw new KernelException(
            KernelFault.OutOfRange, $"{name} is {size}, not a size");
    }

    private static void Triangle(TensorValue output, long column, long left, long centre, long right)
    {
        for (long row = left; row < centre; row++)
        {
            Put(output, row, column, (double)(row - left) / (centre - left));
        }

        if (left == centre || right == centre)
        {
            Put(output, centre, column, 1);
        }

        for (long row = centre; row < right; row++)
        {
            Put(output, row, column, (double)(right - row) / (right - centre));
        }
    }

    private static void Put(TensorValue output, long row, long column, double weight)
    {
        if (row >= output.Shape[0])
        {
            throw new KernelException(
                KernelFault.OutOfRange, $"bin {row} is beyond the {output.Shape[0]} bins of the spectrum");
        }

        Scalars.Put(output, (int)((row * output.Shape[1]) + column), weight);
    }
}
