using System.Numerics;
using Nbc.Values;
using static Nbc.Kernels.Tests.Movement.Give;

namespace Nbc.Kernels.Tests.Signal;

public sealed class FourierTests
{
    [Fact]
    public void A_transform_of_any_length_is_its_definition() =>
        Gen.Select(Gen.Double[-1, 1].Array[2, 140].Where(values => values.Length % 2 == 0), Gen.Bool)
            .Sample((values, inverse) =>
            {
                int n = values.Length / 2;
                TensorValue y = Run(
                    "dft", Attributes(("inverse", inverse ? 1 : 0)), Tensor([1, n, 2], values));
                IsNear(y, [1, n, 2], 1e-11, Definition(values, inverse));
            });

    private static double[] Definition(double[] values, bool inverse)
    {
        int n = values.Length / 2;
        double[] result = new double[2 * n];
        for (int k = 0; k < n; k++)
        {
            Complex sum = 0;
            for (int i = 0; i < n; i++)
            {
                double angle = (inverse ? 2 : -2) * Math.PI * ((long)i * k % n) / n;
                sum += new Complex(values[2 * i], values[(2 * i) + 1]) * Complex.FromPolarCoordinates(1, angle);
            }

            sum /= inverse ? n : 1;
            (result[2 * k], result[(2 * k) + 1]) = (sum.Real, sum.Imaginary);
        }

        return result;
    }

    [Fact]
    public void Real_lines_have_a_half_that_says_all()
    {
        TensorValue x = Tensor([1, 6, 1], 1f, 2, 0, -1, 3, 5);
        TensorValue whole = Run("dft", x);
        TensorValue half = Run("dft", Attributes(("onesided", 1)), x);
        TensorValue back = Run("dft", Attributes(("onesided", 1), ("inverse", 1)), half);

        Assert.Equal([1, 4, 2], half.Shape.ToArray());
        Assert.Equal(Values<float>(whole)[..8], Values<float>(half));
        IsNear(back, [1, 6, 1], 1e-6, 1, 2, 0, -1, 3, 5);
        TensorValue odd = Run("dft", Attributes(("onesided", 1)), Tensor([1, 3, 1], 1f, 5, 2));
        IsNear(Run("dft", Attributes(("onesided", 1), ("inverse", 1)), odd, One(3L)), [1, 3, 1], 1e-6, 1, 5, 2);
    }

    [Fact]
    public void Lines_are_cut_or_filled_up_and_lie_along_any_axis()
    {
        IsNear(Run("dft", Tensor([1, 3, 1], 1f, 2, 3), One(2L)), [1, 2, 2], 1e-6, 3, 0, -1, 0);
        IsNear(Run("dft", Tensor([1, 1, 1], 1f), One(2L)), [1, 2, 2], 1e-6, 1, 0, 1, 0);
        IsNear(Run("dft", Tensor([2, 2, 1], 1f, 2, 3, 4), null, One(0L)), [2, 2, 2], 1e-6, 4, 0, 6, 0, -2, 0, -2, 0);
        Is(Run("dft", Tensor([1, 2, 1], (Half)1, (Half)2)), [1, 2, 2], (Half)3, (Half)0, (Half)(-1), (Half)0);
        Is(Run("dft", Tensor<float>([1, 0, 1]), One(2L)), [1, 2, 2], 0f, 0, 0, 0);
    }

    [Fact]
    public void Transforms_that_cannot_be_are_refused()
    {
        KernelAttributes none = KernelAttributes.None;
        Refuses(KernelFault.WrongShape, "dft", none, Tensor<float>([1, 1, 3], 1, 2, 3));
        Refuses(KernelFault.WrongShape, "dft", none, Tensor<float>([1, 1, 1], 1), null, One(-1L));
        Refuses(KernelFault.OutOfRange, "dft", none, Tensor<float>([1, 1, 1], 1), null, One(3L));
        Refuses(KernelFault.OutOfRange, "dft", none, Tensor<float>([1, 1, 1], 1), One(0L));
        Refuses(KernelFault.WrongShape, "dft", Attributes(("onesided", 1)), Tensor<float>([1, 1, 2], 1, 0));
        Refuses(KernelFault.WrongType, "dft", none, Tensor([1, 1, 1], 1L));
        Refuses(KernelFault.TooLarge, "dft", none, Tensor<float>([1, 1, 1], 1), One(1_000_000_000L));
    }

    [Fact]
    public void Frames_of_a_signal_are_transformed()
    {
        TensorValue signal = Tensor([1, 4, 1], 1f, 2, 3, 4);
        IsNear(Run("stft", signal, One(2L), null, One(2L)), [1, 2, 2, 2], 1e-6, 3, 0, -1, 0, 7, 0, -1, 0);
        IsNear(Run("stft", signal, One(1L), Row(1f, 0)), [1, 3, 2, 2], 1e-6, 1, 0, 1, 0, 2, 0, 2, 0, 3, 0, 3, 0);
        IsNear(Run("stft", Attributes(("onesided", 0)), Tensor([1, 2, 2], 1f, 1, 2, 0), One(1), null, One(2)),
            [1, 1, 2, 2], 1e-6, 3, 1, -1, 1);
        Assert.Equal([1, 1, 3, 2], Run("stft", Counting(1, 4), One(1L)).Shape.ToArray());
        Assert.Equal([1, 0, 5, 2], Run("stft", Counting(1, 4), One(1L), null, One(8L)).Shape.ToArray());
        Refuses(KernelFault.OutOfRange, "stft", KernelAttributes.None, signal, One(0L));
        Refuses(KernelFault.WrongShape, "stft", KernelAttributes.None, signal, One(1L), Row(1f), One(2L));
        Refuses(KernelFault.WrongShape, "stft", KernelAttributes.None, Tensor([1, 1, 2], 1f, 1), One(1L));
        Refuses(KernelFault.WrongShape, "stft", KernelAttributes.None, Counting(4), One(1L));
    }
}
