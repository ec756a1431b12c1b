using Nbc.Kernels.Tests.Neural;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.MachineLearning;

/// <summary>Encoders, scalers and maps.</summary>
public sealed class EncoderTests
{
    private static readonly TensorValue s_table = Given.Floats([2, 3], 1, 2, 3, 4, 5, 6);

    [Fact]
    public void Columns_are_taken_by_index()
    {
        Given.Near([3, 1, 6, 4], Given.One("ml.array_feature_extractor", [], s_table, Given.Longs([2], 2, 0)));
        Given.Near([3], Given.One("ml.array_feature_extractor", [], Given.Floats([3], 1, 2, 3), Given.Longs([1], 2)));
        TensorValue texts = Given.One("ml.array_feature_extractor", [], Given.Texts([2], "a", "b"),
            Given.Longs([2], 1, 1));
        Assert.Equal(["b", "b"], Given.Strings(texts));
        Given.Shape(texts, 1, 2);
        Given.Refuses(KernelFault.OutOfRange, "ml.array_feature_extractor", [], s_table, Given.Longs([1], 3));
        Given.Refuses(KernelFault.OutOfRange, "ml.array_feature_extractor", [], s_table, Given.Longs([1], -1));
    }

    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float64)]
    [InlineData(ElementType.Int32)]
    [InlineData(ElementType.Int64)]
    public void A_threshold_makes_ones_and_zeros(ElementType type)
    {
        TensorValue x = Given.As(Given.Floats([3], -1, 0.5f, 1), type);
        double edge = type is ElementType.Float32 or ElementType.Float64 ? 0.5 : 32;
        TensorValue y = Given.One("ml.binarizer", [("threshold", edge)], x);
        Assert.Equal(type, y.Type);
        Given.Near([0, 0, 1], y);
    }

    [Fact]
    public void Values_are_put_in_place_of_others()
    {
        TensorValue x = Given.Floats([2, 2], float.NaN, 1, 2, float.NaN);
        (string, AttributeValue)[] nan = [("replaced_value_float", double.NaN)];
        Given.Near([9, 1, 2, 9], Given.One("ml.imputer", [.. nan, ("imputed_value_floats", new double[] { 9 })], x));
        Given.Near(
            [8, 1, 2, 9],
            Given.One("ml.imputer", [.. nan, ("imputed_value_floats", new double[] { 8, 9 })],
                Given.As(x, ElementType.Float64)));
        (string, AttributeValue)[] whole = [("replaced_value_int64", 0), ("imputed_value_int64s", new long[] { 5 })];
        Given.Near([5, 1], Given.One("ml.imputer", whole, Given.Longs([1, 2], 0, 1)));
        Given.Near([5, 1], Given.One("ml.imputer", whole, Given.Ints([1, 2], 0, 1)));
        Given.Refuses(KernelFault.WrongAttribute, "ml.imputer", [], x);
        Given.Refuses(KernelFault.WrongShape, "ml.imputer", whole, x);
        Given.Refuses(
            KernelFault.WrongType, "ml.imputer", [("imputed_value_floats", new double[] { 9 })], Given.Texts([1], "a"));
    }

    [Fact]
    public void Rows_are_scaled_and_normalised_and_joined()
    {
        TensorValue x = Given.Floats([2, 2], 3, -4, 0, 0);
        Given.Near([1, -4.0 / 3, 0, 0], Given.One("ml.normalizer", [("norm", "MAX")], x));
        Given.Near([3.0 / 7, -4.0 / 7, 0, 0], Given.One("ml.normalizer", [("norm", "L1")], x));
        Given.Near([0.6, -0.8, 0, 0], Given.One("ml.normalizer", [("norm", "L2")], x));
        Given.Refuses(KernelFault.WrongAttribute, "ml.normalizer", [("norm", "L3")], x);
        (string, AttributeValue)[] scale = [("offset", new double[] { 1, 2 }), ("scale", new double[] { 10, 100 })];
        Given.Near([20, -600, -10, -200], Given.One("ml.scaler", scale, x));
        Given.Near(
            [6, 8], Given.One("ml.scaler", [("offset", new double[] { 0 }), ("scale", new double[] { 2 })],
                Given.Longs([1, 2], 3, 4)));
        Given.Refuses(KernelFault.WrongShape, "ml.scaler", scale, s_table);
        Given.Refuses(KernelFault.WrongAttribute, "ml.scaler", [("offset", new double[] { 1 })], x);
        Given.Near(
            [3, -4, 7, 0, 0, 8],
            Given.One("ml.feature_vectorizer", [("inputdimensions", new long[] { 2, 1 })], x,
                Given.Longs([2, 1], 7, 8)));
        Given.Refuses(KernelFault.WrongShape, "ml.feature_vectorizer", [], x, Given.Longs([1, 1], 7));
        Given.Refuses(KernelFault.WrongShape, "ml.feature_vectorizer", [("inputdimensions", new long[] { 3 })], x);
    }

    [Fact]
    public void Labels_map_between_all_types()
    {
        (string, AttributeValue) texts = ("keys_strings", Texts("a", "b")),
            numbers = ("values_int64s", new long[] { 1, 2 });
        Given.Near([2, 1, -1], Given.One("ml.label_encoder", [texts, numbers], Given.Texts([3], "b", "a", "c")));
        TensorValue back = Given.One(
            "ml.label_encoder", [("keys_int64s", new long[] { 1, 2 }), ("values_strings", Texts("x", "y")),
                ("default_string", "?")],
            Given.Longs([3], 2, 3, 1));
        Assert.Equal(["y", "?", "x"], Given.Strings(back));
        TensorValue nan = Given.One(
            "ml.label_encoder", [("keys_floats", new double[] { 1, double.NaN }),
                ("values_floats", new double[] { 5, 6 })],
            Given.Floats([3], float.NaN, 1, 2));
        Given.Near([6, 5], Given.Floats([2], nan.Span<float>()[..2].ToArray()));
        Assert.True(float.IsNegative(nan.Span<float>()[2]) && nan.Span<float>()[2] == 0);
        TensorValue doubles = TensorValue.From<double>(ElementType.Float64, [1.5, 2.5], 2);
        TensorValue shorts = TensorValue.From<short>(ElementType.Int16, [7, 8], 2);
        TensorValue other = TensorValue.From<short>(ElementType.Int16, [-7], 1);
        TensorValue y = Given.One(
            "ml.label_encoder", [("keys_tensor", doubles), ("values_tensor", shorts), ("default_tensor", other)],
            TensorValue.From<double>(ElementType.Float64, [2.5, 0], 2));
        Assert.Equal(new short[] { 8, -7 }, y.Span<short>().ToArray());
        Given.Near(
            [10],
            Given.One(
                "ml.label_encoder", [("keys_tensor", shorts), ("values_int64s", new long[] { 9, 10 })],
                TensorValue.From<short>(ElementType.Int16, [8], 1)));
        (string, AttributeValue) key = ("keys_tensor", shorts);
        foreach ((ElementType type, string unused) in new[]
        {
            (ElementType.Int16, "FFFF"), (ElementType.Int32, "FFFFFFFF"), (ElementType.Float64, "0000000000000080"),
        })
        {
            TensorValue found = Given.One(
                "ml.label_encoder", [key, ("values_tensor", TensorValue.Allocate(type, 2))],
                TensorValue.From<short>(ElementType.Int16, [9], 1));
            Assert.Equal(type, found.Type);
            Assert.Equal(unused, Convert.ToHexString(found.Bytes()));
        }

        Given.Near([1], Given.One("ml.label_encoder", [("keys_int64s", new long[] { 3 }),
            ("values_int64s", new long[] { 1 })], Given.Ints([1], 3)));
    }

    [Fact]
    public void The_oldest_form_of_labels_goes_both_ways()
    {
        (string, AttributeValue)[] classes = [("classes_strings", Texts("a", "b")), ("default_string", "none")];
        Given.Near([1, -1], Given.One("ml.label_encoder", classes, Given.Texts([2], "b", "z")));
        Assert.Equal(["a", "none"], Given.Strings(Given.One("ml.label_encoder", classes, Given.Longs([2], 0, 2))));
        Given.Refuses(KernelFault.WrongAttribute, "ml.label_encoder", [], Given.Longs([1], 1));
        Given.Refuses(
            KernelFault.WrongAttribute, "ml.label_encoder",
            [("keys_int64s", new long[] { 1 }), ("values_int64s", new long[] { 1, 2 })], Given.Longs([1], 1));
        Given.Refuses(
            KernelFault.WrongType, "ml.label_encoder", [("keys_strings", Texts("a")),
                ("values_int64s", new long[] { 1 })],
            Given.Longs([1], 1));
        Given.Refuses(
            KernelFault.WrongAttribute, "ml.label_encoder",
            [("keys_int64s", new long[] { 1 }), ("values_tensor", Given.Bytes(ElementType.UInt8, [1], 1))],
                Given.Longs([1], 1));
        Given.Refuses(
            KernelFault.WrongType, "ml.label_encoder", [("keys_int64s", new long[] { 1 }),
                ("values_int64s", new long[] { 1 })],
            Given.Floats([1], 1));
    }

    [Fact]
    public void Categories_map_both_ways_and_spread_over_columns()
    {
        (string, AttributeValue)[] both = [("cats_strings", Texts("a", "b")), ("cats_int64s", new long[] { 5, 6 })];
        Given.Near([6, -1], Given.One("ml.category_mapper", both, Given.Texts([2], "b", "c")));
        Assert.Equal(["b", "_Unused"], Given.Strings(Given.One("ml.category_mapper", both, Given.Longs([2], 6, 7))));
        Given.Refuses(KernelFault.WrongAttribute, "ml.category_mapper", both[..1], Given.Longs([1], 1));
        Given.Near(
            [0, 1, 0, 0],
            Given.One("ml.one_hot_encoder", [("cats_strings", Texts("a", "b"))], Given.Texts([2], "b", "c")));
        TensorValue y = Given.One("ml.one_hot_encoder", [("cats_int64s", new long[] { 5, 6 })],
            Given.Floats([1, 2], 5, 6));
        Given.Shape(y, 1, 2, 2);
        Given.Near([1, 0, 0, 1], y);
        Given.Refuses(
            KernelFault.OutOfRange, "ml.one_hot_encoder", [("cats_int64s", new long[] { 5 }), ("zeros", 0)],
                Given.Longs([1], 6));
        Given.Refuses(KernelFault.WrongAttribute, "ml.one_hot_encoder", [], Given.Longs([1], 6));
        Given.Refuses(KernelFault.WrongType, "ml.one_hot_encoder", [("cats_int64s", new long[] { 5 })],
            Given.Texts([1], "a"));
    }

    [Fact]
    public void Maps_become_rows()
    {
        MapValue map = new(Given.Longs([2], 3, 1), Given.Floats([2], 30, 10));
        Given.Near([10, 30], Given.One("ml.cast_map", [], map));
        Given.Near([0, 10, 0, 30], Given.One("ml.cast_map", [("map_form", "SPARSE"), ("max_map", 4)], map));
        Assert.Equal(["10", "30"], Given.Strings(Given.One("ml.cast_map", [("cast_to", "TO_STRING")], map)));
        MapValue texts = new(Given.Longs([1], 0), Given.Texts([1], "7.5"));
        Given.Near([7], Given.One("ml.cast_map", [("cast_to", "TO_INT64")], texts));
        Given.Refuses(KernelFault.OutOfRange, "ml.cast_map", [],
            new MapValue(Given.Longs([1], 0), Given.Texts([1], "x")));
        Given.Refuses(KernelFault.OutOfRange, "ml.cast_map", [("map_form", "SPARSE"), ("max_map", 2)], map);
        Given.Refuses(KernelFault.WrongAttribute, "ml.cast_map", [("cast_to", "TO_X")], map);
        Given.Refuses(KernelFault.WrongAttribute, "ml.cast_map", [("map_form", "X")], map);
        Given.Refuses(KernelFault.WrongType, "ml.cast_map", [], s_table);
        Given.Near([0, 30, 10], Given.One("ml.dict_vectorizer", [("int64_vocabulary", new long[] { 2, 3, 1 })], map));
        MapValue words = new(Given.Texts([2], "x", "y"), Given.Texts([2], "1", "2"));
        Assert.Equal(
            ["2", ""], Given.Strings(Given.One("ml.dict_vectorizer", [("string_vocabulary", Texts("y", "z"))], words)));
    }

    [Fact]
    public void Rows_become_maps()
    {
        SequenceValue maps = Assert.IsType<SequenceValue>(
            Given.Run("ml.zip_map", [("classlabels_int64s", new long[] { 4, 5 })], 1,
                Given.Floats([2, 2], 1, 2, 3, 4))[0]);
        Assert.Equal(2, maps.Items.Count);
        MapValue second = Assert.IsType<MapValue>(maps.Items[1]);
        Given.Near([4, 5], second.Keys);
        Given.Near([3, 4], second.Values);
        SequenceValue named = Assert.IsType<SequenceValue>(
            Given.Run("ml.zip_map", [("classlabels_strings", Texts("a", "b"))], 1, Given.Floats([2], 1, 2))[0]);
        Assert.Equal(["a", "b"], Given.Strings(Assert.IsType<MapValue>(named.Items[0]).Keys));
        Given.Refuses(KernelFault.WrongShape, "ml.zip_map", [("classlabels_int64s", new long[] { 4 })], s_table);
        Given.Refuses(KernelFault.WrongAttribute, "ml.zip_map", [], s_table);
    }

    private static AttributeValue Texts(params string[] values) =>
        AttributeValue.FromTexts([.. values.Select(System.Text.Encoding.UTF8.GetBytes)]);
}
