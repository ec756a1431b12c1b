using Nbc.Tensors;
using Nbc.Values;
using Noodle.Primitives;
using static Nbc.Kernels.Tests.Movement.Give;

namespace Nbc.Kernels.Tests.Making;

public sealed class RandomTests
{
    private static readonly long[] s_many = [100_000];

    [Fact]
    public void Normal_numbers_have_their_mean_and_deviation()
    {
        TensorValue y = Run("random_normal",
            Attributes(("shape", s_many), ("mean", 3.0), ("scale", 2.0), ("seed", 1.0)));

        double[] values = [.. Values<float>(y).Select(value => (double)value)];
        double mean = values.Average();
        Assert.InRange(mean, 2.96, 3.04); // six standard errors of 2 / sqrt(100,000)
        Assert.InRange(Math.Sqrt(values.Average(value => (value - mean) * (value - mean))), 1.97, 2.03);
        Assert.InRange(values.Count(value => Math.Abs(value - 3) < 2) / 1e5, 0.673, 0.693); // 68.3 % within one
    }

    [Fact]
    public void Uniform_numbers_fill_their_range_evenly()
    {
        TensorValue y = Run("random_uniform",
            Attributes(("shape", s_many), ("low", -1.0), ("high", 1.0), ("seed", 2.0)));

        float[] values = Values<float>(y);
        Assert.All(values, value => Assert.True(value is >= -1 and < 1));
        for (int tenth = 0; tenth < 10; tenth++)
        {
            double low = -1 + (0.2 * tenth);
            Assert.InRange(values.Count(value => value >= low && value < low + 0.2), 9_400, 10_600);
        }
    }

    [Fact]
    public void High_itself_is_never_drawn_even_in_coarse_types()
    {
        TensorValue y = Run(
            "random_uniform", Attributes(("shape", s_many), ("dtype", 16), ("low", 0.99), ("high", 1.0),
                ("seed", 3.0)));
        Assert.All(Values<BFloat16>(y), value => Assert.True((float)value < 1));
    }

    [Fact]
    public void The_numbers_are_those_of_Prng()
    {
        Prng prng = new(BitConverter.DoubleToUInt64Bits(5));
        double[] uniform = [.. Enumerable.Range(0, 9).Select(_ => prng.NextDouble())];
        Assert.Equal(uniform, Values<double>(Run("random_uniform",
            Attributes(("shape", new long[] { 9 }), ("dtype", 11), ("seed", 5.0)))));
        double first = Math.Sqrt(-2 * Math.Log(1 - uniform[0])) * Math.Cos(2 * Math.PI * uniform[1]);
        Assert.Equal(first, Values<double>(Run("random_normal",
            Attributes(("shape", new long[] { 9 }), ("dtype", 11), ("seed", 5.0))))[0]);
    }

    [Fact]
    public void A_seed_repeats_and_no_seed_does_not()
    {
        KernelAttributes seeded = Attributes(("shape", new long[] { 8 }), ("seed", 5.0));
        KernelAttributes free = Attributes(("shape", new long[] { 8 }));
        Assert.Equal(Values<float>(Run("random_normal", seeded)),
            Values<float>(Run("random_normal", seeded)));
        Assert.NotEqual(Values<float>(Run("random_normal", seeded)),
            Values<float>(Run("random_normal", free)));
    }

    [Fact]
    public void Like_takes_shape_and_type_of_its_operand()
    {
        Assert.Equal("f64 [2, 3]", Run("random_normal_like", Tensor<double>([2, 3], 0, 0, 0, 0, 0, 0)).ToString());
        Assert.Equal("f16 [2]", Run("random_uniform_like", Attributes(("dtype", 10)), Longs(1, 2)).ToString());
        Refuses(KernelFault.WrongType, "random_uniform_like", KernelAttributes.None, Longs(1, 2));
        Refuses(KernelFault.WrongAttribute, "random_normal", Attributes(("shape", s_many), ("dtype", 7)));
        Refuses(KernelFault.WrongAttribute, "random_normal", KernelAttributes.None);
    }

    [Fact]
    public void Multinomial_draws_by_probability()
    {
        TensorValue logs = Tensor<double>([2, 3], Math.Log(0.2), Math.Log(0.5), Math.Log(0.3), 0,
            double.NegativeInfinity, 0);
        TensorValue y = Run("multinomial", Attributes(("sample_size", 50_000), ("seed", 7.0), ("dtype", 7)), logs);

        long[] drawn = Values<long>(y);
        Assert.Equal([2, 50_000], y.Shape.ToArray());
        Assert.InRange(drawn[..50_000].Count(c => c == 0), 9_500, 10_500);
        Assert.InRange(drawn[..50_000].Count(c => c == 1), 24_400, 25_600);
        Assert.DoesNotContain(1, drawn[50_000..]);
    }

    [Fact]
    public void Multinomial_refuses_rows_without_probability()
    {
        Refuses(KernelFault.OutOfRange, "multinomial", KernelAttributes.None, Tensor([1, 1], float.NegativeInfinity));
        Refuses(KernelFault.OutOfRange, "multinomial", KernelAttributes.None, Tensor([1, 1], float.NaN));
        Refuses(KernelFault.OutOfRange, "multinomial", KernelAttributes.None, Tensor<float>([1, 0]));
        Refuses(KernelFault.WrongType, "multinomial", KernelAttributes.None, Tensor([1, 1], 1L));
        Refuses(KernelFault.WrongAttribute, "multinomial", Attributes(("dtype", 1)), Tensor([1, 1], 1f));
    }

    [Fact]
    public void A_constant_is_its_value()
    {
        Is(Run("constant", Attributes(("value", Row(1L, 2)))), [2], 1L, 2);
        AreTexts(Run("constant", Attributes(("value", Texts([], "a")))), [], "a");
        Refuses(KernelFault.WrongAttribute, "constant", KernelAttributes.None);
    }
}
