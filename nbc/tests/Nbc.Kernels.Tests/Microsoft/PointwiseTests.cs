using Nbc.Kernels.Tests.Neural;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Microsoft;

/// <summary>Activations, normalisations and the small operators of com.microsoft.</summary>
public sealed class PointwiseTests
{
    private static readonly TensorValue s_x = Given.Floats([1, 4], -1, 0, 0.5f, 2);

    [Fact]
    public void The_curves_of_gelu()
    {
        double[] exact = [-0.15865525, 0, 0.34573123, 1.95449974];
        double[] tanh = [-0.15880801, 0, 0.34571401, 1.95459769];
        Given.Near(exact, Given.One("ms.gelu", [], s_x));
        Given.Near(tanh, Given.One("ms.fast_gelu", [], s_x));
        Given.Near(
            [-0.15420423, 0, 0.35038404, 1.93565452], Given.One("ms.quick_gelu", [], s_x));
        Given.Near(exact, Given.One("ms.gelu", [], Given.As(s_x, ElementType.Float64)));
        Given.Near(tanh, Given.One("ms.fast_gelu", [], Given.As(s_x, ElementType.Float64)));
        Given.Near(
            [-0.2689414213], Given.One("ms.quick_gelu", [("alpha", 1.0)],
                Given.As(Given.Floats([1], -1), ElementType.Float64)));
        Given.Near(exact, Given.One("ms.gelu", [], Given.As(s_x, ElementType.Float16)), 1e-3);
        TensorValue half = Given.Floats([1, 4], -2, -1, -0.5f, 1), bias = Given.Floats([4], 1, 1, 1, 1);
        Given.Near(exact, Given.One("ms.bias_gelu", [], half, bias));
        Given.Near(tanh, Given.One("ms.fast_gelu", [], half, bias));
        Given.Refuses(KernelFault.WrongShape, "ms.bias_gelu", [], half, Given.Floats([3], 1, 2, 3));
        Given.Refuses(KernelFault.WrongType, "ms.gelu", [], Given.Ints([1], 1));
    }

    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float64)]
    [InlineData(ElementType.Float16)]
    public void Rows_are_normalised(ElementType type)
    {
        TensorValue x = Given.As(Given.Floats([2, 2], 1, 3, 2, 2), type);
        TensorValue scale = Given.As(Given.Floats([2], 1, 2), type), bias = Given.As(Given.Floats([2], 0.5f, 0), type);
        NbcValue?[] layer = Given.Run("ms.layer_normalization", [("epsilon", 0.0)], 3, x, scale, bias);
        double[] values = Given.Doubles(layer[0]);
        Assert.Equal([-0.5, 2], values[..2]);
        Given.Near([2, 2], layer[1]);
        Given.Near([1, double.PositiveInfinity], layer[2]);
        NbcValue?[] simple = Given.Run("ms.simplified_layer_normalization", [("epsilon", 0.0)], 2, x, scale);
        double root = Math.Sqrt(5);
        Given.Near([1 / root, 6 / root, 1, 2], simple[0], 2e-3);
        Given.Near([1 / root, 0.5], simple[1], 1e-6);
        Given.Shape(simple[1], 2, 1);
    }

    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float64)]
    [InlineData(ElementType.BFloat16)]
    public void A_skip_is_added_before_the_rows_are_normalised(ElementType type)
    {
        TensorValue x = Given.As(Given.Floats([1, 2, 2], 0, 1, 3, 1), type);
        TensorValue skip = Given.As(Given.Floats([1, 2], 1, 1), type), gamma = Given.As(Given.Floats([2], 1, 2), type);
        TensorValue beta = Given.As(Given.Floats([2], 1, 1), type), bias = Given.As(Given.Floats([2], 0, 1), type);
        NbcValue?[] found = Given.Run("ms.skip_layer_normalization", [("epsilon", 0.0)], 4, x, skip, gamma, beta, bias);
        Given.Near([0, 3, 2, -1], found[0]);
        Given.Near([1, 3, 4, 3], found[3]);
        NbcValue?[] simple = Given.Run("ms.skip_simplified_layer_normalization", [("epsilon", 0.0)], 1, x, skip, gamma);
        double first = Math.Sqrt((1 + 4) / 2.0), second = Math.Sqrt((16 + 4) / 2.0);
        Given.Near([1 / first, 4 / first, 4 / second, 4 / second], simple[0], 1e-2);
    }

    [Fact]
    public void Embeddings_are_summed_and_normalised()
    {
        TensorValue ids = Given.Ints([1, 2], 1, 0), segments = Given.Ints([1, 2], 0, 1);
        TensorValue words = Given.Floats([2, 2], 0, 1, 2, 3), places = Given.Floats([2, 2], 0, 0, 0, 2);
        TensorValue kinds = Given.Floats([2, 2], 0, 1, 1, 0), gamma = Given.Floats([2], 1, 1),
            beta = Given.Floats([2], 0, 1);
        NbcValue?[] found = Given.Run(
            "ms.embed_layer_normalization", [("epsilon", 0.0)], 3, ids, segments, words, places, kinds, gamma, beta,
            Given.Ints([1, 2], 1, 0));
        Given.Near([2, 4, 1, 3], found[2]);
        Given.Near([-1, 2, -1, 2], found[0]);
        Given.Near([1], found[1]);
        NbcValue?[] plain = Given.Run(
            "ms.embed_layer_normalization", [("epsilon", 0.0)], 3, ids, null, words, places, null, gamma, beta, null,
            Given.Ints([1, 2], 1, 0));
        Given.Near([2, 5, 0, 1], plain[2]);
        Given.Near([0], plain[1]);
        Given.Refuses(
            KernelFault.OutOfRange, "ms.embed_layer_normalization", [], Given.Ints([1, 1], 2), null, words, places,
                null,
            gamma, beta);
    }

    [Fact]
    public void A_bias_is_added_before_softmax()
    {
        TensorValue x = Given.Floats([2, 2], 0, 0, 1, 1), bias = Given.Floats([1, 2], 0, (float)Math.Log(3));
        (string, AttributeValue)[] inner = [("axis", 1), ("is_inner_broadcast", 1)];
        Given.Near([0.25, 0.75, 0.25, 0.75], Given.One("ms.bias_softmax", inner, x, bias));
        Given.Refuses(KernelFault.WrongShape, "ms.bias_softmax", inner, x, Given.Floats([3], 1, 2, 3));
        Given.Refuses(KernelFault.OutOfRange, "ms.bias_softmax", [("axis", 2)], x, bias);
        Given.Refuses(KernelFault.WrongType, "ms.bias_softmax", inner, Given.Ints([1], 1), bias);
    }

    [Fact]
    public void Small_operators()
    {
        Given.Near(
            [12, 24], Given.One("ms.bias_add", [], Given.Floats([1, 1, 2], 1, 2), Given.Floats([2], 1, 2),
                Given.Floats([1, 1, 2], 10, 20)));
        TensorValue matrix = Given.Floats([1, 2, 2], 0, 2, 4, 2);
        Given.Near([-0.25, 0.25, 0.5, 0], Given.One("ms.inverse", [], matrix));
        Given.Near([-0.25, 0.25, 0.5, 0], Given.One("ms.inverse", [], Given.As(matrix, ElementType.Float64)));
        Assert.DoesNotContain(
            Given.Doubles(Given.One("ms.inverse", [], Given.Floats([1, 1], 0))), double.IsFinite);
        TensorValue a = Given.Floats([2, 2], 0, 0, 3, 4), b = Given.Floats([1, 2], 0, 0);
        Given.Near([0, 5], Given.One("ms.cdist", [("metric", "euclidean")], a, b));
        Given.Near(
            [0, 25],
            Given.One("ms.cdist", [("metric", "sqeuclidean")], Given.As(a, ElementType.Float64),
                Given.As(b, ElementType.Float64)));
        Given.Shape(Given.One("ms.expand_dims", [], a, Given.Ints([], -1)), 2, 2, 1);
        Given.Shape(Given.One("ms.expand_dims", [], a, Given.Longs([1], 0)), 1, 2, 2);
        TensorValue infinite = Given.Floats([2], 1, float.PositiveInfinity), broken = Given.Floats([1], float.NaN);
        Given.Near([1], Given.One("ms.is_all_finite", [], a, Given.As(b, ElementType.Float64)));
        Given.Near([0], Given.One("ms.is_all_finite", [], a, infinite));
        Given.Near([0], Given.One("ms.is_all_finite", [], broken));
        Given.Near([1], Given.One("ms.is_all_finite", [("isinf_only", 1)], broken));
        Given.Near([1], Given.One("ms.is_all_finite", [("isnan_only", 1)], infinite));
    }

    [Fact]
    public void Small_operators_refuse_by_name()
    {
        TensorValue a = Given.Floats([2, 2], 0, 0, 3, 4), whole = Given.Ints([1], 1);
        Given.Refuses(KernelFault.WrongShape, "ms.bias_add", [], a, a, a);
        Given.Refuses(KernelFault.WrongType, "ms.bias_add", [], whole, whole, whole);
        Given.Refuses(KernelFault.WrongShape, "ms.inverse", [], Given.Floats([1, 2], 1, 2));
        Given.Refuses(KernelFault.WrongType, "ms.inverse", [], whole);
        Given.Refuses(KernelFault.WrongAttribute, "ms.cdist", [("metric", "cosine")], a, a);
        Given.Refuses(KernelFault.WrongShape, "ms.cdist", [("metric", "euclidean")], a, Given.Floats([1, 1], 1));
        Given.Refuses(KernelFault.WrongType, "ms.cdist", [("metric", "euclidean")], whole, whole);
        Given.Refuses(KernelFault.OutOfRange, "ms.expand_dims", [], a, Given.Ints([], 3));
        Given.Refuses(KernelFault.WrongType, "ms.is_all_finite", [], whole);
        Given.Refuses(KernelFault.WrongType, "ms.layer_normalization", [], whole, whole);
        Given.Refuses(KernelFault.OutOfRange, "ms.layer_normalization", [("axis", 2)], a, a);
        Given.Refuses(KernelFault.WrongType, "ms.skip_layer_normalization", [], whole, whole, whole);
        Given.Refuses(KernelFault.WrongShape, "ms.skip_layer_normalization", [], a, Given.Floats([3], 1, 2, 3), a);
        Given.Refuses(KernelFault.WrongType, "ms.embed_layer_normalization", [], a, null, whole, whole);
    }
}
