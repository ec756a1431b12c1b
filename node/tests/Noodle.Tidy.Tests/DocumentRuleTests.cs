namespace Noodle.Tidy.Tests;

public sealed class DocumentRuleTests
{
    private const string Sha = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("see [a](b.md)", 0)]
    [InlineData("see [a](./b.md#part-two)", 0)]
    [InlineData("see [a](../README.md)", 0)]
    [InlineData("see [a](/docs/b.md \"title\")", 0)]
    [InlineData("see [a](https://example.com/x)", 0)]
    [InlineData("# Own part\n[a](#own-part)", 0)]
    [InlineData("`[a](nowhere.md)`", 0)]
    [InlineData("```\n[a](nowhere.md)\n```", 0)]
    [InlineData("see\n[a](nowhere.md)", 2)]
    [InlineData("![a](nowhere.png)", 1)]
    [InlineData("<img src=\"nowhere.png\">", 1)]
    [InlineData("see [a](b.md#part-three)", 1)]
    [InlineData("[a](#nothing)", 1)]
    [InlineData("[a](../../out.md)", 1)]
    public void A_link_that_leads_nowhere_is_found(string text, int line)
    {
        Dictionary<string, string> there = new() { ["docs/b.md"] = "# One\n## Part `two`\n", ["README.md"] = "x" };

        IEnumerable<Finding> found = DocumentRules.Links(
            new("docs/a.md", text), there.ContainsKey, path => there.GetValueOrDefault(path));

        Assert.Equal(line == 0 ? [] : [line], found.Select(f => f.Line));
    }

    [Fact]
    public void Headings_of_one_name_are_numbered()
    {
        SourceFile file = new("a.md", "# X\n# X\n<a id=\"own\"></a>\n[1](#x) [2](#x-1) [3](#own) [4](#x-2)\n");

        Finding found = Assert.Single(DocumentRules.Links(file, _ => true, _ => null));

        Assert.Contains("#x-2", found.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("noodlenet/            the mesh", 0)]
    [InlineData("  Link/   pure", 0)]
    [InlineData("├── noodlenet/NoodleNet/", 0)]
    [InlineData("- `noodlenet/`: the mesh", 0)]
    [InlineData("| `fuzz/` | targets |", 1)]
    [InlineData("  fuzz/   targets", 1)]
    [InlineData("the folder `fuzz/` comes later", 0)]
    [InlineData("and/or in prose", 0)]
    public void A_folder_that_is_not_there_is_found(string line, int findings) =>
        Assert.Equal(findings, DocumentRules.Folders(
            new("ARCHITECTURE.md", line + "\n"), ["noodlenet/NoodleNet/Link/A.cs"]).Count());

    [Fact]
    public void A_project_that_is_not_on_the_map_is_found()
    {
        SourceFile map = new("ARCHITECTURE.md", "NoodleNet.Runtime and `Nbc`.\n");
        string[] projects = ["n/NoodleNet/NoodleNet.csproj", "n/NoodleNet.Runtime/NoodleNet.Runtime.csproj",
            "n/Nbc/Nbc.csproj", "n/tests/Nbc.Tests/Nbc.Tests.csproj"];

        Finding found = Assert.Single(DocumentRules.Projects(map, projects));

        Assert.StartsWith("NoodleNet is not", found.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("| a | b | `SomeTests.It_holds` |", 0)]
    [InlineData("| a | b | `SomeTests.It_holds`, `SomeTests.All_hold` |", 0)]
    [InlineData("| a | b | `SomeTests.It_helps` |", 1)]
    [InlineData("| a | b | `OtherTests.It_holds` |", 1)]
    [InlineData("| a | b | `SomeTests.It_holds`, `SomeTests.It_held` |", 1)]
    [InlineData("| a | b | some day |", 1)]
    [InlineData("", 1)]
    public void A_test_that_is_named_and_not_there_is_found(string row, int findings)
    {
        SourceFile doc = new("docs/a.md",
            "## Other\n| x | `No.No` |\n### Attacks\n| a | b | test |\n|---|---|---|\n" + row
            + "\n## Next\n| x | `No.No` |\n");
        const string source = """
            [Fact]
            public async Task It_holds()
            {
            }

            private static void It_helps() { }

            [Theory]
            [InlineData("x(")]
            public void All_hold(string text) => It_helps();
            """;
        Assert.Equal(findings, DocumentRules.NamedTests(doc, "Attacks", [new("n/tests/N.Tests/SomeTests.cs", source)])
            .Count());
    }

    [Theory]
    [InlineData("- a.onnx, ours, MIT, " + Sha, 0)]
    [InlineData("- `a.onnx`: ours\n- other " + Sha, 1)]
    [InlineData("- aa.onnx " + Sha, 1)]
    [InlineData("", 1)]
    public void A_sample_without_its_origin_is_found(string text, int findings)
    {
        Assert.Equal(findings, DocumentRules.Provenance(
            "samples/x/a.onnx", Sha, new("samples/x/PROVENANCE.md", text + "\n")).Count());
        Assert.Single(DocumentRules.Provenance("samples/x/a.onnx", Sha, null));
    }

    [Theory]
    [InlineData("a.csproj", "<PackageReference Include=\"x\" />", 0)]
    [InlineData("a.csproj", "<PackageReference Include=\"x\" Version=\"1\" />", 1)]
    [InlineData("a.props", "<PackageReference Include=\"x\" VersionOverride=\"1\" />", 1)]
    [InlineData("a.targets", "<PackageReference Include=\"x\">\n<Version>1</Version></PackageReference>", 1)]
    [InlineData("a.cs", "#:package x@1\n", 1)]
    [InlineData("a.md", "<PackageReference Include=\"x\" Version=\"1\" />", 0)]
    [InlineData("Directory.Packages.props", "<PackageVersion Include=\"x\" Version=\"1\" />", 0)]
    public void A_version_outside_the_one_file_is_found(string path, string text, int findings) =>
        Assert.Equal(findings, PackageRules.VersionsElsewhere(new(path, text)).Count());

    [Fact]
    public void A_package_without_a_reason_is_found()
    {
        SourceFile file = new("Directory.Packages.props", """
            <!-- pinned -->
            <ItemGroup>
            <PackageVersion Include="a" />
            <PackageVersion Include="b" />

            <PackageVersion Include="c" />
            <!-- why -->
            <PackageVersion Include="d" />
            </ItemGroup>
            <ItemGroup>
            <PackageVersion Include="e" />
            </ItemGroup>
            """);

        Assert.Equal([6, 11], PackageRules.Reasons(file).Select(f => f.Line));
    }

    [Fact]
    public void A_project_outside_the_solution_and_one_that_is_gone_are_found()
    {
        SourceFile solution = new("Noodle.slnx", """
            <Solution>
            <Project Path="a\A.csproj" />
            <Project Path="b/B.csproj" />
            """);

        IEnumerable<Finding> found = PackageRules.Solution(solution, ["a/A.csproj", "c/C.csproj"]);

        Assert.Equal(["Noodle.slnx:1: c/C.csproj", "Noodle.slnx:3: b/B.csproj"],
            found.Select(f => f.ToString().Split(" is ")[0].Split(" does ")[0]));
    }
}
