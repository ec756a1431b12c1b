using System.Numerics;
using Nbc.Kernels.Movement;
using Nbc.Values;

namespace Nbc.Kernels.Signal;

/// <summary>The Fourier transforms of pieces of a signal, each weighted by a window.</summary>
/// <remarks>
/// Shape: [batch, length, 1 or 2] (or [batch, length]) to [batch, frames, bins, 2].
/// Meaning: frame f begins at f * frame_step; only frames that lie in the signal as a whole are there.
/// Accuracy: computed in double.
/// Source: ONNX operator STFT, version 17.
/// </remarks>
internal sealed class Stft(KernelAttributes attributes) : Kernel
{
    private readonly bool _isOneSided = attributes.Flag("onesided", true);

    public override void Run(KernelContext context)
    {
        TensorValue signal = context.Input(0);
        TensorValue? window = context.OptionalInput(2);
        FloatWork.CheckFloat(signal, "signal");
        int parts = signal.Rank == 2 ? 1 : signal.Rank == 3 && signal.Shape[2] is 1 or 2 ? (int)signal.Shape[2] : 0;
        if (parts == 0 || (parts == 2 && _isOneSided))
        {
            throw new KernelException(KernelFault.WrongShape, parts == 0
                ? $"signal is {signal}, not a batch of real or complex lines"
                : $"signal {signal} is complex, which has no one-sided form");
        }

        long step = Dimensions.Scalar(context.Input(1), "frame_step");
        long length = FrameLength(context, signal, window);
        if (step < 1 || length < 1)
        {
            throw new KernelException(KernelFault.OutOfRange, $"frames of {length} every {step} elements");
        }

        long frames = signal.Shape[1] < length ? 0 : 1 + ((signal.Shape[1] - length) / step);
        long bins = _isOneSided ? (length / 2) + 1 : length;
        TensorValue output = context.Output(0, signal.Type, signal.Shape[0], frames, bins, 2);
        if (output.Count > 0)
        {
            Frames work = new(context, window, (int)frames, (int)Math.Min(step, int.MaxValue), (int)length, parts);
            FloatWork.Run(context, ref work, signal, output);
        }
    }

    private static long FrameLength(KernelContext context, TensorValue signal, TensorValue? window)
    {
        TensorValue? given = context.OptionalInput(3);
        long length = given is not null ? Dimensions.Scalar(given, "frame_length")
            : window is not null ? window.Count : signal.Shape[1];
        if (window is not null && (window.Rank != 1 || window.Count != length))
        {
            throw new KernelException(KernelFault.WrongShape, $"window is {window}, a frame has {length} elements");
        }

        return length;
    }

    private readonly ref struct Frames(
        KernelContext context, TensorValue? window, int frames, int step, int length, int parts) : IFloatWork
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            Span<Complex> line = FloatWork.Room<Complex>(context, length);
            Span<double> weights = FloatWork.Room<double>(context, length);
            for (int i = 0; i < length; i++)
            {
                weights[i] = window is null ? 1 : Scalars.ToDouble(window, i);
            }

            FourierTransform transform = new(context, length, isInverse: false);
            int batches = (int)context.Input(0).Shape[0];
            int bins = y.Length / (batches * frames * 2), whole = x.Length / batches;
            for (int batch = 0; batch < batches; batch++)
            {
                for (int frame = 0; frame < frames; frame++)
                {
                    ReadOnlySpan<T> from = x.Slice((batch * whole) + (frame * step * parts), length * parts);
                    for (int i = 0; i < length; i++)
                    {
                        double imaginary = parts == 2 ? double.CreateTruncating(from[(i * 2) + 1]) : 0;
                        line[i] = new Complex(double.CreateTruncating(from[i * parts]), imaginary) * weights[i];
                    }

                    transform.Run(line);
                    Span<T> to = y.Slice(((batch * frames) + frame) * bins * 2, bins * 2);
                    for (int i = 0; i < bins; i++)
                    {
                        to[2 * i] = T.CreateTruncating(line[i].Real);
                        to[(2 * i) + 1] = T.CreateTruncating(line[i].Imaginary);
                    }
                }
            }
        }
    }
}
