using Nbc.Kernels.Tests.Neural;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.MachineLearning;

public sealed class TreeTests
{
    // x0 <= 1 ? leaf 1 : (x1 < 5 ? leaf 3 : leaf 4), and a second tree of one leaf.
    private static readonly (string, AttributeValue)[] s_nodes =
    [
        ("nodes_treeids", new long[] { 0, 0, 0, 0, 0, 1 }), ("nodes_nodeids", new long[] { 0, 1, 2, 3, 4, 0 }),
        ("nodes_modes", Texts("BRANCH_LEQ", "LEAF", "BRANCH_LT", "LEAF", "LEAF", "LEAF")),
        ("nodes_featureids", new long[] { 0, 0, 1, 0, 0, 0 }), ("nodes_values", new double[] { 1, 0, 5, 0, 0, 0 }),
        ("nodes_truenodeids", new long[] { 1, 0, 3, 0, 0, 0 }), ("nodes_falsenodeids", new long[] { 2, 0, 4, 0, 0, 0 }),
        ("nodes_missing_value_tracks_true", new long[] { 1, 0, 0, 0, 0, 0 }),
    ];

    private static readonly TensorValue s_rows = Given.Floats([4, 2], 1, 0, 2, 4, 2, 5, float.NaN, 9);

    [Theory]
    [InlineData("SUM", new double[] { 11, 12, 14, 11 })]
    [InlineData("AVERAGE", new double[] { 5.5, 6, 7, 5.5 })]
    [InlineData("MIN", new double[] { 1, 2, 4, 1 })]
    [InlineData("MAX", new double[] { 10, 10, 10, 10 })]
    public void Leaves_of_all_trees_are_put_together(string aggregate, double[] expected)
    {
        (string, AttributeValue)[] attributes =
        [
            .. s_nodes, .. Leaves("target", 0, 0, 0, 0), ("n_targets", 1), ("aggregate_function", aggregate),
        ];
        Given.Near(expected, Given.One("ml.tree_ensemble_regressor", attributes, s_rows));
        Given.Near(expected, Given.One("ml.tree_ensemble_regressor", attributes,
            Given.As(s_rows, ElementType.Float64)));
        Given.Near(
            [.. expected.Select(value => value + 100)],
            Given.One("ml.tree_ensemble_regressor", [.. attributes, ("base_values", new double[] { 100 })], s_rows));
    }

    [Fact]
    public void Targets_stand_side_by_side_and_are_transformed()
    {
        (string, AttributeValue)[] attributes = [.. s_nodes, .. Leaves("target", 0, 1, 1, 0), ("n_targets", 2)];
        Given.Near([11, 0, 10, 2], Given.One("ml.tree_ensemble_regressor", attributes,
            Given.Floats([2, 2], 1, 0, 2, 4)));
        double[] soft = Given.Doubles(Given.One(
            "ml.tree_ensemble_regressor", [.. attributes, ("post_transform", "SOFTMAX")], Given.Floats([1, 2], 2, 4)));
        Assert.Equal(1 / (1 + Math.Exp(-8)), soft[0], 1e-6);
    }

    [Theory]
    [InlineData("BRANCH_LEQ", 1.0, true)]
    [InlineData("BRANCH_LT", 1.0, false)]
    [InlineData("BRANCH_GTE", 1.0, true)]
    [InlineData("BRANCH_GT", 1.0, false)]
    [InlineData("BRANCH_EQ", 1.0, true)]
    [InlineData("BRANCH_NEQ", 1.0, false)]
    [InlineData("BRANCH_NEQ", double.NaN, true)]
    [InlineData("BRANCH_LEQ", double.NaN, false)]
    public void Every_comparison(string mode, double x, bool holds) =>
        Given.Near([holds ? 5 : 6], Given.One("ml.tree_ensemble_regressor", Stump(mode),
            Given.Floats([1, 1], (float)x)));

    [Fact]
    public void A_class_is_the_one_with_the_largest_sum()
    {
        (string, AttributeValue)[] attributes =
            [.. s_nodes, .. Leaves("class", 0, 1, 2, 1), ("classlabels_int64s", new long[] { 5, 6, 7 })];
        NbcValue?[] found = Given.Run("ml.tree_ensemble_classifier", attributes, 2, s_rows);
        Given.Near([6, 6, 6, 6], found[0]);
        Given.Near([1, 10, 0, 0, 12, 0, 0, 10, 4, 1, 10, 0], found[1]);
        NbcValue?[] based = Given.Run(
            "ml.tree_ensemble_classifier", [.. attributes, ("base_values", new double[] { 0, 0, 20 })], 2, s_rows);
        Given.Near([7, 7, 7, 7], based[0]);
    }

    [Theory]
    [InlineData(0.7, "NONE", 1, new double[] { 0.3, 0.7 })]
    [InlineData(0.3, "NONE", 0, new double[] { 0.7, 0.3 })]
    [InlineData(-2.0, "NONE", 0, new double[] { 2, -2 })]
    [InlineData(-2.0, "LOGISTIC", 0, new double[] { 0.8807971, 0.1192029 })]
    public void One_score_stands_for_two_classes(double weight, string transform, long label, double[] expected)
    {
        (string, AttributeValue)[] one = OneLeaf("class", weight);
        NbcValue?[] found = Given.Run(
            "ml.tree_ensemble_classifier",
            [.. one, ("classlabels_int64s", new long[] { 0, 1 }), ("post_transform", transform)], 2,
                Given.Floats([1, 1], 0));
        Given.Near([label], found[0]);
        Given.Near(expected, found[1]);
    }

    [Fact]
    public void Base_values_of_two_classes_move_their_scores()
    {
        (string, AttributeValue)[] one = [.. OneLeaf("class", 2), ("classlabels_strings", Texts("n", "p"))];
        TensorValue x = Given.Floats([1, 1], 0);
        NbcValue?[] single = Given.Run("ml.tree_ensemble_classifier",
            [.. one, ("base_values", new double[] { -1.75 })], 2, x);
        Assert.Equal(["n"], Given.Strings(single[0]));
        Given.Near([0.75, 0.25], single[1]);
        NbcValue?[] both = Given.Run("ml.tree_ensemble_classifier", [.. one, ("base_values", new double[] { 1, 3 })],
            2, x);
        Given.Near([3, 3], both[1]);
        (string, AttributeValue)[] second =
            [.. OneLeaf("class", 2), ("class_ids", new long[] { 1 }), ("classlabels_int64s", new long[] { 0, 1 })];
        NbcValue?[] other = Given.Run("ml.tree_ensemble_classifier",
            [.. second, ("base_values", new double[] { 1, 3 })], 2, x);
        Given.Near([1], other[0]);
        Given.Near([-5, 5], other[1]);
    }

    private static readonly (string, AttributeValue)[] s_modern =
    [
        // x0 in {1, 2} ? leaf 0 : (x1 > 3 ? leaf 1 : leaf 2).
        ("nodes_modes", Given.Bytes(ElementType.UInt8, [2], 6, 3)), ("nodes_splits", Given.Floats([2], 0, 3)),
        ("nodes_featureids", new long[] { 0, 1 }), ("nodes_truenodeids", new long[] { 0, 1 }),
        ("nodes_trueleafs", new long[] { 1, 1 }), ("nodes_falsenodeids", new long[] { 1, 2 }),
        ("nodes_falseleafs", new long[] { 0, 1 }), ("leaf_targetids", new long[] { 0, 1, 0 }),
        ("leaf_weights", Given.Floats([3], 10, 20, 30)), ("membership_values", Given.Floats([3], 1, 2, float.NaN)),
        ("tree_roots", new long[] { 0 }), ("n_targets", 2),
    ];

    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float64)]
    [InlineData(ElementType.Float16)]
    public void Members_of_a_set_take_the_true_branch(ElementType type)
    {
        TensorValue x = Given.As(Given.Floats([3, 2], 2, 0, 3, 4, 3, 3), type);
        TensorValue y = Given.One("ml.tree_ensemble", s_modern, x);
        Assert.Equal(type, y.Type);
        Given.Near([10, 0, 0, 20, 30, 0], y);
        Given.Near([0.5, 0.5], Given.One("ml.tree_ensemble", [.. s_modern, ("post_transform", 1),
            ("leaf_weights", Given.Floats([3], 0, 0, 0))], Given.Floats([1, 2], 2, 0)));
    }

    [Fact]
    public void A_root_may_be_a_leaf()
    {
        (string, AttributeValue)[] leaf =
        [
            ("nodes_modes", Given.Bytes(ElementType.UInt8, [1], 0)), ("nodes_splits", Given.Floats([1], 0)),
            ("nodes_featureids", new long[] { 0 }), ("nodes_truenodeids", new long[] { 0 }),
                ("nodes_trueleafs", new long[] { 1 }),
            ("nodes_falsenodeids", new long[] { 0 }), ("nodes_falseleafs", new long[] { 1 }),
                ("leaf_targetids", new long[] { 0 }),
            ("leaf_weights", Given.Floats([1], 4)), ("tree_roots", new long[] { 0 }),
        ];
        Given.Near([4], Given.One("ml.tree_ensemble", leaf, Given.Floats([1, 1], 0)));
    }

    public static TheoryData<string, AttributeValue> Broken => new()
    {
        { "nodes_nodeids", new long[] { 0, 1, 1, 3, 4, 0 } },
        { "nodes_truenodeids", new long[] { 9, 0, 3, 0, 0, 0 } },
        { "nodes_truenodeids", new long[] { 2, 0, 3, 0, 0, 0 } },
        { "nodes_falsenodeids", new long[] { 2, 0, 0, 0, 0, 0 } },
        { "nodes_falsenodeids", new long[] { 2, 0 } },
        { "nodes_modes", Texts("BRANCH_LEQ", "LEAF", "BRANCH_X", "LEAF", "LEAF", "LEAF") },
        { "nodes_featureids", new long[] { -1, 0, 1, 0, 0, 0 } },
        { "target_ids", new long[] { 0, 0, 0, 1 } },
        { "target_ids", new long[] { 0, 0, 0, -1 } },
        { "target_nodeids", new long[] { 1, 3, 4, 7 } },
        { "n_targets", 0 },
        { "aggregate_function", "MEDIAN" },
        { "base_values", new double[] { 1, 2 } },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_tree_that_is_none_is_refused_when_it_is_made(string name, AttributeValue value)
    {
        KernelAttributes attributes = KernelAttributes.Of([.. s_nodes, .. Leaves("target", 0, 0, 0, 0),
            ("n_targets", 1)]);
        KernelFault fault = Assert.Throws<KernelException>(
            () => KernelRegistry.Create("ml.tree_ensemble_regressor", attributes.With(name, value))).Fault;
        Assert.Equal(KernelFault.WrongAttribute, fault);
    }

    [Theory]
    [InlineData("nodes_falsenodeids", new long[] { 0, 2 })]
    [InlineData("nodes_falsenodeids", new long[] { 5, 2 })]
    [InlineData("nodes_truenodeids", new long[] { 3, 1 })]
    [InlineData("tree_roots", new long[] { 2 })]
    [InlineData("tree_roots", new long[] { 0, 0 })]
    [InlineData("leaf_targetids", new long[] { 0, 1, 2 })]
    [InlineData("nodes_trueleafs", new long[] { 1 })]
    public void A_newer_tree_that_is_none_is_refused_when_it_is_made(string name, long[] value) =>
        Given.Refuses(KernelFault.WrongAttribute, "ml.tree_ensemble", [.. s_modern, (name, value)], s_rows);

    [Fact]
    public void Modes_sets_and_numbers_that_do_not_exist_are_refused()
    {
        Given.Refuses(
            KernelFault.WrongAttribute, "ml.tree_ensemble", [.. s_modern,
                ("nodes_modes", Given.Bytes(ElementType.UInt8, [2], 6, 9))], s_rows);
        Given.Refuses(
            KernelFault.WrongAttribute, "ml.tree_ensemble", [.. s_modern, ("membership_values", Given.Floats([1], 1))],
                s_rows);
        Given.Refuses(KernelFault.WrongAttribute, "ml.tree_ensemble", [.. s_modern, ("aggregate_function", 4)], s_rows);
        Given.Refuses(KernelFault.WrongAttribute, "ml.tree_ensemble", [.. s_modern, ("post_transform", 5)], s_rows);
        Given.Refuses(KernelFault.WrongAttribute, "ml.tree_ensemble", [("tree_roots", new long[] { 0 })], s_rows);
        Given.Refuses(KernelFault.WrongShape, "ml.tree_ensemble", s_modern, Given.Floats([1, 1], 1));
        Given.Refuses(KernelFault.WrongType, "ml.tree_ensemble", s_modern, Given.Longs([1, 2], 1, 2));
        Given.Refuses(
            KernelFault.WrongShape, "ml.tree_ensemble_regressor", [.. s_nodes, .. Leaves("target", 0, 0, 0, 0)],
                Given.Floats([1, 1], 1));
        Given.Refuses(
            KernelFault.WrongAttribute, "ml.tree_ensemble_classifier", OneLeaf("class", 1), Given.Floats([1, 1], 1));
        Given.Refuses(
            KernelFault.WrongAttribute, "ml.tree_ensemble_classifier",
            [.. OneLeaf("class", 1), ("classlabels_int64s", new long[] { 1 }), ("base_values", new double[] { 1, 2 })],
            Given.Floats([1, 1], 1));
    }

    private static (string, AttributeValue)[] Leaves(string prefix, params long[] targets) =>
    [
        (prefix + "_treeids", new long[] { 0, 0, 0, 1 }), (prefix + "_nodeids", new long[] { 1, 3, 4, 0 }),
        (prefix + "_ids", targets), (prefix + "_weights", new double[] { 1, 2, 4, 10 }),
    ];

    private static (string, AttributeValue)[] Stump(string mode) =>
    [
        ("nodes_treeids", new long[] { 0, 0, 0 }), ("nodes_nodeids", new long[] { 0, 1, 2 }),
        ("nodes_modes", Texts(mode, "LEAF", "LEAF")), ("nodes_featureids", new long[] { 0, 0, 0 }),
        ("nodes_values_as_tensor", TensorValue.From<double>(ElementType.Float64, [1, 0, 0], 3)),
        ("nodes_truenodeids", new long[] { 1, 0, 0 }), ("nodes_falsenodeids", new long[] { 2, 0, 0 }),
        ("target_treeids", new long[] { 0, 0 }), ("target_nodeids", new long[] { 1, 2 }),
            ("target_ids", new long[] { 0, 0 }),
        ("target_weights", new double[] { 5, 6 }),
    ];

    private static (string, AttributeValue)[] OneLeaf(string prefix, double weight) =>
    [
        ("nodes_treeids", new long[] { 0 }), ("nodes_nodeids", new long[] { 0 }), ("nodes_modes", Texts("LEAF")),
        ("nodes_featureids", new long[] { 0 }), ("nodes_values", new double[] { 0 }),
            ("nodes_truenodeids", new long[] { 0 }),
        ("nodes_falsenodeids", new long[] { 0 }), (prefix + "_treeids", new long[] { 0 }),
            (prefix + "_nodeids", new long[] { 0 }),
        (prefix + "_ids", new long[] { 0 }), (prefix + "_weights", new double[] { weight }),
    ];

    private static AttributeValue Texts(params string[] values) =>
        AttributeValue.FromTexts([.. values.Select(System.Text.Encoding.UTF8.GetBytes)]);
}
