using Nbc.Kernels.Tests.Elementwise;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Training;

public sealed class TrainingTests
{
    private static readonly TensorValue s_rate = Numbers.Of(ElementType.Float64, [0.1]);
    private static readonly TensorValue s_first = Numbers.Of(ElementType.Int64, [0]);
    private static readonly TensorValue s_third = Numbers.Of(ElementType.Int64, [3]);

    [Fact]
    public void Adagrad_divides_by_the_root_of_all_squares()
    {
        foreach (ElementType type in Numbers.Floats)
        {
            KernelAttributes attributes = KernelAttributes.Of(
                ("decay_factor", 1.0), ("norm_coefficient", 0.5), ("epsilon", 0.0));
            NbcValue?[] results = KernelEvaluator.Evaluate("training.adagrad", attributes,
                [s_rate, s_third, Numbers.Of(type, [2]), Numbers.Of(type, [2]), Numbers.Of(type, [16])], 2);
            // Gradient 2 + 0.5 * 2 = 3, squares 16 + 9 = 25, rate 0.1 / 4.
            Numbers.AssertClose([2 - (0.025 * 3 / 5)], Numbers.Back(results[0]), Numbers.Step(type));
            Numbers.AssertClose([25], Numbers.Back(results[1]), Numbers.Step(type));
        }
    }

    [Fact]
    public void Adam_corrects_its_averages_by_the_step_count()
    {
        KernelAttributes attributes = KernelAttributes.Of(
            ("alpha", 0.5), ("beta", 0.75), ("epsilon", 0.0), ("norm_coefficient_post", 0.5));
        TensorValue[] states = [Numbers.Float(1), Numbers.Float(2), Numbers.Float(4), Numbers.Float(12)];
        NbcValue?[] results = KernelEvaluator.Evaluate(
            "training.adam", attributes, [s_rate, s_third, .. states], 3);
        // V = 0.5 * 4 + 0.5 * 2 = 3; H = 0.75 * 12 + 0.25 * 4 = 10.
        double rate = 0.1 * Math.Sqrt(1 - Math.Pow(0.75, 3)) / (1 - Math.Pow(0.5, 3));
        Numbers.AssertClose([(1 - (rate * 3 / Math.Sqrt(10))) * 0.5], Numbers.Back(results[0]));
        Numbers.AssertClose([3], Numbers.Back(results[1]));
        Numbers.AssertClose([10], Numbers.Back(results[2]));
        results = KernelEvaluator.Evaluate("training.adam", KernelAttributes.Of(("alpha", 0.5), ("beta", 0.75),
            ("epsilon", 0.0)),
            [s_rate, s_first, .. states], 3);
        Numbers.AssertClose([1 - (0.1 * 3 / Math.Sqrt(10))], Numbers.Back(results[0]));
    }

    [Fact]
    public void Momentum_goes_on_as_before_or_looks_ahead()
    {
        TensorValue[] two =
        [
            Numbers.Float(1), Numbers.Float(10, 20), Numbers.Float(2), Numbers.Float(4, 6), Numbers.Float(3),
                Numbers.Float(1, 1),
        ];
        NbcValue?[] standard = KernelEvaluator.Evaluate(
            "training.momentum", Momentum("standard"), [s_rate, s_third, .. two], 4);
        // V = 0.5 * V + 0.25 * G.
        Numbers.AssertClose([1 - 0.2], Numbers.Back(standard[0]));
        Numbers.AssertClose([10 - 0.15, 20 - 0.2], Numbers.Back(standard[1]));
        Numbers.AssertClose([2], Numbers.Back(standard[2]));
        Numbers.AssertClose([1.5, 2], Numbers.Back(standard[3]));
        NbcValue?[] ahead = KernelEvaluator.Evaluate(
            "training.momentum", Momentum("nesterov"), [s_rate, s_first, .. two], 4);
        // First step: V = 0.5 * 3 + 2 = 3.5; X = 1 - 0.1 * (2 + 0.5 * 3.5).
        Numbers.AssertClose([1 - 0.375], Numbers.Back(ahead[0]));
        Assert.Equal(KernelFault.WrongAttribute, Assert.Throws<KernelException>(
            () => KernelRegistry.Create("training.momentum", KernelAttributes.None)).Fault);
    }

    [Fact]
    public void Optimisers_refuse_operands_that_do_not_go_together()
    {
        TensorValue one = Numbers.Float(1);
        KernelAttributes none = KernelAttributes.None;
        Assert.Equal(KernelFault.MissingOperand, Numbers.Fault("training.adagrad", s_rate, s_first, one));
        Assert.Equal(KernelFault.MissingOperand, Numbers.Fault("training.adagrad", s_rate, s_first));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("training.adagrad", s_rate, s_first, one, Numbers.Float(1,
            2), one));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("training.adagrad", s_rate, one, one, one, one));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("training.adagrad", s_first, s_first, one, one, one));
        TensorValue whole = Numbers.Of(ElementType.Int32, [1]);
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("training.adagrad", none, s_rate, s_first, whole, whole,
            whole));
    }

    [Fact]
    public void The_likelihood_loss_is_reduced_as_asked()
    {
        foreach (ElementType type in Numbers.Floats)
        {
            TensorValue scores = Numbers.Of(type, [-1, -2, -3, -4, -5, -6], 2, 3);
            TensorValue labels = Numbers.Of(ElementType.Int64, [2, 0]);
            TensorValue weights = Numbers.Of(type, [1, 2, 3]);
            Assert.Equal([3, 4], Numbers.Run("negative_log_likelihood_loss", Reduction("none"), scores, labels));
            Assert.Equal([7], Numbers.Run("negative_log_likelihood_loss", Reduction("sum"), scores, labels));
            Assert.Equal([3.5], Numbers.Run("negative_log_likelihood_loss", scores, labels));
            Assert.Equal([3.25], Numbers.Run("negative_log_likelihood_loss", scores, labels, weights));
            KernelAttributes ignoring = Reduction("mean").With("ignore_index", 2L);
            Assert.Equal([4], Numbers.Run("negative_log_likelihood_loss", ignoring, scores, labels, weights));
        }
    }

    [Fact]
    public void Labels_of_images_are_read_place_by_place()
    {
        TensorValue scores = Numbers.Of(ElementType.Float32, [-1, -2, -3, -4], 1, 2, 2);
        TensorValue labels = Numbers.Of(ElementType.Int32, [1, 0], 1, 2);
        TensorValue loss = KernelEvaluator.EvaluateOne(
            "negative_log_likelihood_loss", Reduction("none"), scores, labels);
        Assert.Equal([1, 2], loss.Shape.ToArray());
        Assert.Equal([3, 2], Numbers.Back(loss));
        KernelAttributes negative = Reduction("none").With("ignore_index", -1L);
        Assert.Equal([0, 2], Numbers.Run(
            "negative_log_likelihood_loss", negative, scores, Numbers.Of(ElementType.Int32, [-1, 0], 1, 2)));
    }

    [Fact]
    public void Cross_entropy_takes_the_logarithm_of_softmax_first()
    {
        foreach (ElementType type in Numbers.Floats)
        {
            TensorValue scores = Numbers.Of(type, [0, 1, 2, 3], 2, 2);
            TensorValue labels = Numbers.Of(ElementType.Int64, [0, 1]);
            NbcValue?[] results = KernelEvaluator.Evaluate(
                "softmax_cross_entropy_loss", Reduction("sum"), [scores, labels], 2);
            double small = Math.Log(1 + Math.Exp(-1));
            Numbers.AssertClose([1 + small + small], Numbers.Back(results[0]), 2 * Numbers.Step(type));
            Numbers.AssertClose(
                [-1 - small, -small, -1 - small, -small], Numbers.Back(results[1]), 2 * Numbers.Step(type));
            Numbers.AssertClose([(1 + small + small) / 2], Numbers.Run(
                "softmax_cross_entropy_loss", scores, labels), 2 * Numbers.Step(type));
        }
    }

    [Fact]
    public void Losses_refuse_labels_that_name_no_class()
    {
        TensorValue scores = Numbers.Of(ElementType.Float32, [1, 2, 3, 4], 2, 2);
        foreach (string name in new[] { "negative_log_likelihood_loss", "softmax_cross_entropy_loss" })
        {
            Assert.Equal(KernelFault.OutOfRange, Numbers.Fault(name, scores, Numbers.Of(ElementType.Int64, [0, 2])));
            Assert.Equal(KernelFault.OutOfRange, Numbers.Fault(name, scores, Numbers.Of(ElementType.Int64, [0, -1])));
            Assert.Equal(KernelFault.WrongShape, Numbers.Fault(name, scores, Numbers.Of(ElementType.Int64, [0])));
            Assert.Equal(KernelFault.WrongShape, Numbers.Fault(name, Numbers.Float(1), Numbers.Of(ElementType.Int64,
                [0])));
            Assert.Equal(KernelFault.WrongType, Numbers.Fault(name, scores, Numbers.Float(0, 1)));
            Assert.Equal(KernelFault.WrongType, Numbers.Fault(
                name, Numbers.Of(ElementType.Int32, [1, 2], 1, 2), Numbers.Of(ElementType.Int64, [0])));
            Assert.Equal(KernelFault.WrongShape, Numbers.Fault(
                name, scores, Numbers.Of(ElementType.Int64, [0, 1]), Numbers.Float(1)));
            Assert.Equal(KernelFault.WrongAttribute, Assert.Throws<KernelException>(
                () => KernelRegistry.Create(name, Reduction("median"))).Fault);
        }
    }

    private static KernelAttributes Reduction(string name) => KernelAttributes.Of(("reduction", name));

    private static KernelAttributes Momentum(string mode) => KernelAttributes.Of(
        ("alpha", 0.5), ("beta", 0.25), ("norm_coefficient", 0.0), ("mode", mode));
}
