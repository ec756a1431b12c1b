using Nbc.Kernels;
using static Nbc.Descriptors.Declare;

namespace Nbc.Descriptors;

/// <summary>Tensors from nothing, sequences, optionals, strings, random numbers.</summary>
internal static class Making
{
    private const KernelTraits Random = KernelTraits.Random;

    private const KernelTraits ByData = KernelTraits.Pure | KernelTraits.DataDependentShape;

    public static IEnumerable<KernelDescriptor> All { get; } =
    [
        // The importer turns ONNX's other forms (value_float, sparse_value and so on) into value.
        Op(0x1600, "constant", [], ["output"], Needed(Tensor("value"))),
        Op(0x1601, "random_normal", [], ["output"],
            Int("dtype", 1), Float("mean", 0), Float("scale", 1), Float("seed"), Needed(Ints("shape")))
            with { Traits = Random },
        Op(0x1602, "random_uniform", [], ["output"],
            Int("dtype", 1), Float("high", 1), Float("low", 0), Float("seed"), Needed(Ints("shape")))
            with { Traits = Random },
        Op(0x1603, "random_normal_like", ["input"], ["output"],
            Int("dtype"), Float("mean", 0), Float("scale", 1), Float("seed")) with { Traits = Random },
        Op(0x1604, "random_uniform_like", ["input"], ["output"],
            Int("dtype"), Float("high", 1), Float("low", 0), Float("seed")) with { Traits = Random },
        Op(0x1605, "multinomial", ["input"], ["output"], Int("dtype", 6), Int("sample_size", 1), Float("seed"))
            with { Traits = Random },
        Op(0x1606, "hann_window", ["size"], ["output"], Int("output_datatype", 1), Int("periodic", 1)),
        Op(0x1607, "hamming_window", ["size"], ["output"], Int("output_datatype", 1), Int("periodic", 1)),
        Op(0x1608, "blackman_window", ["size"], ["output"], Int("output_datatype", 1), Int("periodic", 1)),
        Op(0x1609, "mel_weight_matrix",
            ["num_mel_bins", "dft_length", "sample_rate", "lower_edge_hertz", "upper_edge_hertz"], ["output"],
            Int("output_datatype", 1)),
        Op(0x160A, "sequence_construct", ["inputs..."], ["output_sequence"]),
        Op(0x160B, "sequence_empty", [], ["output"], Int("dtype", 1)),
        Op(0x160C, "sequence_at", ["input_sequence", "position"], ["tensor"]) with { Traits = ByData },
        Op(0x160D, "sequence_insert", ["input_sequence", "tensor", "position?"], ["output_sequence"]),
        Op(0x160E, "sequence_erase", ["input_sequence", "position?"], ["output_sequence"]),
        Op(0x160F, "sequence_length", ["input_sequence"], ["length"]),
        Op(0x1610, "split_to_sequence", ["input", "split?"], ["output_sequence"], Int("axis", 0), Int("keepdims", 1)),
        Op(0x1611, "concat_from_sequence", ["input_sequence"], ["concat_result"],
            Needed(Int("axis")), Int("new_axis", 0)) with { Traits = ByData },
        // ONNX's attribute type only says what an empty optional would hold: the type of the result says that here.
        Op(0x1612, "optional", ["input?"], ["output"]),
        Op(0x1613, "optional_get_element", ["input"], ["output"]) with { Traits = ByData },
        Op(0x1614, "optional_has_element", ["input?"], ["output"]),
        Op(0x1615, "string_concat", ["X", "Y"], ["Z"]),
        Op(0x1616, "string_split", ["X"], ["Y", "Z?"], Text("delimiter"), Int("maxsplit")) with { Traits = ByData },
        Op(0x1617, "string_normalizer", ["X"], ["Y"],
            Text("case_change_action", "NONE"), Int("is_case_sensitive", 0), Text("locale"), Texts("stopwords"))
            with { Traits = ByData },
        Op(0x1618, "regex_full_match", ["X"], ["Y"], Needed(Text("pattern"))),
        Op(0x1619, "tf_idf_vectorizer", ["X"], ["Y"],
            Needed(Int("max_gram_length")), Needed(Int("max_skip_count")), Needed(Int("min_gram_length")),
            Needed(Text("mode")), Needed(Ints("ngram_counts")), Needed(Ints("ngram_indexes")), Ints("pool_int64s"),
            Texts("pool_strings"), Floats("weights")),
    ];
}
