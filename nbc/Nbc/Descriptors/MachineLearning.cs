using Nbc.Kernels;
using static Nbc.Descriptors.Declare;

namespace Nbc.Descriptors;

/// <summary>Trees, linear models, encoders: ONNX domain ai.onnx.ml.</summary>
internal static class MachineLearning
{
    public static IEnumerable<KernelDescriptor> All { get; } =
    [
        Op(0x2000, "ml.array_feature_extractor", ["X", "Y"], ["Z"]),
        Op(0x2001, "ml.binarizer", ["X"], ["Y"], Float("threshold", 0)),
        Op(0x2002, "ml.cast_map", ["X"], ["Y"],
            Text("cast_to", "TO_FLOAT"), Text("map_form", "DENSE"), Int("max_map", 1)),
        Op(0x2003, "ml.category_mapper", ["X"], ["Y"],
            Ints("cats_int64s"), Texts("cats_strings"), Int("default_int64", -1), Text("default_string", "_Unused")),
        Op(0x2004, "ml.dict_vectorizer", ["X"], ["Y"], Ints("int64_vocabulary"), Texts("string_vocabulary")),
        Op(0x2005, "ml.feature_vectorizer", ["X..."], ["Y"], Ints("inputdimensions")),
        Op(0x2006, "ml.imputer", ["X"], ["Y"],
            Floats("imputed_value_floats"), Ints("imputed_value_int64s"), Float("replaced_value_float", 0),
            Int("replaced_value_int64", 0)),

        // classes_strings: the form of version 1.
        Op(0x2007, "ml.label_encoder", ["X"], ["Y"],
            Texts("classes_strings"), Float("default_float", -0.0), Int("default_int64", -1),
            Text("default_string", "_Unused"), Tensor("default_tensor"), Floats("keys_floats"), Ints("keys_int64s"),
            Texts("keys_strings"), Tensor("keys_tensor"), Floats("values_floats"), Ints("values_int64s"),
            Texts("values_strings"), Tensor("values_tensor")),
        Op(0x2008, "ml.linear_classifier", ["X"], ["Y", "Z"],
            [.. Labels, Needed(Floats("coefficients")), Floats("intercepts"), Int("multi_class", 0), Transform]),
        Op(0x2009, "ml.linear_regressor", ["X"], ["Y"],
            Floats("coefficients"), Floats("intercepts"), Int("targets", 1), Transform),
        Op(0x200A, "ml.normalizer", ["X"], ["Y"], Text("norm", "MAX")),
        Op(0x200B, "ml.one_hot_encoder", ["X"], ["Y"],
            Ints("cats_int64s"), Texts("cats_strings"), Int("zeros", 1)),
        Op(0x200C, "ml.scaler", ["X"], ["Y"], Floats("offset"), Floats("scale")),
        Op(0x200D, "ml.svm_classifier", ["X"], ["Y", "Z"],
            [.. Labels, .. Svm, Floats("prob_a"), Floats("prob_b"), Ints("vectors_per_class")]),
        Op(0x200E, "ml.svm_regressor", ["X"], ["Y"], [.. Svm, Int("n_supports", 0), Int("one_class", 0)]),
        Op(0x200F, "ml.tree_ensemble_classifier", ["X"], ["Y", "Z"],
            [.. Tree, Ints("classlabels_int64s"), Texts("classlabels_strings"), Ints("class_ids"),
                Ints("class_nodeids"), Ints("class_treeids"), Floats("class_weights"),
                Tensor("class_weights_as_tensor")]),
        Op(0x2010, "ml.tree_ensemble_regressor", ["X"], ["Y"],
            [.. Tree, Text("aggregate_function", "SUM"), Int("n_targets"), Ints("target_ids"), Ints("target_nodeids"),
                Ints("target_treeids"), Floats("target_weights"), Tensor("target_weights_as_tensor")]),
        Op(0x2011, "ml.tree_ensemble", ["X"], ["Y"],
            Int("aggregate_function", 1), Needed(Ints("leaf_targetids")), Needed(Tensor("leaf_weights")),
            Tensor("membership_values"), Int("n_targets"), Needed(Ints("nodes_falseleafs")),
            Needed(Ints("nodes_falsenodeids")), Needed(Ints("nodes_featureids")), Tensor("nodes_hitrates"),
            Ints("nodes_missing_value_tracks_true"), Needed(Tensor("nodes_modes")), Needed(Tensor("nodes_splits")),
            Needed(Ints("nodes_trueleafs")), Needed(Ints("nodes_truenodeids")), Int("post_transform", 0),
            Needed(Ints("tree_roots"))),
        Op(0x2012, "ml.zip_map", ["X"], ["Z"], Ints("classlabels_int64s"), Texts("classlabels_strings")),
    ];

    private static AttributeSpec[] Labels => [Ints("classlabels_ints"), Texts("classlabels_strings")];

    private static AttributeSpec Transform => Text("post_transform", "NONE");

    private static AttributeSpec[] Svm =>
    [
        Floats("coefficients"), Floats("kernel_params"), Text("kernel_type", "LINEAR"), Transform, Floats("rho"),
        Floats("support_vectors"),
    ];

    private static AttributeSpec[] Tree =>
    [
        Floats("base_values"), Tensor("base_values_as_tensor"), Ints("nodes_falsenodeids"), Ints("nodes_featureids"),
        Floats("nodes_hitrates"), Tensor("nodes_hitrates_as_tensor"), Ints("nodes_missing_value_tracks_true"),
        Texts("nodes_modes"), Ints("nodes_nodeids"), Ints("nodes_treeids"), Ints("nodes_truenodeids"),
        Floats("nodes_values"), Tensor("nodes_values_as_tensor"), Transform,
    ];
}
