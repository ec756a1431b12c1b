using Ahr.Ntir.Graph;
using Ahr.Ntir.Inference;
using Ahr.Ntir.Types;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Ntir.Tests.Ops;

public sealed class MachineLearningTests
{
    private static readonly (string, AttributeValue)[] s_none = [];

    [Fact]
    public void Tables()
    {
        Assert.Equal("f32[b, 2]", Inferred.First("ml.array_feature_extractor", s_none, "f32[b, 9]", "si64[2]"));
        Assert.Equal("!ntir.string[1, 2]", Inferred.First("ml.array_feature_extractor", s_none, "!ntir.string[9]",
            "si64[2]"));
        Assert.Equal("f32*", Inferred.First("ml.array_feature_extractor", s_none, "f32*", "si64[2]"));
        Assert.Equal("f32[b, ?]", Inferred.First("ml.array_feature_extractor", s_none, "f32[b, 9]", "si64*"));
        Assert.Equal("si64[b, 2]", Inferred.First("ml.binarizer", s_none, "si64[b, 2]"));
        Assert.Equal("f64[b, 2]", Inferred.First("ml.imputer", s_none, "f64[b, 2]"));
        Assert.Equal("f32[b, 2]", Inferred.First("ml.scaler", s_none, "si64[b, 2]"));
        Assert.Equal("f32*", Inferred.First("ml.normalizer", s_none, "f64*"));
        Assert.Equal("f32[b, 5]", Inferred.First("ml.feature_vectorizer", s_none, "f32[b, 2]", "si64[b, 3]"));
        Assert.Equal("f32[1, ?]", Inferred.First("ml.feature_vectorizer", s_none, "f32[2]", "si64*"));
        Inferred.Fails("ml.feature_vectorizer", s_none, "f32[4, 2]", "si64[5, 3]");
    }

    [Fact]
    public void Encoders()
    {
        (string, AttributeValue) texts = ("cats_strings", Texts("a", "b", "c"));
        Assert.Equal("si64[b]", Inferred.First("ml.category_mapper", s_none, "!ntir.string[b]"));
        Assert.Equal("!ntir.string[b]", Inferred.First("ml.category_mapper", s_none, "si64[b]"));
        Assert.Equal("f32[b, 3]", Inferred.First("ml.one_hot_encoder", [texts], "!ntir.string[b]"));
        Assert.Equal("f32[b, 2]", Inferred.First("ml.one_hot_encoder", [("cats_int64s", new long[] { 1, 2 })],
            "f32[b]"));
        Assert.Equal("f32*", Inferred.First("ml.one_hot_encoder", [texts], "!ntir.string*"));
        Assert.Equal("f32[b]", Inferred.First("ml.label_encoder", [("values_floats", new double[] { 1 })], "si64[b]"));
        Assert.Equal("si64[b]", Inferred.First("ml.label_encoder", [("values_int64s", new long[] { 1 })], "si64[b]"));
        Assert.Equal("!ntir.string[b]", Inferred.First("ml.label_encoder", [("values_strings", Texts("a"))],
            "si64[b]"));
        Assert.Equal("!ntir.string[b]", Inferred.First("ml.label_encoder", [("classes_strings", Texts("a"))],
            "si64[b]"));
        Assert.Equal(
            "si16[b]",
            Inferred.First("ml.label_encoder", [("values_tensor", TensorValue.From<short>(ElementType.Int16, [1], 1))],
                "si64[b]"));
    }

    [Fact]
    public void Models()
    {
        (string, AttributeValue) two = ("classlabels_ints", new long[] { 0, 1 }),
            three = ("classlabels_strings", Texts("a", "b", "c"));
        Assert.Equal(
            ["si64[b]", "f32[b, 2]"],
            Inferred.Types("ml.linear_classifier", [two, ("intercepts", new double[] { 1 })], 2, "f32[b, 4]"));
        Assert.Equal(["!ntir.string[b]", "f32[b, 3]"], Inferred.Types("ml.linear_classifier", [three], 2, "f32[b, 4]"));
        Assert.Equal("f32[b, 2]", Inferred.First("ml.linear_regressor", [("targets", 2)], "f32[b, 4]"));
        Assert.Equal("f32[1, 1]", Inferred.First("ml.svm_regressor", s_none, "f32[4]"));
        (string, AttributeValue) votes = ("vectors_per_class", new long[] { 1, 1, 1 });
        Assert.Equal(["!ntir.string[b]", "f32[b, 3]"], Inferred.Types("ml.svm_classifier", [three], 2, "f32[b, 4]"));
        Assert.Equal(["si64[b]", "f32[b, 2]"], Inferred.Types("ml.svm_classifier", [two, votes], 2, "f32[b, 4]"));
        Assert.Equal(
            "f32[b, 4]",
            Inferred.Types(
                "ml.svm_classifier",
                [("classlabels_ints", new long[] { 1, 2, 3, 4 }), votes, ("prob_a", new double[] { 1 })], 2,
                    "f32[b, 4]")[1]);
        Assert.Equal(
            "f32[b, 6]",
            Inferred.Types("ml.svm_classifier", [("classlabels_ints", new long[] { 1, 2, 3, 4 }), votes], 2,
                "f32[b, 4]")[1]);
        Assert.Equal(
            ["si64[?]", "f32[?, 3]"],
            Inferred.Types("ml.tree_ensemble_classifier", [("classlabels_int64s", new long[] { 1, 2, 3 })], 2, "f32*"));
        Assert.Equal("f32[b, 2]", Inferred.First("ml.tree_ensemble_regressor", [("n_targets", 2)], "f64[b, 4]"));
        Assert.Equal("f64[b, 2]", Inferred.First("ml.tree_ensemble", [("n_targets", 2)], "f64[b, 4]"));
    }

    [Fact]
    public void Maps()
    {
        Assert.Equal(
            "!ntir.sequence<!ntir.map<si64, tensor<2xf32>>>",
            Inferred.First("ml.zip_map", [("classlabels_int64s", new long[] { 1, 2 })], "f32[b, 2]"));
        MapType map = new(ElementType.String, new TensorType(ElementType.Float32, null));
        Assert.Equal("tensor<1x2xf32>", OfMap("ml.dict_vectorizer", map, ("string_vocabulary", Texts("a", "b"))));
        Assert.Equal("tensor<1x3xf32>", OfMap("ml.dict_vectorizer", map, ("int64_vocabulary", new long[] { 1, 2, 3 })));
        Assert.Equal("tensor<1x?xsi64>", OfMap("ml.cast_map", map, ("cast_to", "TO_INT64")));
        Assert.Equal(
            "tensor<1x4x!ntir.string>", OfMap("ml.cast_map", map, ("cast_to", "TO_STRING"), ("map_form", "SPARSE"),
                ("max_map", 4)));
    }

    private static string OfMap(string name, MapType map, params (string, AttributeValue)[] attributes)
    {
        NtirModule module = new();
        NtirValue value = module.Main.Body.AddParameter(map);
        NtirOp op = module.Main.Body.Add(new NtirOp(name, [value], [NtirType.Unknown],
            KernelAttributes.Of(attributes)));
        Assert.Empty(ShapeInference.Run(module));
        return op.Result.Type.ToString()!;
    }

    private static AttributeValue Texts(params string[] values) =>
        AttributeValue.FromTexts([.. values.Select(System.Text.Encoding.UTF8.GetBytes)]);
}
