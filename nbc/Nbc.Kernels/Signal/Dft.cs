using System.Numerics;
using Nbc.Kernels.Movement;
using Nbc.Values;

namespace Nbc.Kernels.Signal;

/// <summary>The discrete Fourier transform along an axis.</summary>
/// <remarks>
/// Shape: the last dimension is 1 for real numbers or 2 for real and imaginary part; that of the result is 2.
/// Meaning: lines are cut or filled up with zeros to dft_length. The inverse is divided by the length. Onesided, of
/// real lines only the first half and one are given; onesided and inverse, lines are such halves and the result real.
/// Accuracy: computed in double.
/// Source: ONNX operator DFT, version 20.
/// </remarks>
internal sealed class Dft(KernelAttributes attributes) : Kernel
{
    private readonly bool _isInverse = attributes.Flag("inverse");
    private readonly bool _isOneSided = attributes.Flag("onesided");

    public override void Run(KernelContext context)
    {
        TensorValue input = context.Input(0);
        FloatWork.CheckFloat(input, "input");
        int rank = Dimensions.Rank(input);
        TensorValue? named = context.OptionalInput(2);
        int axis = Dimensions.Axis(named is null ? -2 : Dimensions.Scalar(named, "axis"), rank);
        long parts = rank < 2 ? 0 : input.Shape[^1];
        if (parts is not (1 or 2) || axis == rank - 1)
        {
            throw new KernelException(
                KernelFault.WrongShape, $"{input} has no real or complex lines along axis {axis}");
        }

        bool givesReal = _isOneSided && _isInverse;
        if (_isOneSided && parts != (givesReal ? 2 : 1))
        {
            throw new KernelException(
                KernelFault.WrongShape, $"{input} is {(givesReal ? "real" : "complex")}, which has no one-sided form");
        }

        long given = input.Shape[axis];
        TensorValue? wanted = context.OptionalInput(1);
        long length = wanted is not null ? Dimensions.Scalar(wanted, "dft_length")
            : givesReal ? Math.Max(1, 2 * (given - 1)) : given;
        if (length is < 1 or > int.MaxValue / 2)
        {
            throw new KernelException(KernelFault.OutOfRange, $"a transform of length {length}");
        }

        Span<long> shape = stackalloc long[rank];
        input.Shape.CopyTo(shape);
        shape[axis] = _isOneSided && !_isInverse ? (length / 2) + 1 : length;
        shape[^1] = givesReal ? 1 : 2;
        TensorValue output = context.Output(0, input.Type, shape);
        int outer = Dimensions.Count(input.Shape[..axis]), inner = Dimensions.Count(input.Shape[(axis + 1)..^1]);
        if (input.Count == 0)
        {
            ElementMove.Clear(output);
        }
        else if (output.Count > 0)
        {
            Lines lines = new(context, outer, inner, (int)given, (int)length, _isInverse, (int)parts, givesReal);
            FloatWork.Run(context, ref lines, input, output);
        }
    }

    private readonly ref struct Lines(
        KernelContext context, int outer, int inner, int given, int length, bool isInverse, int parts, bool givesReal)
        : IFloatWork
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            Span<Complex> line = FloatWork.Room<Complex>(context, length);
            FourierTransform transform = new(context, length, isInverse);
            int results = givesReal ? 1 : 2;
            int kept = y.Length / (outer * inner * results);
            for (int o = 0; o < outer; o++)
            {
                for (int i = 0; i < inner; i++)
                {
                    Read(x[(((o * given * inner) + i) * parts)..], line);
                    transform.Run(line);
                    Write(line, y[(((o * kept * inner) + i) * results)..], kept, results);
                }
            }
        }

        private void Read<T>(ReadOnlySpan<T> x, Span<Complex> line)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            line.Clear();
            int half = (length / 2) + 1;
            int count = Math.Min(given, givesReal ? half : length);
            for (int k = 0; k < count; k++)
            {
                int at = k * inner * parts;
                double imaginary = parts == 2 ? double.CreateTruncating(x[at + 1]) : 0;
                line[k] = new Complex(double.CreateTruncating(x[at]), imaginary);
            }

            for (int k = half; k < length && givesReal; k++)
            {
                line[k] = Complex.Conjugate(line[length - k]);
            }
        }

        private void Write<T>(ReadOnlySpan<Complex> line, Span<T> y, int kept, int results)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            double scale = isInverse ? length : 1;
            for (int k = 0; k < kept; k++)
            {
                int at = k * inner * results;
                y[at] = T.CreateTruncating(line[k].Real / scale);
                if (results == 2)
                {
                    y[at + 1] = T.CreateTruncating(line[k].Imaginary / scale);
                }
            }
        }
    }
}
