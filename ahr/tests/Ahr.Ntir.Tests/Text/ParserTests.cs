using Ahr.Ntir.Graph;
using Ahr.Ntir.Text;

namespace Ahr.Ntir.Tests.Text;

public sealed class ParserTests
{
    [Theory]
    [InlineData("", NtirFault.Malformed, "expected \"ntir.module\"")]
    [InlineData("OP", NtirFault.Malformed, "expected a text in quotes")]
    [InlineData("\"other.add\"() : () -> ()", NtirFault.Malformed, "an operation is \"ntir.name\"")]
    [InlineData("\"ntir.a\"(%q) : (f32) -> ()", NtirFault.NotDominated, "%q is used before it is made")]
    [InlineData("%x = \"ntir.a\"() : () -> (tensor<f32>)\n%x = \"ntir.a\"() : () -> (tensor<f32>)",
        NtirFault.Malformed, "%x is made twice")]
    [InlineData("%x = \"ntir.a\"() : () -> ()", NtirFault.Malformed, "a has 1 results and 0 operands, with 0 and 0")]
    [InlineData("%x = \"ntir.a\"() : () -> (tensor<2xf33>)", NtirFault.Malformed, "f33 is no element type")]
    [InlineData("%x = \"ntir.a\"() : () -> (tensor<2x!ntir.f32>)", NtirFault.Malformed, "f32 is no element type")]
    [InlineData("%x = \"ntir.a\"() : () -> (tensor<2xf8E5M2>)", NtirFault.Malformed, "f8E5M2 is no element type")]
    [InlineData("%x = \"ntir.a\"() : () -> (tensor<?xf32, [\"a +\"]>)", NtirFault.Malformed, "'a +' is no size")]
    [InlineData("%x = \"ntir.a\"() : () -> (tensor<?xf32, \"a\">)", NtirFault.Malformed, "expected [")]
    [InlineData("%x = \"ntir.a\"() : () -> (whatever)", NtirFault.Malformed, "expected a type")]
    [InlineData("\"ntir.a\"() {x = } : () -> ()", NtirFault.Malformed, "expected an attribute")]
    [InlineData("\"ntir.a\"() {x = 1, x = 2} : () -> ()", NtirFault.Malformed, "attribute x stands twice")]
    [InlineData("\"ntir.a\"() {x = 1} : () -> () loc(\"ab", NtirFault.Malformed, "the text in quotes does not end")]
    [InlineData("\"ntir.a\"() {x = \"a\\q\"} : () -> ()", NtirFault.Malformed, "a backslash in a text")]
    [InlineData("\"ntir.a\"() {x = 1.5.5 : f64} : () -> ()", NtirFault.Malformed, "expected a number")]
    [InlineData("\"ntir.a\"() {x = 99999999999999999999} : () -> ()", NtirFault.Malformed, "expected an attribute")]
    [InlineData("\"ntir.a\"() {x = array<i64: a>} : () -> ()", NtirFault.Malformed, "expected a whole number")]
    [InlineData("\"ntir.a\"() {x = array<f64 1.0>} : () -> ()", NtirFault.Malformed, "expected :")]
    [InlineData("\"ntir.a\"() {x = #ntir.tensor<f32, [2], \"00\">} : () -> ()", NtirFault.Malformed, "16 hex digits")]
    [InlineData("\"ntir.a\"() {x = #ntir.tensor<ui8, [1], \"0g\">} : () -> ()", NtirFault.Malformed, "hex digits")]
    [InlineData("\"ntir.a\"() {x = #ntir.tensor<!ntir.string, [2], [\"a\"]>} : () -> ()", NtirFault.Malformed,
        "[2] has 2 elements, 1 are given")]
    [InlineData("\"ntir.a\"() {x = #ntir.tensor<f32, [-1], \"\">} : () -> ()", NtirFault.TooLarge, "is no shape")]
    [InlineData("\"ntir.a\"() {x = #ntir.tensor<f32, [4611686018427387904, 4], \"\">} : () -> ()", NtirFault.TooLarge,
        "is no shape")]
    [InlineData("\"ntir.a\"() {x = #ntir.content<f32, [1], \"00\">} : () -> ()", NtirFault.MissingContent, "not there")]
    [InlineData("%x = \"ntir.a\"() {ntir.names = [\"a\", \"b\"]} : () -> (tensor<f32>)", NtirFault.Malformed,
        "1 values have 2 names")]
    [InlineData("\"ntir.a\"() : () -> () loc(unknown)", NtirFault.Malformed, "expected a text in quotes")]
    [InlineData("%n = \"ntir.none\"() : () -> !ntir.none\n\"ntir.yield\"(%n) : (!ntir.none) -> ()",
        NtirFault.Malformed, "a region ends with the values that it gives")]
    public void What_is_not_of_the_form_is_refused_with_its_place(string body, NtirFault fault, string detail)
    {
        string text = body.Length == 0 ? "" : Wrap(body);
        Diagnostic found = Assert.NotNull(NtirParser.Parse(text).Fault);
        Assert.Equal(fault, found.Fault);
        Assert.Contains(detail, found.Detail, StringComparison.Ordinal);
        Assert.StartsWith("line ", found.Where, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sym_name = \"main\"", "sym_name = \"start\"", "the first function, and no other, is main")]
    [InlineData("version = 1", "version = 2", "this program reads version = 1")]
    [InlineData(": () -> ()\n", ": () -> () more", "something follows the module")]
    public void A_module_has_its_frame(string old, string now, string detail)
    {
        string text = Wrap("");
        int at = text.LastIndexOf(old, StringComparison.Ordinal);
        Diagnostic fault = Assert.NotNull(NtirParser.Parse(text[..at] + now + text[(at + old.Length)..]).Fault);
        Assert.Contains(detail, fault.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fault_says_line_and_column()
    {
        Diagnostic fault = Assert.NotNull(NtirParser.Parse(Wrap("  ?")).Fault);
        Assert.Equal("line 4, column 3", fault.Where);
    }

    [Fact]
    public void Deep_nesting_is_refused()
    {
        string regions = string.Concat(Enumerable.Repeat("\"ntir.a\"() ({^bb0():\n", 1000));
        Assert.Equal(NtirFault.TooLarge, NtirParser.Parse(Wrap(regions)).Fault!.Value.Fault);
        string types = string.Concat(Enumerable.Repeat("!ntir.sequence<", 1000));
        Assert.Contains("types nest", NtirParser.Parse(Wrap($"%x = \"ntir.a\"() : () -> ({types}"))
            .Fault!.Value.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_of_a_region_end_with_it_and_may_come_again()
    {
        const string Region = "({^bb0(%p: tensor<f32>):\n\"ntir.yield\"(%p) : (tensor<f32>) -> ()})";
        NtirModule module = NtirParser.Parse(Wrap(
            $"\"ntir.a\"() {Region} : () -> ()\n\"ntir.a\"() {Region} : () -> ()")).Module!;
        Assert.Equal(2, module.Main.Body.Ops.Count);
        Assert.Equal(NtirFault.NotDominated, NtirParser.Parse(Wrap(
            $"\"ntir.a\"() {Region} : () -> ()\n\"ntir.b\"(%p) : (tensor<f32>) -> ()")).Fault!.Value.Fault);
    }

    [Fact]
    public void Comments_blanks_and_numbers_as_mlir_prints_them_are_read()
    {
        NtirModule module = NtirParser.Parse(Wrap(
            "// a comment\n  \"ntir.a\"( ) {n = 5 : i64, f = 5.000000e-01 : f64, g = 1.0e+20 : f64,\n" +
            " t = \"tab\\t, line\\n, \\\"\\\\\"} : () -> ()")).Module!;
        NtirOp op = Assert.Single(module.Main.Body.Ops);
        Assert.Equal((5, 0.5, 1e20), (op.Attributes.Int("n"), op.Attributes.Float("f"), op.Attributes.Float("g")));
        Assert.Equal("tab\t, line\n, \"\\", op.Attributes.Text("t"));
    }

    // Each value used as often as a line fits: time must not grow with the square.
    [Fact]
    public void Many_uses_of_one_value_take_linear_time()
    {
        string line = "\"ntir.a\"(%x, %x) : (tensor<f32>, tensor<f32>) -> ()\n";
        string text = Wrap("%x = \"ntir.b\"() : () -> (tensor<f32>)\n" +
            string.Concat(Enumerable.Repeat(line, 50_000)));
        NtirModule module = NtirParser.Parse(text).Module!;
        Assert.Equal(100_000, module.Main.Body.Ops[0].Result.Uses.Count);
    }

    private static string Wrap(string body)
    {
        bool isOpen = body.EndsWith("\"ab", StringComparison.Ordinal);
        string end = body.Contains("ntir.yield\"(%n", StringComparison.Ordinal) ? "" : "\"ntir.yield\"() : () -> ()\n";
        string start = "\"ntir.module\"() ({\n\"ntir.function\"() ({\n^bb0():\n" + body;
        return isOpen ? start : start + "\n" + end +
            "}) {sym_name = \"main\"} : () -> ()\n}) {version = 1} : () -> ()\n";
    }
}
