namespace Noodle.Tidy.Tests;

/// <summary>The checkers, checked: each sees the small wrong thing it is for and lets the right one pass.</summary>
public sealed class RuleTests
{
    // In pieces, so that the rules do not find them here.
    private const string Later = "TO" + "DO", Mail = "ann@" + "noodle.dev", Nexus = "https://" + "nexus.office.lan/x\n";
    private const string Root = "/ro" + "ot/", Home = "/ho" + "me/ann/";

    public static TheoryData<string, string, string, int> BadText => new()
    {   // rule         path              text                                        line of the finding, 0: none
        { "length",     "a/A.cs",         new string('\n', 401),                      401 },
        { "length",     "a/A.cs",         new string('\n', 400),                      0 },
        { "length",     "a/a.json",       new string('\n', 401),                      0 },
        { "line",       "a/A.cs",         "\n" + new string('x', 121) + "\n",         2 },
        { "line",       "a/A.cs",         new string('x', 120) + "\r\n",              0 },
        { "leftover",   "a/A.cs",         "x\n// " + Later + ": mend\n",              2 },
        { "leftover",   "a/A.cs",         "// a " + Later + "S list\n",               0 },
        { "clean",      "a/A.cs",         "x\ny",                                     2 },
        { "clean",      "a/A.cs",         "x\r\n",                                    1 },
        { "clean",      "a.cmd",          "x\r\n",                                    0 },
        { "clean",      "a/A.cs",         "x\n\ty\n",                                 2 },
        { "clean",      "a.md",           "\ty\n",                                    0 },
        { "clean",      "a.md",           "",                                         0 },
        { "private",    "a.md",           "x\nsee " + Root + "x\n",                   2 },
        { "private",    "a.md",           "\"" + Home + "x\"\n",                      1 },
        { "private",    "a.cs",           @"C:\\Us" + @"ers\\ann" + "\n",             1 },
        { "private",    "a.md",           "node/wo" + "rk/x and </ro" + "ot>\n",      0 },
        { "private",    "a.md",           "write to " + Mail + "\n",                  1 },
        { "private",    "a.md",           "ann@example.com, git@github.com:a/b\n",    0 },
        { "private",    "a.json",         Nexus,                                      1 },
        { "private",    "a.md",           "https://www.nuget.org/packages/x\n",       0 },
    };

    public static TheoryData<string, string, string> BadReferences => new()
    {   // project                        refers to               what is said, empty: nothing
        { "NoodleNet.Runtime",            "NoodleNet",            "" },
        { "NoodleNet",                    "NoodleNet.Runtime",    "may not refer to NoodleNet.Runtime" },
        { "NoodleNet",                    "Nbc",                  "may not refer to Nbc" },
        { "Noodle.Client",                "Noodle.Node",          "may not refer to Noodle.Node" },
        { "Nbc.Runtime",                  "Noodle.Primitives",    "may not refer to Noodle.Primitives" },
        { "Nbc.Runtime.Tests",            "Noodle.Primitives",    "" },
        { "Nbc.Tests",                    "Nbc.Runtime",          "may not refer to Nbc.Runtime" },
        { "Ahr.Backends.Tests",           "Ahr.Conformance",      "" },
        { "Ahr.Conformance",              "Ahr.Backends",         "" },
        { "Noodle.Bench",                 "Noodle.Cli",           "" },
        { "Noodle.Extra",                 "Nbc",                  "may not refer to Nbc" },
        { "Nbc.Tests",                    "Noodle.Extra",         "may not refer to Noodle.Extra" },
    };

    [Theory]
    [MemberData(nameof(BadText))]
    public void A_text_rule_names_the_line(string rule, string path, string text, int line)
    {
        SourceFile file = new(path, text);
        IEnumerable<Finding> findings = rule switch
        {
            "length" => TextRules.FileLength(file),
            "line" => TextRules.LineLength(file),
            "leftover" => TextRules.Leftovers(file),
            "clean" => TextRules.Whitespace(file),
            _ => TextRules.Private(file),
        };

        Assert.Equal(line == 0 ? [] : [line], findings.Select(f => f.Line));
    }

    [Theory]
    [MemberData(nameof(BadReferences))]
    public void An_edge_outside_the_table_is_refused(string from, string to, string said)
    {
        SourceFile project = new($"x/{from}/{from}.csproj",
            $"<Project>\n<ProjectReference Include=\"../{to}\\{to}.csproj\" />\n</Project>\n");

        Finding[] findings = [.. ReferenceRules.Edges(project).Where(f => f.Line == 2)];

        Assert.Equal(said.Length > 0, findings.Length > 0);
        Assert.All(findings, f => Assert.Contains(said, f.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_project_outside_the_table_is_refused()
    {
        Assert.Single(ReferenceRules.Edges(new("x/Noodle.Extra/Noodle.Extra.csproj", "<Project />")));
        Assert.Empty(ReferenceRules.Edges(new("x/Nbc/Nbc.csproj", "<Project />")));
    }

    [Theory]
    [InlineData("Nbc", "<IsPure>true</IsPure>", 0)]
    [InlineData("Nbc", "<IsPure>false</IsPure>", 1)]
    [InlineData("Nbc", "<IsPure Condition=\"'$(X)' == ''\">true</IsPure>", 1)]
    [InlineData("Nbc", "<IsPure>true</IsPure><NoWarn>RS0030</NoWarn>", 1)]
    [InlineData("Nbc", "<IsPure>true</IsPure><NoWarn>CS1591</NoWarn>", 0)]
    [InlineData("Nbc", "<IsPure>true</IsPure><FrameworkReference Include=\"x\" />", 1)]
    [InlineData("Nbc.Runtime", "<IsPure>true</IsPure>", 1)]
    [InlineData("Nbc.Runtime", "", 0)]
    public void Purity_is_built_where_it_is_promised(string project, string content, int findings) =>
        Assert.Equal(findings, ReferenceRules.Purity(
            new($"nbc/{project}/{project}.csproj", $"<Project>{content}</Project>")).Count());

    [Theory]
    [InlineData("nbc/Nbc/A.cs", "using System.Net.Sockets;", 1)]
    [InlineData("nbc/Nbc/A.cs", "using static System.Threading.Tasks.Task;", 1)]
    [InlineData("nbc/Nbc/A.cs", "using T = System.Threading.Timer;", 1)]
    [InlineData("nbc/Nbc/A.cs", "#pragma warning disable RS0030", 1)]
    [InlineData("nbc/Nbc/A.cs", "using System.Text;", 0)]
    [InlineData("nbc/Nbc.Runtime/A.cs", "using System.Net.Sockets;", 0)]
    [InlineData("nbc/tests/Nbc/A.cs", "using System.Net.Sockets;", 0)]
    public void A_pure_project_uses_nothing_impure(string path, string line, int findings) =>
        Assert.Equal(findings, ReferenceRules.ImpureUsings(new(path, line + "\n")).Count());

    [Theory]
    [InlineData("noodlenet/NoodleNet/A.cs", "using Nbc.Tensors;", 1)]
    [InlineData("noodlenet/NoodleNet/A.cs", "using Ahr;", 1)]
    [InlineData("nbc/Nbc/A.cs", "using NoodleNet.Mesh;", 1)]
    [InlineData("ahr/Ahr.Runtime/A.cs", "global using NoodleNet.Mesh;", 1)]
    [InlineData("ahr/Ahr.Runtime/A.cs", "using Nbc.Tensors;", 0)]
    [InlineData("noodlenet/NoodleNet/A.cs", "using Nbcx;", 0)]
    [InlineData("node/Noodle.Node/A.cs", "using Nbc; // and NoodleNet", 0)]
    public void Strangers_do_not_name_each_other(string path, string line, int findings) =>
        Assert.Equal(findings, ReferenceRules.Strangers(new(path, line + "\n")).Count());
}
