using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Nbc.Assembly;
using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Frames;
using Nbc.Runtime.Machine;

namespace Nbc.Runtime.Tests;

/// <summary>docs/nbc.md and docs/nbc-kernels.md say what the code does.</summary>
/// <remarks>With NOODLE_WRITE_DOCS=1 in the environment their tables are written anew instead of compared.</remarks>
public sealed partial class DocumentTests
{
    private static readonly string s_docs = Path.Combine(Root(), "docs");
    private static readonly bool s_writes = Environment.GetEnvironmentVariable("NOODLE_WRITE_DOCS") == "1";

    [Fact]
    public void Every_example_prints_what_is_shown()
    {
        string text = File.ReadAllText(Path.Combine(s_docs, "nbc.md"));
        MatchCollection examples = Example().Matches(text);
        Assert.True(examples.Count >= 2);
        Assert.Equal(Regex.Count(text, "```nbc"), examples.Count);
        foreach (Match example in examples)
        {
            Assert.True(NbcAssembler.TryAssemble(example.Groups[1].Value, out NbcProgram? program,
                out AssemblyFault? fault), fault?.ToString());
            StringBuilder printed = new();
            using NbcModel model = NbcRuntime.Load(program);
            NbcRun run = new()
            {
                Task = new NbcTask { Limits = NbcLimits.Sandbox },
                Print = line => printed.Append(line).Append('\n'),
            };
            model.Run([], [], run, CancellationToken.None);
            Assert.Equal(example.Groups[2].Value, printed.ToString());
        }
    }

    [Fact]
    public void The_tables_of_instructions_and_errors_are_those_of_the_code()
    {
        Check("nbc.md", "instructions", Instructions());
        Check("nbc.md", "errors", Errors());
    }

    [Fact]
    public void The_table_of_kernels_is_that_of_the_code() => Check("nbc-kernels.md", "kernels", Kernels());

    private static void Check(string file, string what, string table)
    {
        string path = Path.Combine(s_docs, file);
        string text = File.ReadAllText(path);
        Match place = Regex.Match(text, $@"(?<=<!-- {what} -->\n)(.*?)(?=<!-- end -->)", RegexOptions.Singleline);
        Assert.True(place.Success);
        if (s_writes)
        {
            File.WriteAllText(path, text[..place.Index] + table + text[(place.Index + place.Length)..]);
        }
        else
        {
            Assert.True(table == place.Value,
                $"docs/{file}: the table of {what} is old; run this test with NOODLE_WRITE_DOCS=1 in the environment");
        }
    }

    private static string Instructions()
    {
        StringBuilder table = new("\n| opcode | mnemonic | format | stack | inputs | outputs | meaning | errors |\n" +
            "|---|---|---|---|---|---|---|---|\n");
        foreach (InstructionDescriptor row in InstructionTable.Own)
        {
            bool hasValues = row.Format == NbcFormat.Values;
            string format = row.Format.ToString().ToLowerInvariant() +
                (row.Detail == NbcDetail.None ? "" : $", {Words(row.Detail)}");
            string stack = row.Stack is [">"] ? "" : string.Join(" or ", row.Stack.Select(form =>
                $"`{form.Replace(">", " > ", StringComparison.Ordinal).Trim()}`"));
            table.Append($"| 0x{row.Opcode:X2} | {row.Mnemonic} | {format} | {stack} | ")
                .Append(hasValues ? Range(row.MinInputs, row.MaxInputs) : "").Append(" | ")
                .Append(hasValues ? Range(row.MinOutputs, row.MaxOutputs) : "")
                .Append($" | {row.Meaning} | {string.Join(", ", row.Errors)} |\n");
        }

        return table.Append('\n').ToString();
    }

    private static string Errors()
    {
        XElement docs = XElement.Load(Path.ChangeExtension(typeof(NbcErrorCode).Assembly.Location, "xml"));
        StringBuilder table = new("\n| code | name | meaning | what may help |\n|---|---|---|---|\n");
        foreach (NbcErrorCode code in Enum.GetValues<NbcErrorCode>().Where(each => each != NbcErrorCode.None))
        {
            string member = $"F:{typeof(NbcErrorCode).FullName}.{code}";
            string summary = docs.Descendants("member").First(each => (string?)each.Attribute("name") == member)
                .Element("summary")!.Value;
            table.Append($"| {(int)code} | {code} | {Regex.Replace(summary.Trim(), @"\s+", " ")} | ")
                .Append($"{Words(NbcError.RecoveryOf(code))} |\n");
        }

        return table.Append('\n').ToString();
    }

    private static string Kernels()
    {
        StringBuilder table = new("\n| opcode | mnemonic | inputs | outputs | attributes |\n|---|---|---|---|---|\n");
        foreach (KernelDescriptor kernel in KernelTable.All.OrderBy(each => each.Opcode))
        {
            table.Append($"| 0x{kernel.Opcode:X4} | {kernel.Mnemonic} | {string.Join(", ", kernel.Inputs)} | ")
                .Append($"{string.Join(", ", kernel.Outputs)} | ")
                .Append(string.Join(", ", kernel.Attributes.Select(each =>
                    $"{each.Name} {each.Kind.ToString().ToLowerInvariant()}{(each.IsRequired ? "!" : "")}")))
                .Append(" |\n");
        }

        return table.Append('\n').ToString();
    }

    private static string Range(int least, int most) =>
        least == most ? $"{least}" : most == int.MaxValue ? $"{least}+" : $"{least}-{most}";

    private static string Words<T>(T value)
        where T : struct, Enum =>
        Regex.Replace(value.ToString(), "(?<=[a-z])(?=[A-Z])", " ").ToLowerInvariant();

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Noodle.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("the tests do not lie in the tree");
    }

    [GeneratedRegex("```nbc\n(.*?)```\n\nprints\n\n```text\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();
}
