using Ahr.Ntir.Inference;
using Ahr.Ntir.Ops.Making;

namespace Ahr.Ntir.Ops;

/// <summary>Types and shapes of the operators in Nbc/Descriptors/Making.cs.</summary>
internal static class MakingRules
{
    public static void Register(IDictionary<string, InferRule> rules)
    {
        rules["random_normal"] = MakingShapes.Random;
        rules["random_uniform"] = MakingShapes.Random;
        rules["random_normal_like"] = MakingShapes.RandomLike;
        rules["random_uniform_like"] = MakingShapes.RandomLike;
        rules["multinomial"] = MakingShapes.Multinomial;
        rules["hann_window"] = MakingShapes.Window;
        rules["hamming_window"] = MakingShapes.Window;
        rules["blackman_window"] = MakingShapes.Window;
        rules["mel_weight_matrix"] = MakingShapes.MelWeightMatrix;
        rules["string_concat"] = MakingShapes.StringConcat;
        rules["string_split"] = MakingShapes.StringSplit;
        rules["string_normalizer"] = MakingShapes.StringNormalizer;
        rules["regex_full_match"] = MakingShapes.RegexFullMatch;
        rules["tf_idf_vectorizer"] = MakingShapes.TfIdfVectorizer;
        rules["sequence_construct"] = ContainerTypes.SequenceConstruct;
        rules["sequence_empty"] = ContainerTypes.SequenceEmpty;
        rules["sequence_at"] = ContainerTypes.SequenceAt;
        rules["sequence_insert"] = ContainerTypes.SequenceInsert;
        rules["sequence_erase"] = ContainerTypes.SequenceErase;
        rules["sequence_length"] = ContainerTypes.SequenceLength;
        rules["split_to_sequence"] = ContainerTypes.SplitToSequence;
        rules["concat_from_sequence"] = ContainerTypes.ConcatFromSequence;
        rules["optional"] = ContainerTypes.Optional;
        rules["optional_get_element"] = ContainerTypes.OptionalGetElement;
        rules["optional_has_element"] = ContainerTypes.OptionalHasElement;
    }
}
