using Ahr.Ntir.Inference;
using Ahr.Ntir.Ops.Neural;
using Ahr.Ntir.Types;
using Nbc.Kernels;
using Nbc.Tensors;

namespace Ahr.Ntir.Ops;

/// <summary>Types and shapes of the operators in Nbc/Descriptors/MachineLearning.cs.</summary>
internal static class MachineLearningRules
{
    public static void Register(IDictionary<string, InferRule> rules)
    {
        rules["ml.array_feature_extractor"] = ArrayFeatureExtractor;
        rules["ml.binarizer"] = Known.SameAsFirst;
        rules["ml.imputer"] = Known.SameAsFirst;
        rules["ml.normalizer"] = SameShape;
        rules["ml.scaler"] = SameShape;
        rules["ml.cast_map"] = CastMap;
        rules["ml.dict_vectorizer"] = DictVectorizer;
        rules["ml.category_mapper"] = CategoryMapper;
        rules["ml.label_encoder"] = LabelEncoder;
        rules["ml.one_hot_encoder"] = OneHotEncoder;
        rules["ml.feature_vectorizer"] = FeatureVectorizer;
        rules["ml.linear_classifier"] = LinearClassifier;
        rules["ml.linear_regressor"] = context => Targets(context, context.Attributes.Int("targets", 1));
        rules["ml.svm_classifier"] = SvmClassifier;
        rules["ml.svm_regressor"] = context => Targets(context, 1);
        rules["ml.tree_ensemble_classifier"] = context =>
            Classify(context, Labels(context.Attributes, "classlabels_int64s"));
        rules["ml.tree_ensemble_regressor"] = context => Targets(context, context.Attributes.Int("n_targets", 1));
        rules["ml.tree_ensemble"] = context => Known.Give(
            context, 0, Known.At(context.Shape(0), 0), context.Attributes.Int("n_targets", 1));
        rules["ml.zip_map"] = ZipMap;
    }

    private static void SameShape(InferenceContext context)
    {
        if (context.Tensor(0) is { } x)
        {
            context.Give(0, ElementType.Float32, x.Shape);
        }
    }

    private static void ArrayFeatureExtractor(InferenceContext context)
    {
        if (context.Tensor(0) is not { } x)
        {
            return;
        }

        Dim count = context.Shape(1)?.Product ?? Dim.Unknown;
        context.Give(0, x.Element, x.Shape switch
        {
            null => null,
            { Rank: 1 } => new SymbolicShape([1, count]),
            { Rank: > 1 } shape => shape.With(shape.Rank - 1, count),
            _ => null,
        });
    }

    private static void CastMap(InferenceContext context)
    {
        ElementType type = context.Attributes.Text("cast_to", "TO_FLOAT") switch
        {
            "TO_INT64" => ElementType.Int64,
            "TO_STRING" => ElementType.String,
            _ => ElementType.Float32,
        };
        bool sparse = context.Attributes.Text("map_form", "DENSE") == "SPARSE";
        context.Give(0, type, new SymbolicShape([1, sparse ? context.Attributes.Int("max_map", 1) : Dim.Unknown]));
    }

    private static void DictVectorizer(InferenceContext context)
    {
        if (context.Input(0) is MapType { Value: TensorType value })
        {
            long count = context.Attributes.Texts("string_vocabulary")?.Length
                ?? context.Attributes.Ints("int64_vocabulary")?.Length ?? 0;
            context.Give(0, value.Element, new SymbolicShape([1, count]));
        }
    }

    private static void CategoryMapper(InferenceContext context)
    {
        if (context.Tensor(0) is { } x)
        {
            context.Give(0, x.Element == ElementType.String ? ElementType.Int64 : ElementType.String, x.Shape);
        }
    }

    private static void LabelEncoder(InferenceContext context)
    {
        if (context.Tensor(0) is not { } x)
        {
            return;
        }

        KernelAttributes attributes = context.Attributes;
        ElementType type = attributes.Tensor("values_tensor") is { } tensor ? tensor.Type
            : attributes.Has("values_strings") ? ElementType.String
            : attributes.Has("values_int64s") ? ElementType.Int64
            : attributes.Has("values_floats") ? ElementType.Float32
            : x.Element == ElementType.String ? ElementType.Int64 : ElementType.String;
        context.Give(0, type, x.Shape);
    }

    private static void OneHotEncoder(InferenceContext context)
    {
        if (context.Tensor(0) is { } x)
        {
            long count = Count(context.Attributes, "cats_strings", "cats_int64s");
            context.Give(0, ElementType.Float32, x.Shape is null ? null : new SymbolicShape([.. x.Shape, count]));
        }
    }

    private static void FeatureVectorizer(InferenceContext context)
    {
        Dim width = 0, rows = Dim.Unknown;
        for (int i = 0; i < context.InputCount; i++)
        {
            SymbolicShape? shape = context.Shape(i);
            width += shape is { Rank: 1 or 2 } ? shape[shape.Rank - 1] : Dim.Unknown;
            Dim own = shape is { Rank: 1 } ? 1 : Known.At(shape, 0);
            rows = i == 0 ? own : ShapeRules.Same(context, rows, own, "rows");
        }

        context.Give(0, ElementType.Float32, new SymbolicShape([rows, width]));
    }

    private static void LinearClassifier(InferenceContext context)
    {
        long labels = Labels(context.Attributes, "classlabels_ints");
        long rows = context.Attributes.Floats("intercepts") is { Length: > 0 } given ? given.Length
            : Math.Max(labels, 1);
        Classify(context, rows == 1 && labels == 2 ? 2 : rows);
    }

    private static void SvmClassifier(InferenceContext context)
    {
        KernelAttributes attributes = context.Attributes;
        long classes = Labels(attributes, "classlabels_ints");
        bool votes = (attributes.Ints("vectors_per_class") ?? []).Sum() > 0;
        bool weighs = attributes.Floats("prob_a") is { Length: > 0 };
        Classify(
            context,
            !votes || weighs ? classes : classes > 2 ? classes * (classes - 1) / 2 : 2);
    }

    private static void Classify(InferenceContext context, long scores)
    {
        if (context.Tensor(0) is null)
        {
            return;
        }

        Dim rows = Rows(context);
        bool texts = context.Attributes.Texts("classlabels_strings") is { Length: > 0 };
        context.Give(0, texts ? ElementType.String : ElementType.Int64, new SymbolicShape([rows]));
        context.Give(1, ElementType.Float32, new SymbolicShape([rows, scores]));
    }

    private static void Targets(InferenceContext context, long targets)
    {
        if (context.Tensor(0) is not null)
        {
            context.Give(0, ElementType.Float32, new SymbolicShape([Rows(context), targets]));
        }
    }

    private static void ZipMap(InferenceContext context)
    {
        bool texts = context.Attributes.Texts("classlabels_strings") is { Length: > 0 };
        long count = Labels(context.Attributes, "classlabels_int64s");
        context.Give(0, new SequenceType(new MapType(
            texts ? ElementType.String : ElementType.Int64,
            new TensorType(ElementType.Float32, new SymbolicShape([count])))));
    }

    // A vector is one row.
    private static Dim Rows(InferenceContext context) =>
        context.Shape(0) is { Rank: 1 } ? 1 : Known.At(context.Shape(0), 0);

    private static long Labels(KernelAttributes attributes, string numbers) =>
        Count(attributes, "classlabels_strings", numbers);

    private static long Count(KernelAttributes attributes, string texts, string numbers) =>
        attributes.Texts(texts) is { Length: > 0 } strings ? strings.Length : attributes.Ints(numbers)?.Length ?? 0;
}
