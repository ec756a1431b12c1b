using Ahr.Importers.Onnx;

namespace Ahr.Importers.Tests.Onnx;

public sealed class OnnxNamesTests
{
    [Theory]
    [InlineData("", "Add", "add")]
    [InlineData("ai.onnx", "ReduceSum", "reduce_sum")]
    [InlineData("", "ReduceL1", "reduce_l1")]
    [InlineData("", "MatMul", "matmul")]
    [InlineData("", "MatMulInteger", "matmul_integer")]
    [InlineData("", "QLinearConv", "qlinear_conv")]
    [InlineData("", "QLinearMatMul", "qlinear_matmul")]
    [InlineData("", "IsNaN", "is_nan")]
    [InlineData("", "PRelu", "prelu")]
    [InlineData("", "ArgMax", "arg_max")]
    [InlineData("", "GlobalAveragePool", "global_average_pool")]
    [InlineData("", "Col2Im", "col2_im")]
    [InlineData("", "RMSNormalization", "rms_normalization")]
    [InlineData("", "LSTM", "lstm")]
    [InlineData("", "GatherND", "gather_nd")]
    [InlineData("com.microsoft", "MatMulNBits", "ms.matmul_nbits")]
    [InlineData("com.microsoft", "SkipLayerNormalization", "ms.skip_layer_normalization")]
    [InlineData("ai.onnx.ml", "TreeEnsembleClassifier", "ml.tree_ensemble_classifier")]
    [InlineData("ai.onnx.ml", "SVMClassifier", "ml.svm_classifier")]
    [InlineData("ai.onnx.preview.training", "Adagrad", "training.adagrad")]
    [InlineData("com.example", "Foo", null)]
    public void Operators_have_one_name_in_ntir(string domain, string op, string? expected) =>
        Assert.Equal(expected, OnnxNames.ToNtir(domain, op));
}
