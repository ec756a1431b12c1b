namespace Nbc.Kernels.Making;

/// <summary>Which class is the code of which operator of Descriptors/Making.cs.</summary>
internal static class MakingKernels
{
    public static void Register(IDictionary<string, KernelFactory> kernels)
    {
        kernels["constant"] = attributes => new Constant(attributes);
        kernels["random_normal"] = attributes => new RandomFill(attributes, Distribution.Normal, isLike: false);
        kernels["random_uniform"] = attributes => new RandomFill(attributes, Distribution.Uniform, isLike: false);
        kernels["random_normal_like"] = attributes => new RandomFill(attributes, Distribution.Normal, isLike: true);
        kernels["random_uniform_like"] = attributes => new RandomFill(attributes, Distribution.Uniform, isLike: true);
        kernels["multinomial"] = attributes => new Multinomial(attributes);
        kernels["hann_window"] = Window.Hann;
        kernels["hamming_window"] = Window.Hamming;
        kernels["blackman_window"] = Window.Blackman;
        kernels["mel_weight_matrix"] = attributes => new MelWeightMatrix(attributes);
        RegisterContainers(kernels);
        kernels["string_concat"] = _ => new StringConcat();
        kernels["string_split"] = attributes => new StringSplit(attributes);
        kernels["string_normalizer"] = attributes => new StringNormalizer(attributes);
        kernels["regex_full_match"] = attributes => new RegexFullMatch(attributes);
        kernels["tf_idf_vectorizer"] = attributes => new TfIdfVectorizer(attributes);
    }

    private static void RegisterContainers(IDictionary<string, KernelFactory> kernels)
    {
        kernels["sequence_construct"] = _ => new SequenceConstruct();
        kernels["sequence_empty"] = attributes => new SequenceEmpty(attributes);
        kernels["sequence_at"] = _ => new SequenceAt();
        kernels["sequence_insert"] = _ => new SequenceInsert();
        kernels["sequence_erase"] = _ => new SequenceErase();
        kernels["sequence_length"] = _ => new SequenceLength();
        kernels["split_to_sequence"] = attributes => new SplitToSequence(attributes);
        kernels["concat_from_sequence"] = attributes => new ConcatFromSequence(attributes);
        kernels["optional"] = _ => new OptionalOf();
        kernels["optional_get_element"] = _ => new OptionalGetElement();
        kernels["optional_has_element"] = _ => new OptionalHasElement();
    }
}
