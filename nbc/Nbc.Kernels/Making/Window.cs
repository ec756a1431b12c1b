using Nbc.Kernels.Movement;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Making;

/// <summary>A window of cosines, to weight a piece of a signal with.</summary>
/// <remarks>
/// Meaning: a0 - a1 cos(2 pi i / n) + a2 cos(4 pi i / n), n the size, or the size less one when it is not periodic.
/// Special values: a window of one element is 1 when it is not periodic.
/// Source: ONNX operators HannWindow, HammingWindow, BlackmanWindow, version 17.
/// </remarks>
internal sealed class Window(KernelAttributes attributes, double a0, double a1, double a2) : Kernel
{
    private const int Block = 1 << 14;

    private readonly ElementType _type = attributes.Type("output_datatype", ElementType.Float32);
    private readonly bool _isPeriodic = attributes.Flag("periodic", true);

    public static Window Hann(KernelAttributes attributes) => new(attributes, 0.5, 0.5, 0);

    /// <summary>ONNX says 25/46, not the rounded 0.54.</summary>
    public static Window Hamming(KernelAttributes attributes) => new(attributes, 25.0 / 46, 21.0 / 46, 0);

    public static Window Blackman(KernelAttributes attributes) => new(attributes, 0.42, 0.5, 0.08);

    public override void Run(KernelContext context)
    {
        long size = Dimensions.Scalar(context.Input(0), "size");
        if (size < 0)
        {
            throw new KernelException(KernelFault.OutOfRange, $"a window of {size} elements");
        }

        TensorValue output = context.Output(0, _type, size);
        double period = _isPeriodic ? size : size - 1;
        for (int i = 0; i < output.Count; i++)
        {
            double angle = 2 * Math.PI * i / period;
            double value = period == 0 ? 1 : a0 - (a1 * Math.Cos(angle)) + (a2 * Math.Cos(2 * angle));
            Scalars.Put(output, i, value);
            if ((i & (Block - 1)) == 0)
            {
                context.ThrowIfCancelled();
            }
        }
    }
}
