using System.Numerics;

namespace Nbc.Kernels.Signal;

/// <summary>The discrete Fourier transform of lines of one length, any length, in place.</summary>
/// <remarks>
/// Meaning: y[k] = sum over n of x[n] exp(-+2 pi i k n / length), plus for the inverse, which is not divided by length.
/// Accuracy: within 1e-12 of the largest sum for lengths up to a million.
/// Cost: length log(length): powers of two by halving, other lengths as a convolution of a power of two.
/// Source: Cooley and Tukey 1965; Bluestein 1970.
/// </remarks>
internal readonly ref struct FourierTransform
{
    private readonly KernelContext _context;
    private readonly Span<Complex> _roots;
    private readonly Span<Complex> _chirp;
    private readonly Span<Complex> _filter;
    private readonly Span<Complex> _work;

    public FourierTransform(KernelContext context, int length, bool isInverse)
    {
        _context = context;
        double sign = isInverse ? 1 : -1;
        if (BitOperations.IsPow2(length))
        {
            _roots = FloatWork.Room<Complex>(context, length / 2);
            Roots(_roots, length, sign);
            return;
        }

        long padded = (long)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, (2L * length) - 1));
        _roots = FloatWork.Room<Complex>(context, padded / 2);
        Roots(_roots, (int)padded, -1);
        _chirp = FloatWork.Room<Complex>(context, length);
        _filter = FloatWork.Room<Complex>(context, padded);
        _work = FloatWork.Room<Complex>(context, padded);
        _filter.Clear();
        for (long i = 0; i < length; i++)
        {
            // i * i modulo the period of 2 * length, so that the angle stays exact.
            double angle = Math.PI * (i * i % (2L * length)) / length;
            _chirp[(int)i] = new Complex(Math.Cos(angle), sign * Math.Sin(angle));
            Complex turned = Complex.Conjugate(_chirp[(int)i]);
            _filter[(int)i] = turned;
            _filter[(int)((padded - i) % padded)] = turned;
        }

        PowerOfTwo(_filter);
    }

    public void Run(Span<Complex> line)
    {
        if (_chirp.IsEmpty)
        {
            PowerOfTwo(line);
            return;
        }

        _work.Clear();
        for (int i = 0; i < line.Length; i++)
        {
            _work[i] = line[i] * _chirp[i];
        }

        PowerOfTwo(_work);
        for (int i = 0; i < _work.Length; i++)
        {
            // The way back is the way there of the conjugate.
            _work[i] = Complex.Conjugate(_work[i] * _filter[i]);
        }

        PowerOfTwo(_work);
        for (int i = 0; i < line.Length; i++)
        {
            line[i] = Complex.Conjugate(_work[i]) / _work.Length * _chirp[i];
        }
    }

    private static void Roots(Span<Complex> roots, int length, double sign)
    {
        for (int i = 0; i < roots.Length; i++)
        {
            (double sin, double cos) = Math.SinCos(2 * Math.PI * i / length);
            roots[i] = new Complex(cos, sign * sin);
        }
    }

    private void PowerOfTwo(Span<Complex> line)
    {
        Reverse(line);
        for (int half = 1; half < line.Length; half *= 2)
        {
            int step = line.Length / (2 * half);
            for (int start = 0; start < line.Length; start += 2 * half)
            {
                for (int i = 0; i < half; i++)
                {
                    Complex even = line[start + i], odd = line[start + half + i] * _roots[i * step];
                    line[start + i] = even + odd;
                    line[start + half + i] = even - odd;
                }
            }

            _context.ThrowIfCancelled();
        }
    }

    // Puts each element where the bits of its place, read backwards, say.
    private static void Reverse(Span<Complex> line)
    {
        int other = 0;
        for (int i = 1; i < line.Length; i++)
        {
            int bit = line.Length >> 1;
            for (; (other & bit) != 0; bit >>= 1)
            {
                other ^= bit;
            }

            other |= bit;
            if (i < other)
            {
                (line[i], line[other]) = (line[other], line[i]);
            }
        }
    }
}
