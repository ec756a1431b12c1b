using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Elementwise;

public sealed class RandomTests
{
    private static readonly KernelAttributes s_seeded = KernelAttributes.Of(("seed", 7L));

    [Fact]
    public void Dropout_changes_nothing_outside_training()
    {
        TensorValue x = Numbers.Float(1, 2, 3);
        NbcValue?[] results = KernelEvaluator.Evaluate("dropout", KernelAttributes.None, [x], 2);
        Assert.Equal([1, 2, 3], Numbers.Back(results[0]));
        Assert.Equal([1, 1, 1], Numbers.Back(results[1]));
        Assert.Equal([1, 2, 3], Numbers.Run("dropout", x, Numbers.Float(0.9), Numbers.Bools(false)));
        Assert.Equal([1, 2, 3], Numbers.Run("dropout", x, Numbers.Float(0), Numbers.Bools(true)));
    }

    [Fact]
    public void Dropout_in_training_keeps_a_share_and_scales_it_up()
    {
        foreach (ElementType type in Numbers.Floats)
        {
            TensorValue x = Numbers.Of(type, [.. Enumerable.Repeat(3.0, 4000)]);
            NbcValue?[] results = KernelEvaluator.Evaluate(
                "dropout", s_seeded, [x, Numbers.Float(0.25), Numbers.Bools(true)], 2);
            double[] y = Numbers.Back(results[0]);
            double[] mask = Numbers.Back(results[1]);
            Assert.All(y.Zip(mask), pair => Assert.Equal(pair.Second * 4, pair.First));
            Assert.InRange(mask.Average(), 0.72, 0.78);
            Assert.Equal(y, Numbers.Run("dropout", s_seeded, x, Numbers.Float(0.25), Numbers.Bools(true)));
        }
    }

    [Fact]
    public void Without_a_seed_each_run_asks_for_one()
    {
        TensorValue x = Numbers.Of(ElementType.Float32, [.. Enumerable.Repeat(1.0, 400)]);
        double[] y = Numbers.Run("dropout", x, Numbers.Float(0.5), Numbers.Bools(true));
        Assert.Contains(0.0, y);
        Assert.Contains(2.0, y);
    }

    [Fact]
    public void Dropout_refuses_what_is_no_share()
    {
        TensorValue x = Numbers.Float(1);
        TensorValue yes = Numbers.Bools(true);
        Assert.Equal(KernelFault.OutOfRange, Numbers.Fault("dropout", x, Numbers.Float(1), yes));
        Assert.Equal(KernelFault.OutOfRange, Numbers.Fault("dropout", x, Numbers.Float(double.NaN), yes));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("dropout", x, Numbers.Float(0, 0), yes));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("dropout", x, null, Numbers.Float(1)));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("dropout", x, null, Numbers.Bools(true, true)));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("dropout", yes));
    }

    [Fact]
    public void Bernoulli_draws_as_often_as_its_probability_says()
    {
        TensorValue p = Numbers.Of(ElementType.Float64, [.. Enumerable.Repeat(0.3, 5000), 0, 1]);
        foreach (ElementType type in new[] { ElementType.Float32, ElementType.Int32, ElementType.Bool })
        {
            KernelAttributes attributes = KernelAttributes.Of(("dtype", (long)type), ("seed", 1.5));
            TensorValue y = KernelEvaluator.EvaluateOne("bernoulli", attributes, p);
            double[] draws = Numbers.Back(y);
            Assert.Equal(type, y.Type);
            Assert.All(draws, draw => Assert.True(draw is 0 or 1));
            Assert.InRange(draws.Average(), 0.27, 0.33);
            Assert.Equal((0.0, 1.0), (draws[^2], draws[^1]));
        }

        Assert.Equal(ElementType.Float64, KernelEvaluator.EvaluateOne("bernoulli", KernelAttributes.None, p).Type);
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("bernoulli", Numbers.Bools(true)));
    }

    [Fact]
    public void Identity_gives_any_value_on()
    {
        Assert.Equal([1, 2], Numbers.Run("identity", Numbers.Float(1, 2)));
        SequenceValue list = new(ElementType.Float32, Numbers.Float(4));
        SequenceValue copy = Assert.IsType<SequenceValue>(
            KernelEvaluator.Evaluate("identity", KernelAttributes.None, [list])[0]);
        list.Release();
        Assert.Equal([4], Numbers.Back(copy.Items[0]));
        Assert.Equal(KernelFault.MissingOperand, Numbers.Fault("identity"));
    }
}
