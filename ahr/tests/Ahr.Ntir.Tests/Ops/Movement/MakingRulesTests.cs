using Ahr.Ntir.Ops;
using Ahr.Ntir.Types;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;
using static Ahr.Ntir.Tests.Ops.Movement.TypeScene;

namespace Ahr.Ntir.Tests.Ops.Movement;

public sealed class MakingRulesTests
{
    private static readonly KernelAttributes s_none = KernelAttributes.None;

    [Fact]
    public void Tensors_from_nothing_have_the_shape_of_their_attributes()
    {
        Assert.Equal("f64 [2, 3]", Infer("random_normal", With(("shape", new long[] { 2, 3 }), ("dtype", 11))));
        Assert.Equal("f16 [n]", Infer("random_uniform_like", With(("dtype", 10)), "f32 [n]"));
        Assert.Equal("si32 [n, 4]", Infer("multinomial", With(("sample_size", 4)), "f32 [n, 9]"));
        Assert.Equal("si64 [?, 1]", Infer("multinomial", With(("dtype", 7)), "f32 *"));
        Assert.Equal("f32 [400]", Infer("hann_window", new long[] { 400 }));
        Assert.Equal("f32 [?]", Infer("hamming_window", "si64 []"));
        Assert.Equal("f32 [201, 80]",
            Infer("mel_weight_matrix", new long[] { 80 }, new long[] { 400 }, "si64 []", "f32 []", "f32 []"));
        Refuses("random_normal", s_none);
        Refuses("multinomial", s_none, "f32 [n]");
    }

    [Fact]
    public void Strings_keep_their_shape_or_lose_it()
    {
        Assert.Equal("!ntir.string [n, 2]", Infer("string_concat", "!ntir.string [n, 1]", "!ntir.string [2]"));
        Assert.Equal(["!ntir.string [n, ?]", "si64 [n]"], Infer("string_split", s_none, 2, "!ntir.string [n]"));
        Assert.Equal("!ntir.string *", Infer("string_split", "!ntir.string *"));
        Assert.Equal("!ntir.string [?]", Infer("string_normalizer", "!ntir.string [n]"));
        Assert.Equal("!ntir.string [1, ?]", Infer("string_normalizer", "!ntir.string [1, n]"));
        Assert.Equal("!ntir.string *", Infer("string_normalizer", "!ntir.string *"));
        Assert.Equal("i1 [n, 2]", Infer("regex_full_match", With(("pattern", "a")), "!ntir.string [n, 2]"));
        KernelAttributes grams = With(("ngram_indexes", new long[] { 3, 1 }));
        Assert.Equal("f32 [n, 4]", Infer("tf_idf_vectorizer", grams, "si64 [n, 9]"));
        Assert.Equal("f32 [4]", Infer("tf_idf_vectorizer", grams, "si64 [n]"));
        Assert.Equal("f32 *", Infer("tf_idf_vectorizer", grams, "si64 *"));
        Refuses("string_normalizer", s_none, "!ntir.string [n, 2, 3]");
        Refuses("tf_idf_vectorizer", grams, "si64 [1, 2, 3]");
    }

    [Fact]
    public void Sequences_know_what_all_items_share()
    {
        NtirType list = new SequenceType(Parse("f32 [n, 3]"));
        Assert.Equal("list of f32 [?, 3]", Infer("sequence_construct", "f32 [1, 3]", "f32 [2, 3]"));
        Assert.Equal("list of si64 *", Infer("sequence_empty", With(("dtype", 7))));
        Assert.Equal("f32 [n, 3]", Infer("sequence_at", list, "si64 []"));
        Assert.Equal("list of f32 [n, ?]", Infer("sequence_insert", list, "f32 [n, 4]"));
        Assert.Equal("list of f32 *", Infer("sequence_insert", list, "unknown"));
        Assert.Equal("list of f32 [n, 3]", Infer("sequence_erase", list));
        Assert.Equal("si64 []", Infer("sequence_length", list));
        Assert.Equal("f32 [?, 3]", Infer("concat_from_sequence", With(("axis", 0)), list));
        Assert.Equal("f32 [n, 3, ?]", Infer("concat_from_sequence", With(("axis", -1), ("new_axis", 1)), list));
        Assert.Equal("f32 *", Infer("concat_from_sequence", With(("axis", 0)), new SequenceType(Parse("f32 *"))));
        Assert.Equal("unknown", Infer("sequence_at", "unknown", "si64 []"));
        Refuses("sequence_construct", s_none, "f32 [1]", "si64 [1]");
        Refuses("sequence_at", s_none, "f32 [1]", "si64 []");
        Refuses("concat_from_sequence", With(("axis", 3)), list);
    }

    [Fact]
    public void Parts_of_a_tensor_are_alike_or_not()
    {
        Assert.Equal("list of f32 [1, 4]", Infer("split_to_sequence", "f32 [n, 4]"));
        Assert.Equal("list of f32 [n]", Infer("split_to_sequence", With(("axis", 1), ("keepdims", 0)), "f32 [n, 4]"));
        Assert.Equal("list of f32 [2, 4]",
            Infer("split_to_sequence", "f32 [6, 4]", TensorValue.From<long>(ElementType.Int64, [2])));
        Assert.Equal("list of f32 [?, 4]",
            Infer("split_to_sequence", "f32 [5, 4]", TensorValue.From<long>(ElementType.Int64, [2])));
        Assert.Equal("list of f32 [?, 4]", Infer("split_to_sequence", "f32 [5, 4]", new long[] { 2, 3 }));
        Assert.Equal("list of f32 [?, 4]", Infer("split_to_sequence", "f32 [5, 4]", "si64 [2]"));
        Assert.Equal("list of f32 *", Infer("split_to_sequence", "f32 *"));
        Refuses("split_to_sequence", With(("axis", 2)), "f32 [5, 4]");
    }

    [Fact]
    public void Optionals_are_packed_and_unpacked()
    {
        Assert.Equal("perhaps f32 [n]", Infer("optional", "f32 [n]"));
        Assert.Equal("unknown", Infer("optional"));
        Assert.Equal("f32 [n]", Infer("optional_get_element", new OptionalType(Parse("f32 [n]"))));
        Assert.Equal("f32 [n]", Infer("optional_get_element", "f32 [n]"));
        Assert.Equal("i1 []", Infer("optional_has_element", "f32 [n]"));
    }

    // Opcodes of the groups Movement, Making and Signal; optional with nothing in it is a type too.
    public static TheoryData<string> Names => [.. OpTable.All
        .Where(op => !op.IsStructural && op.Descriptor.Opcode is (>= 0x1400 and < 0x1800) or (>= 0x1A00 and < 0x1C00))
        .Select(op => op.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Operands_that_are_not_known_yet_are_no_fault(string name)
    {
        KernelAttributes attributes = With(
            ("shape", new long[] { 1 }), ("pooled_shape", new long[] { 1, 1 }), ("kernel_shape", new long[] { 1 }));
        OpDefinition op = OpTable.Find(name)!;
        object?[] operands = [.. Enumerable.Repeat("unknown", op.Descriptor.Inputs.Length)];

        Infer(name, attributes, op.Descriptor.Outputs.Length, operands);

        Assert.NotNull(op.Infer);
    }
}
