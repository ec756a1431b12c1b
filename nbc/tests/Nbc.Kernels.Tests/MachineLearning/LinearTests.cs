using Nbc.Kernels.Tests.Neural;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.MachineLearning;

/// <summary>Linear models and support vectors.</summary>
public sealed class LinearTests
{
    private static readonly (string, AttributeValue)[] s_two =
    [
        ("coefficients", new double[] { 1, 0, 0, 1 }), ("intercepts", new double[] { 0, 1 }),
        ("classlabels_ints", new long[] { 7, 9 }),
    ];

    [Theory]
    [InlineData("NONE", new double[] { 3, 2 })]
    [InlineData("SOFTMAX", new double[] { 0.7310586, 0.2689414 })]
    [InlineData("LOGISTIC", new double[] { 0.9525741, 0.8807971 })]
    [InlineData("SOFTMAX_ZERO", new double[] { 0.7310586, 0.2689414 })]
    public void The_largest_score_names_the_class(string transform, double[] expected)
    {
        NbcValue?[] found = Given.Run(
            "ml.linear_classifier", [.. s_two, ("post_transform", transform)], 2, Given.Floats([1, 2], 3, 1));
        Given.Near([7], found[0]);
        Given.Near(expected, found[1]);
    }

    [Fact]
    public void Every_number_type_and_strings_as_labels()
    {
        (string, AttributeValue)[] texts =
        [
            s_two[0], s_two[1], ("classlabels_strings", AttributeValue.FromTexts(["a"u8.ToArray(), "b"u8.ToArray()])),
        ];
        foreach (TensorValue x in (TensorValue[])
            [
                Given.Longs([1, 2], 1, 3), Given.Ints([1, 2], 1, 3),
                    Given.As(Given.Floats([1, 2], 1, 3), ElementType.Float64),
            ])
        {
            NbcValue?[] found = Given.Run("ml.linear_classifier", texts, 2, x);
            Assert.Equal(["b"], Given.Strings(found[0]));
            Given.Near([1, 4], found[1]);
        }
    }

    [Fact]
    public void One_row_of_coefficients_decides_by_its_sign()
    {
        (string, AttributeValue)[] one =
            [("coefficients", new double[] { 1, -1 }), ("intercepts", new double[] { 0 })];
        (string, AttributeValue) labels = ("classlabels_ints", new long[] { 7, 9 });
        TensorValue x = Given.Floats([2, 2], 2, 1, 1, 2);
        NbcValue?[] found = Given.Run("ml.linear_classifier", [.. one, labels], 2, x);
        Given.Near([9, 7], found[0]);
        Given.Near([0, 1, 2, -1], found[1]);
        Given.Near(
            [0.2689414, 0.7310586, 0.7310586, 0.2689414],
            Given.Run("ml.linear_classifier", [.. one, labels, ("post_transform", "LOGISTIC")], 2, x)[1]);
        Given.Near([1, 0], Given.Run("ml.linear_classifier", one, 2, x)[0]);
        Assert.Equal(
            ["1", "0"],
            Given.Strings(Given.Run(
                "ml.linear_classifier", [.. one, ("classlabels_strings", AttributeValue.FromTexts(["x"u8.ToArray()]))],
                    2, x)[0]));
    }

    [Fact]
    public void A_linear_regressor()
    {
        (string, AttributeValue)[] two =
            [("coefficients", new double[] { 1, 2, 3, 4 }), ("intercepts", new double[] { 10, 20 }), ("targets", 2)];
        Given.Near([13, 27], Given.One("ml.linear_regressor", two, Given.Floats([1, 2], 1, 1)));
        Given.Near([13, 27], Given.One("ml.linear_regressor", two, Given.Floats([2], 1, 1)));
        Given.Refuses(KernelFault.WrongShape, "ml.linear_regressor", two, Given.Floats([1, 3], 1, 1, 1));
        Given.Refuses(KernelFault.WrongAttribute, "ml.linear_regressor", [], Given.Floats([1], 1));
        Given.Refuses(
            KernelFault.WrongAttribute, "ml.linear_regressor",
            [("coefficients", new double[] { 1 }), ("intercepts", new double[] { 1, 2 })], Given.Floats([1], 1));
        Given.Refuses(
            KernelFault.WrongAttribute, "ml.linear_regressor", [.. two, ("post_transform", "EXP")],
                Given.Floats([2], 1, 1));
        Given.Refuses(KernelFault.WrongType, "ml.linear_regressor", two, Given.Texts([2], "a", "b"));
    }

    [Theory]
    [InlineData(0.5, 0.0)]
    [InlineData(0.8413447, 1.0)]
    [InlineData(0.1586553, -1.0)]
    public void Probit_is_near_the_inverse_of_the_normal_distribution(double p, double expected) =>
        Given.Near(
            [expected],
            Given.One(
                "ml.linear_regressor", [("coefficients", new double[] { 1 }), ("post_transform", "PROBIT")],
                Given.Floats([1, 1], (float)p)),
            5e-3);

    [Theory]
    [InlineData("LINEAR", 12.0)]
    [InlineData("POLY", 122.0)]
    [InlineData("RBF", 3.0183156)]
    [InlineData("SIGMOID", 4.0)]
    public void A_regressor_of_one_support_vector(string kernel, double expected)
    {
        // Vector (1, 4), row (2, 2): dot 10, squared distance 5; coefficient 1, rho 2 for the first.
        double[] numbers = kernel switch { "POLY" => [1, 1, 2], "RBF" => [0.8, 0, 0], _ => [1, 0, 0] };
        double rho = kernel switch { "POLY" => 1, "RBF" or "SIGMOID" => 3, _ => 2 };
        (string, AttributeValue)[] attributes =
        [
            ("coefficients", new double[] { 1 }), ("support_vectors", new double[] { 1, 4 }), ("n_supports", 1),
            ("kernel_type", kernel), ("kernel_params", numbers), ("rho", new double[] { rho }),
        ];
        Given.Near([expected], Given.One("ml.svm_regressor", attributes, Given.Floats([1, 2], 2, 2)));
        Given.Near([1], Given.One("ml.svm_regressor", [.. attributes, ("one_class", 1)], Given.Floats([1, 2], 2, 2)));
    }

    [Fact]
    public void A_regressor_without_vectors_is_linear()
    {
        (string, AttributeValue)[] linear = [("coefficients", new double[] { 1, 2 }), ("rho", new double[] { -9 })];
        Given.Near([-3], Given.One("ml.svm_regressor", linear, Given.Floats([1, 2], 2, 2)));
        Given.Near([-1], Given.One("ml.svm_regressor", [.. linear, ("one_class", 1)], Given.Floats([1, 2], 2, 2)));
        Given.Near(
            [0.0474259], Given.One("ml.svm_regressor", [.. linear, ("post_transform", "LOGISTIC")],
                Given.Floats([1, 2], 2, 2)));
        Given.Refuses(KernelFault.WrongAttribute, "ml.svm_regressor", [.. linear, ("n_supports", 3)],
            Given.Floats([1, 2], 2, 2));
        Given.Refuses(KernelFault.WrongAttribute, "ml.svm_regressor", [], Given.Floats([1, 2], 2, 2));
        Given.Refuses(KernelFault.WrongAttribute, "ml.svm_regressor", [.. linear, ("kernel_type", "X")],
            Given.Floats([1], 2));
        Given.Refuses(
            KernelFault.WrongAttribute, "ml.svm_regressor", [.. linear, ("kernel_params", new double[] { 1 })],
                Given.Floats([1], 2));
    }

    private static readonly (string, AttributeValue)[] s_svm =
    [
        // Vectors at 0 and 1 and 3 on a line, one a class; pairs in order 01, 02, 12.
        ("support_vectors", new double[] { 0, 1, 3 }), ("vectors_per_class", new long[] { 1, 1, 1 }),
        ("coefficients", new double[] { 1, -1, -1, 1, 1, -1 }), ("rho", new double[] { 0, 0, 0 }),
        ("kernel_type", "RBF"), ("kernel_params", new double[] { 1, 0, 0 }),
            ("classlabels_ints", new long[] { 10, 20, 30 }),
    ];

    [Fact]
    public void Pairs_of_classes_vote()
    {
        NbcValue?[] found = Given.Run("ml.svm_classifier", s_svm, 2, Given.Floats([3, 1], 0, 1, 3));
        Given.Near([10, 20, 30], found[0]);
        double[] scores = Given.Doubles(found[1]);
        Assert.Equal(9, scores.Length);
        Assert.Equal(1 - Math.Exp(-1), scores[0], 1e-6);
        Assert.Equal(1 - Math.Exp(-9), scores[1], 1e-6);
        Assert.Equal(Math.Exp(-1) - Math.Exp(-9), scores[2], 1e-6);
    }

    [Fact]
    public void Probabilities_of_pairs_become_those_of_classes()
    {
        NbcValue?[] found = Given.Run(
            "ml.svm_classifier",
            [.. s_svm, ("prob_a", new double[] { -2, -2, -2 }), ("prob_b", new double[] { 0, 0, 0 })], 2,
            Given.Floats([1, 1], 0));
        double[] p = Given.Doubles(found[1]);
        Assert.Equal(1, p.Sum(), 1e-5);
        Assert.True(p[0] > p[1] && p[1] > p[2]);

        // The coupled probabilities keep near the sigmoid of each pair.
        Assert.Equal(1 / (1 + Math.Exp(-2 * (1 - Math.Exp(-1)))), p[0] / (p[0] + p[1]), 0.05);
    }

    [Fact]
    public void Two_classes_have_two_scores_and_a_linear_machine_one_for_each()
    {
        (string, AttributeValue)[] two =
        [
            ("support_vectors", new double[] { 0, 2 }), ("vectors_per_class", new long[] { 1, 1 }),
            ("coefficients", new double[] { 1, -1 }), ("rho", new double[] { 0 }), ("kernel_type", "RBF"),
            ("kernel_params", new double[] { 1, 0, 0 }), ("classlabels_strings",
                AttributeValue.FromTexts(["n"u8.ToArray(), "p"u8.ToArray()])),
        ];
        NbcValue?[] found = Given.Run("ml.svm_classifier", two, 2, Given.Floats([2, 1], 0, 2));
        Assert.Equal(["n", "p"], Given.Strings(found[0]));
        double gap = 1 - Math.Exp(-4);
        Given.Near([-gap, gap, gap, -gap], found[1]);
        Given.Near([1 - gap, gap], Given.Run("ml.svm_classifier", [.. two, ("post_transform", "LOGISTIC")], 2,
            Given.Floats([1, 1], 0))[1]);
        (string, AttributeValue)[] linear =
        [
            ("coefficients", new double[] { 1, -1 }), ("rho", new double[] { 0.25 }),
                ("classlabels_ints", new long[] { 0, 1 }),
        ];
        NbcValue?[] plain = Given.Run("ml.svm_classifier", linear, 2, Given.Floats([1, 1], 1));
        Given.Near([1.25, -0.75], plain[1]);
        Given.Refuses(KernelFault.WrongAttribute, "ml.svm_classifier", [.. two[..2], .. two[3..]],
            Given.Floats([1, 1], 1));
        Given.Refuses(KernelFault.WrongAttribute, "ml.svm_classifier", linear[..2], Given.Floats([1, 1], 1));
        Given.Refuses(KernelFault.WrongShape, "ml.svm_classifier", linear, Given.Floats([1, 2], 1, 2));
        Given.Refuses(
            KernelFault.WrongAttribute, "ml.svm_classifier", [.. two, ("vectors_per_class", new long[] { 3, 1 })],
                Given.Floats([1, 1], 1));
        Given.Refuses(
            KernelFault.WrongAttribute, "ml.svm_classifier", [.. two, ("vectors_per_class", new long[] { -1, 1 })],
                Given.Floats([1, 1], 1));
    }
}
