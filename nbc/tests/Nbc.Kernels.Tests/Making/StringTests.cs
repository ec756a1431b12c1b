using Nbc.Values;
using static Nbc.Kernels.Tests.Movement.Give;

namespace Nbc.Kernels.Tests.Making;

public sealed class StringTests
{
    [Fact]
    public void Strings_are_joined_with_broadcasting()
    {
        AreTexts(Run("string_concat", Texts([2], "a", "b"), Texts([2], "c", "")), [2], "ac", "b");
        AreTexts(Run("string_concat", Texts([2, 1], "a", "b"), Texts([2], "x", "y")), [2, 2], "ax", "ay", "bx", "by");
        AreTexts(Run("string_concat", Texts([], "a"), Texts([0])), [0]);
        Refuses(KernelFault.WrongShape, "string_concat", KernelAttributes.None, Texts([2], "a", "b"),
            Texts([3], "a", "b", "c"));
        Refuses(KernelFault.WrongType, "string_concat", KernelAttributes.None, Texts([1], "a"), Longs(1));
    }

    public static TheoryData<string?, long?, string, string[]> Splits => new()
    {
        { ".", null, "a.b..c", ["a", "b", "", "c"] },
        { ".", 1, "a.b.c", ["a", "b.c"] },
        { "ab", null, "abxab", ["", "x", ""] },
        { ".", null, "", [""] },
        { null, null, "  a  b ", ["a", "b"] },
        { "", 1, " a  b c ", ["a", "b c"] },
        { null, null, "", [] },
        { null, 0, " a b ", ["a b"] },
        { null, -1, "a\tb", ["a", "b"] },
    };

    [Theory]
    [MemberData(nameof(Splits))]
    public void Strings_are_cut(string? delimiter, long? most, string text, string[] parts)
    {
        KernelAttributes attributes = delimiter is null ? KernelAttributes.None : Attributes(("delimiter", delimiter));
        attributes = most is { } cuts ? attributes.With("maxsplit", cuts) : attributes;
        NbcValue?[] results = KernelEvaluator.Evaluate("string_split", attributes, [Texts([1], text)], 2);
        AreTexts((TensorValue)results[0]!, [1, parts.Length], parts);
        Is((TensorValue)results[1]!, [1], (long)parts.Length);
    }

    [Fact]
    public void Shorter_rows_are_filled_up_with_empty_strings()
    {
        AreTexts(Run("string_split", Texts([2], "a b c", "d")), [2, 3], "a", "b", "c", "d", "", "");
        AreTexts(Run("string_split", Texts([0])), [0, 0]);
        Refuses(KernelFault.WrongType, "string_split", KernelAttributes.None, Longs(1));
    }

    [Fact]
    public void Words_are_normalised_and_stop_words_go()
    {
        AttributeValue stop = AttributeValue.FromTexts(["monday"u8.ToArray()]);
        TensorValue days = Texts([3], "Monday", "monday", "Tuesday");
        AreTexts(Run("string_normalizer", Attributes(("is_case_sensitive", 1), ("stopwords", stop)), days),
            [2], "Monday", "Tuesday");
        AreTexts(Run("string_normalizer", Attributes(("case_change_action", "UPPER"), ("stopwords", stop)), days),
            [1], "TUESDAY");
        AreTexts(Run("string_normalizer", Attributes(("case_change_action", "LOWER")), Texts([1, 2], "É", "B")),
            [1, 2], "é", "b");
        AreTexts(Run("string_normalizer", Attributes(("stopwords", stop)), Texts([1, 1], "MONDAY")), [1, 1], "");
        Refuses(KernelFault.WrongShape, "string_normalizer", KernelAttributes.None, Texts([2, 1], "a", "b"));
        Refuses(KernelFault.WrongAttribute, "string_normalizer", Attributes(("case_change_action", "TITLE")), days);
    }

    public static TheoryData<string, string, bool> Matches => new()
    {
        { "www.[\\w.-]+\\.org", "www.example.org", true },
        { "abc", "abcd", false },
        { "a$", "a\n", false },
        { "a|ab", "ab", true },
        { "\\d+", "١٢", false },
        { "\\d+", "12", true },
        { "\\D\\S\\W", "1- ", false },
        { "\\D\\S\\W", "ab ", true },
        { "[\\D]", "é", true },
        { "[\\S][\\W]", "a!", true },
        { ".", "😀", true },
        { "..", "😀", false },
        { "[^a]", "😀", true },
        { "[^a\\d]", "1", false },
        { ".", "\n", false },
        { "(?s).", "\n", true },
        { "(?m)a$", "a", true },
        { "[[:alpha:]_]+", "ab_", true },
        { "(?P<x>a)b", "ab", true },
        { "\\Qa.b\\E", "a.b", true },
        { "\\Qa.b", "axb", false },
        { "\\x{1F600}", "😀", true },
        { "\\pL+", "é", true },
        { "\\.\\*", ".*", true },
        { "[]a]+", "]a", true },
        { "[a[]", "[", true },
        { "\\x41\\101", "AA", true },
        { "", "", true },
    };

    [Theory]
    [MemberData(nameof(Matches))]
    public void A_pattern_matches_the_whole_string_or_not(string pattern, string text, bool matches) =>
        Is(Run("regex_full_match", Attributes(("pattern", pattern)), Texts([1], text)), [1], matches);

    [Theory]
    [InlineData("(")]
    [InlineData("a\\")]
    [InlineData("(a)\\1x\\k")]
    [InlineData("(?=a)")]
    [InlineData("[a")]
    [InlineData("[[:word2:]]")]
    [InlineData("\\x{110000}")]
    [InlineData("\\y")]
    public void Patterns_that_are_none_are_refused(string pattern) =>
        Refuses(KernelFault.WrongAttribute, "regex_full_match", Attributes(("pattern", pattern)), Texts([1], "a"));

    [Fact]
    public void A_pattern_is_bounded_and_so_is_its_time()
    {
        Refuses(KernelFault.WrongAttribute, "regex_full_match", Attributes(("pattern", new string('a', 70_000))),
            Texts([1], "a"));
        Refuses(KernelFault.WrongAttribute, "regex_full_match", KernelAttributes.None, Texts([1], "a"));
        // A matcher that goes back would need longer than anyone waits.
        Is(Run("regex_full_match", Attributes(("pattern", "(a*)*b")), Texts([1], new string('a', 5_000))), [1], false);
    }

    private static KernelAttributes Grams(string mode, long shortest, long longest, long skips) => Attributes(
        ("mode", mode), ("min_gram_length", shortest), ("max_gram_length", longest), ("max_skip_count", skips),
        ("ngram_counts", new long[] { 0, 4 }), ("ngram_indexes", new long[] { 0, 1, 2, 3, 4, 5, 6 }),
        ("pool_int64s", new long[] { 2, 3, 5, 4, 5, 6, 7, 8, 6, 7 }));

    [Fact]
    public void N_grams_are_counted()
    {
        TensorValue x = Row(1, 1, 3, 3, 3, 7, 8, 6, 7, 5, 6, 8);
        Is(Run("tf_idf_vectorizer", Grams("TF", 2, 2, 0), x), [7], 0f, 0, 0, 0, 1, 1, 1);
        Is(Run("tf_idf_vectorizer", Grams("TF", 2, 2, 5), x), [7], 0f, 0, 0, 0, 1, 3, 1);
        Is(Run("tf_idf_vectorizer", Grams("TF", 1, 2, 5), x), [7], 0f, 3, 1, 0, 1, 3, 1);
        Is(Run("tf_idf_vectorizer", Grams("TF", 1, 1, 5), Tensor([2, 2], 3L, 5, 9, 9)),
            [2, 7], 0f, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        Assert.Equal([7], Run("tf_idf_vectorizer", Grams("TF", 1, 1, 0), Longs()).Shape.ToArray());
    }

    [Fact]
    public void N_grams_of_strings_are_weighted()
    {
        KernelAttributes attributes = Attributes(
            ("mode", "IDF"), ("min_gram_length", 1), ("max_gram_length", 1), ("max_skip_count", 0),
            ("ngram_counts", new long[] { 0 }), ("ngram_indexes", new long[] { 1, 0 }),
            ("pool_strings", AttributeValue.FromTexts(["a"u8.ToArray(), "b"u8.ToArray()])),
            ("weights", new[] { 0.5, 2.0 }));
        TensorValue x = Texts([4], "a", "c", "a", "x");
        Is(Run("tf_idf_vectorizer", attributes, x), [2], 0f, 2);
        Is(Run("tf_idf_vectorizer", attributes.With("mode", "TFIDF"), x), [2], 0f, 4);
        Is(Run("tf_idf_vectorizer", attributes.Without("weights"), x), [2], 0f, 1);
        Refuses(KernelFault.WrongType, "tf_idf_vectorizer", attributes, Longs(1));
        Refuses(KernelFault.WrongAttribute, "tf_idf_vectorizer", attributes.With("weights", new[] { 1.0 }), x);
        Refuses(KernelFault.WrongAttribute, "tf_idf_vectorizer", attributes.With("ngram_counts", new long[] { 3 }), x);
        Refuses(KernelFault.WrongAttribute, "tf_idf_vectorizer", attributes.With("ngram_indexes", new long[] { -1, 0 }),
            x);
        Refuses(KernelFault.WrongAttribute, "tf_idf_vectorizer", attributes.With("mode", "BM25"), x);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_strings_all_the_same()
    {
        TensorValue x = TensorValue.FromStrings([[0xFF, 0x2E, 0xFE]], 1);
        TensorValue y = Run("string_split", Attributes(("delimiter", ".")), x);
        Assert.Equal([0xFF], y.Strings[0]);
        Assert.Equal([0xFE], y.Strings[1]);
    }
}
