using Nbc.Kernels.Tests.Elementwise;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Reduction;

public sealed class NormalizationTests
{
    private static readonly double[] s_x = [1, 2, 4, -1, 0, 3, 8, 2, -3, 5, 1, 6];

    [Fact]
    public void Layer_normalization_equals_its_definition_and_says_its_moments()
    {
        foreach (ElementType type in Numbers.Floats)
        {
            TensorValue x = Numbers.Of(type, s_x, 2, 2, 3);
            TensorValue scale = Numbers.Of(type, [1, 2, 0.5]);
            TensorValue shift = Numbers.Of(type, [0, 1, -1]);
            NbcValue?[] results = KernelEvaluator.Evaluate(
                "layer_normalization", KernelAttributes.None, [x, scale, shift], 3);
            double[] mean = Numbers.Back(results[1]);
            double[] inverse = Numbers.Back(results[2]);
            Assert.Equal([2, 2, 1], ((TensorValue)results[1]!).Shape.ToArray());
            Assert.Equal(ElementType.Float32, ((TensorValue)results[2]!).Type);
            for (int row = 0; row < 4; row++)
            {
                (double m, double v) = Moments(s_x.AsSpan(row * 3, 3));
                Numbers.AssertClose([m, 1 / Math.Sqrt(v + 1e-5)], [mean[row], inverse[row]], 2e-6);
                for (int i = 0; i < 3; i++)
                {
                    double expected = ((s_x[(row * 3) + i] - m) / Math.Sqrt(v + 1e-5) * (i == 1 ? 2 : i == 0 ? 1 : 0.5))
                        + (i == 1 ? 1 : i == 0 ? 0 : -1);
                    double actual = Numbers.Back(results[0])[(row * 3) + i];
                    Assert.Equal(expected, actual, 4 * Numbers.Step(type));
                }
            }
        }
    }

    [Fact]
    public void Layer_normalization_takes_axes_together_and_weights_that_broadcast()
    {
        TensorValue x = Numbers.Of(ElementType.Float32, s_x, 2, 2, 3);
        KernelAttributes axis1 = KernelAttributes.Of(("axis", 1L), ("epsilon", 0.0));
        (double m, double v) = Moments(s_x.AsSpan(0, 6));
        double[] y = Numbers.Run("layer_normalization", axis1, x, Numbers.Float(1));
        Numbers.AssertClose([(s_x[0] - m) / Math.Sqrt(v)], [y[0]], 1e-5);
        double[] doubled = Numbers.Run(
            "layer_normalization", axis1, x, Numbers.Of(ElementType.Float32, [1, 2], 2, 1, 1));
        Numbers.AssertClose([y[0], 2 * y[6]], [doubled[0], doubled[6]], 1e-5);
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("layer_normalization", axis1, x, Numbers.Float(1, 2)));
        Assert.Equal(KernelFault.OutOfRange, Numbers.Fault(
            "layer_normalization", KernelAttributes.Of(("axis", 3L)), x, Numbers.Float(1)));
        Assert.Equal(KernelFault.WrongAttribute, Assert.Throws<KernelException>(() => KernelRegistry.Create(
            "layer_normalization", KernelAttributes.Of(("stash_type", 7L)))).Fault);
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("layer_normalization", Numbers.Bools(true),
            Numbers.Float(1)));
        Assert.Empty(Numbers.Run(
            "layer_normalization", TensorValue.Allocate(ElementType.Float32, 0, 3), Numbers.Float(1, 1, 1)));
        Assert.Equal([double.NaN, double.NaN], Numbers.Back(KernelEvaluator.Evaluate("layer_normalization",
            KernelAttributes.None, [TensorValue.Allocate(ElementType.Float32, 2, 0), Numbers.Float(1)], 2)[1]));
    }

    [Fact]
    public void Rms_normalization_has_no_mean()
    {
        foreach (ElementType type in Numbers.Floats)
        {
            double[] y = Numbers.Run(
                "rms_normalization", Numbers.Of(type, [3, 4, 1, 0], 2, 2), Numbers.Of(type, [1, 2]));
            double first = Math.Sqrt(12.5 + 1e-5);
            double second = Math.Sqrt(0.5 + 1e-5);
            Numbers.AssertClose([3 / first, 8 / first, 1 / second, 0], y, 2 * Numbers.Step(type));
        }
    }

    [Fact]
    public void Group_and_instance_normalization_take_channels_together_or_alone()
    {
        foreach (ElementType type in Numbers.Floats)
        {
            TensorValue x = Numbers.Of(type, s_x, 1, 4, 3);
            TensorValue scale = Numbers.Of(type, [1, 2, 3, 4]);
            TensorValue shift = Numbers.Of(type, [0, 1, 0, 1]);
            double[] groups = Numbers.Run(
                "group_normalization", KernelAttributes.Of(("num_groups", 2L)), x, scale, shift);
            double[] alone = Numbers.Run("instance_normalization", x, scale, shift);
            for (int i = 0; i < 12; i++)
            {
                int channel = i / 3;
                (double m, double v) = Moments(s_x.AsSpan(i / 6 * 6, 6));
                double expected = ((s_x[i] - m) / Math.Sqrt(v + 1e-5) * (channel + 1)) + (channel % 2);
                Assert.Equal(expected, groups[i], 10 * Numbers.Step(type));
                (m, v) = Moments(s_x.AsSpan(channel * 3, 3));
                expected = ((s_x[i] - m) / Math.Sqrt(v + 1e-5) * (channel + 1)) + (channel % 2);
                Assert.Equal(expected, alone[i], 10 * Numbers.Step(type));
            }
        }

        TensorValue one = Numbers.Float(1);
        KernelAttributes three = KernelAttributes.Of(("num_groups", 3L));
        TensorValue four = TensorValue.Allocate(ElementType.Float32, 1, 4, 2);
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("group_normalization", three, four, one, one));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("instance_normalization", one, one, one));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("instance_normalization", four, one, one));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault(
            "instance_normalization", TensorValue.Allocate(ElementType.Bool, 1, 1), one, one));
        Assert.Equal(KernelFault.WrongAttribute, Assert.Throws<KernelException>(
            () => KernelRegistry.Create("group_normalization", KernelAttributes.None)).Fault);
    }

    [Fact]
    public void Batch_normalization_uses_what_is_given()
    {
        foreach (ElementType type in Numbers.Floats)
        {
            TensorValue x = Numbers.Of(type, [1, 2, 3, 4], 1, 2, 2);
            double[] y = Numbers.Run("batch_normalization", KernelAttributes.Of(("epsilon", 0.0)), x,
                Numbers.Of(type, [1, 2]), Numbers.Of(type, [0, 1]), Numbers.Of(type, [1, 3]), Numbers.Of(type, [1, 4]));
            Assert.Equal([0, 1, 1, 2], y);
        }

        TensorValue two = Numbers.Float(1, 2);
        TensorValue plain = Numbers.Of(ElementType.Float32, [5, 6], 1, 2);
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault(
            "batch_normalization", plain, two, two, two, Numbers.Float(1)));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault(
            "batch_normalization", Numbers.Scalar(ElementType.Float32, 1), two, two, two, two));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault(
            "batch_normalization", Numbers.Bools(true), two, two, two, two));
    }

    [Fact]
    public void Batch_normalization_in_training_measures_and_moves()
    {
        TensorValue x = Numbers.Of(ElementType.Float32, [1, 2, 10, 20, 3, 6, 30, 40], 2, 2, 2);
        KernelAttributes attributes = KernelAttributes.Of(
            ("training_mode", 1L), ("momentum", 0.75), ("epsilon", 0.0));
        NbcValue?[] results = KernelEvaluator.Evaluate("batch_normalization", attributes,
            [x, Numbers.Float(1, 1), Numbers.Float(0, 0), Numbers.Float(4, 8), Numbers.Float(1, 1)], 3);
        (double m, double v) = Moments([1, 2, 3, 6]);
        (double n, double w) = Moments([10, 20, 30, 40]);
        Numbers.AssertClose([(1 - m) / Math.Sqrt(v), (40 - n) / Math.Sqrt(w)],
            [Numbers.Back(results[0])[0], Numbers.Back(results[0])[7]], 1e-6);
        Numbers.AssertClose([3 + (m / 4), 6 + (n / 4)], Numbers.Back(results[1]), 1e-6);
        Numbers.AssertClose([0.75 + (v / 4), 0.75 + (w / 4)], Numbers.Back(results[2]), 1e-6);
    }

    [Fact]
    public void Lp_normalization_makes_lanes_of_length_one()
    {
        foreach (ElementType type in Numbers.Floats)
        {
            TensorValue x = Numbers.Of(type, [3, 4, 0, 0], 2, 2);
            Numbers.AssertClose([0.6, 0.8, 0, 0], Numbers.Run("lp_normalization", x), Numbers.Step(type));
            KernelAttributes one = KernelAttributes.Of(("p", 1L), ("axis", 0L));
            Numbers.AssertClose([1, 1, 0, 0], Numbers.Run("lp_normalization", one, x), Numbers.Step(type));
        }

        Assert.Equal(KernelFault.WrongAttribute, Assert.Throws<KernelException>(
            () => KernelRegistry.Create("lp_normalization", KernelAttributes.Of(("p", 3L)))).Fault);
    }

    [Fact]
    public void Mean_variance_normalization_takes_axes_from_its_attribute()
    {
        foreach (ElementType type in Numbers.Floats)
        {
            TensorValue x = Numbers.Of(type, s_x, 3, 4);
            double[] y = Numbers.Run("mean_variance_normalization", KernelAttributes.Of(("axes", new long[] { -1 })),
                x);
            for (int i = 0; i < 12; i++)
            {
                (double m, double v) = Moments(s_x.AsSpan(i / 4 * 4, 4));
                Assert.Equal((s_x[i] - m) / (Math.Sqrt(v) + 1e-9), y[i], 4 * Numbers.Step(type));
            }
        }

        Assert.Equal(KernelFault.OutOfRange, Numbers.Fault("mean_variance_normalization", Numbers.Float(1)));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("mean_variance_normalization", Numbers.Bools(true)));
        double[] whole = Numbers.Run("mean_variance_normalization", Numbers.Of(ElementType.Float32, s_x, 2, 1, 2, 3));
        Assert.Equal(0, whole.Sum(), 1e-5);
        Assert.Equal(12, whole.Sum(item => item * item), 1e-4);
    }

    [Fact]
    public void Lrn_divides_by_the_strength_of_neighbouring_channels()
    {
        foreach (ElementType type in Numbers.Floats)
        {
            TensorValue x = Numbers.Of(type, [1, 2, 3, 4], 1, 4, 1);
            KernelAttributes attributes = KernelAttributes.Of(
                ("size", 4L), ("alpha", 4.0), ("beta", 1.0), ("bias", 1.0));
            // One before, two behind.
            Numbers.AssertClose(
                [1.0 / 15, 2.0 / 31, 3.0 / 30, 4.0 / 26], Numbers.Run("lrn", attributes, x), Numbers.Step(type));
        }

        KernelAttributes three = KernelAttributes.Of(("size", 3L));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("lrn", three, Numbers.Float(1)));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("lrn", three, TensorValue.Allocate(ElementType.Bool, 1, 1)));
        Assert.Equal(KernelFault.WrongAttribute, Assert.Throws<KernelException>(
            () => KernelRegistry.Create("lrn", KernelAttributes.None)).Fault);
    }

    private static (double Mean, double Variance) Moments(ReadOnlySpan<double> x)
    {
        double mean = x.ToArray().Average();
        return (mean, x.ToArray().Average(item => (item - mean) * (item - mean)));
    }
}
