using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Ahr.Ntir.Binary;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Inference;
using Ahr.Ntir.Ops;
using Ahr.Ntir.Passes;
using Ahr.Ntir.Text;
using Ahr.Ntir.Verification;
using Nbc.Tensors;

namespace Ahr.Ntir.Tests;

/// <summary>docs/ntir.md says what the code does.</summary>
/// <remarks>With NOODLE_WRITE_DOCS=1 in the environment its tables are written anew instead of compared.</remarks>
public sealed partial class DocumentTests
{
    private const int BytesOnLine = 32;
    private static readonly string s_path = Path.Combine(Root(), "docs", "ntir.md");
    private static readonly bool s_writes = Environment.GetEnvironmentVariable("NOODLE_WRITE_DOCS") == "1";

    [Fact]
    public void Every_example_reads_is_legal_and_prints_as_it_stands()
    {
        MatchCollection examples = Example().Matches(File.ReadAllText(s_path));
        Assert.True(examples.Count >= 2);
        foreach (string text in examples.Select(example => example.Groups[1].Value))
        {
            NtirReadResult read = NtirParser.Parse(text);
            Assert.True(read.Module is not null, read.Fault?.ToString());
            Assert.Empty(Verifier.Check(read.Module));
            Assert.Equal(text, NtirPrinter.Print(read.Module));
            NtirModule again = NtirBinary.Read(NtirBinary.ToBytes(read.Module)).Module!;
            Assert.Equal(text, NtirPrinter.Print(again));
            Assert.Empty(ShapeInference.Run(again));
            Assert.Equal(text, NtirPrinter.Print(again)); // the types that stand there are those that inference finds
        }
    }

    [Fact]
    public void The_bytes_shown_are_those_of_the_smallest_module()
    {
        byte[] bytes = NtirBinary.ToBytes(new NtirModule());
        Check("smallest", string.Concat(bytes.Chunk(BytesOnLine).Select(line => Convert.ToHexString(line) + "\n")));
        string text = File.ReadAllText(s_path);
        string hex = Regex.Match(text, "<!-- smallest -->\n(.*?)<!-- end -->", RegexOptions.Singleline)
            .Groups[1].Value.Replace("\n", "", StringComparison.Ordinal);
        Assert.NotNull(NtirBinary.Read(Convert.FromHexString(hex)).Module);
    }

    [Fact]
    public void The_table_of_element_types_is_that_of_the_code()
    {
        StringBuilder table = new("\n| element type | name in text | number | bytes |\n|---|---|---|---|\n");
        foreach (ElementType type in Enum.GetValues<ElementType>())
        {
            string size = type == ElementType.String ? "any" : $"{ElementTypes.SizeOf(type)}";
            table.Append(CultureInfo.InvariantCulture,
                $"| {type} | `{TypeText.Element(type)}` | {(int)type} | {size} |\n");
        }

        Check("element types", table.Append('\n').ToString());
    }

    [Fact]
    public void The_table_of_faults_is_that_of_the_code()
    {
        XElement docs = XElement.Load(Path.ChangeExtension(typeof(NtirFault).Assembly.Location, "xml"));
        StringBuilder table = new("\n| number | name | meaning |\n|---|---|---|\n");
        foreach (NtirFault fault in Enum.GetValues<NtirFault>())
        {
            string member = $"F:{typeof(NtirFault).FullName}.{fault}";
            string summary = docs.Descendants("member").First(each => (string?)each.Attribute("name") == member)
                .Element("summary")!.Value;
            table.Append(CultureInfo.InvariantCulture,
                $"| {(int)fault} | {fault} | {Regex.Replace(summary.Trim(), @"\s+", " ")} |\n");
        }

        Check("faults", table.Append('\n').ToString());
    }

    [Fact]
    public void The_list_of_laws_is_that_of_the_code() =>
        Check("laws", "\n```text\n" + string.Concat(Algebra.Laws.Select(law => law.Law + "\n")) + "```\n\n");

    [Fact]
    public void Every_structural_operation_has_its_row()
    {
        string text = File.ReadAllText(s_path);
        foreach (OpDefinition op in OpTable.All.Where(op => op.IsStructural))
        {
            Assert.Contains($"| `{op.Name}` | ", text, StringComparison.Ordinal);
            Assert.All(op.Descriptor.Attributes, spec =>
                Assert.Contains($"`{spec.Name}`", text, StringComparison.Ordinal));
        }
    }

    private static void Check(string what, string table)
    {
        string text = File.ReadAllText(s_path);
        Match place = Regex.Match(text, $@"(?<=<!-- {what} -->\n)(.*?)(?=<!-- end -->)", RegexOptions.Singleline);
        Assert.True(place.Success);
        if (s_writes)
        {
            File.WriteAllText(s_path, text[..place.Index] + table + text[(place.Index + place.Length)..]);
        }
        else
        {
            Assert.True(table == place.Value,
                $"docs/ntir.md: {what} is old; run this test with NOODLE_WRITE_DOCS=1 in the environment");
        }
    }

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Noodle.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("the tests do not lie in the tree");
    }

    [GeneratedRegex("```ntir\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();
}
