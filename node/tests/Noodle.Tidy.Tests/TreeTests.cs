using System.Security.Cryptography;
using Microsoft.CodeAnalysis;

namespace Noodle.Tidy.Tests;

/// <summary>The rules, held against this repository. A failure names file and line, and the way out.</summary>
public sealed class TreeTests
{
    // Files that were too long or too wide before the rule existed. The list may only shrink; today nobody is on it.
    private static readonly string[] s_oldOffenders = [];

    private static readonly string[] s_dataFiles = [".onnx", ".npy", ".npz", ".png"];

    private static readonly Lazy<IReadOnlyList<(SourceFile File, SyntaxNode Root)>> s_sources =
        new(() => [.. Repository.CSharp.Select(f => (f, CodeRules.Parse(f)))]);

    [Fact]
    public void References_point_to_the_left() => Holds(Repository.Projects.SelectMany(ReferenceRules.Edges));

    [Fact]
    public void The_mesh_and_the_runtime_are_strangers() =>
        Holds(Repository.CSharp.SelectMany(ReferenceRules.Strangers));

    [Fact]
    public void Pure_projects_are_pure() =>
        Holds(Repository.Projects.SelectMany(ReferenceRules.Purity)
            .Concat(Repository.CSharp.SelectMany(ReferenceRules.ImpureUsings)));

    [Fact]
    public void Every_pure_project_exists() =>
        Assert.Empty(ReferenceRules.Pure.Except(Repository.Projects.Select(p => ReferenceRules.ProjectName(p.Path))));

    [Fact]
    public void Files_are_short() => Holds(NewOnly(Repository.CSharp.SelectMany(TextRules.FileLength)));

    [Fact]
    public void Lines_are_short() => Holds(NewOnly(Repository.CSharp.SelectMany(TextRules.LineLength)));

    [Fact]
    public void Methods_are_short() =>
        Holds(NewOnly(s_sources.Value.SelectMany(s => CodeRules.MethodLength(s.File, s.Root))));

    [Fact]
    public void Types_are_named_after_what_they_do() =>
        Holds(s_sources.Value.SelectMany(s => CodeRules.TypeNames(s.File, s.Root)));

    [Fact]
    public void Tests_never_sleep() => Holds(s_sources.Value.SelectMany(s => CodeRules.Sleeps(s.File, s.Root)));

    [Fact]
    public void Nothing_is_left_for_later() => Holds(Repository.Texts.SelectMany(TextRules.Leftovers));

    [Fact]
    public void Text_files_are_clean() => Holds(Repository.Texts.SelectMany(TextRules.Whitespace));

    [Fact]
    public void Nothing_private_is_in_the_tree() => Holds(Repository.Texts.SelectMany(TextRules.Private));

    [Fact]
    public void Log_messages_stand_in_one_file_a_project() => Holds(CodeRules.LogFiles(s_sources.Value));

    [Fact]
    public void Event_ids_are_unique_and_in_range() => Holds(LogRules.EventIds(s_sources.Value));

    [Fact]
    public void Package_versions_stand_in_one_file() =>
        Holds(Repository.Texts.SelectMany(PackageRules.VersionsElsewhere));

    [Fact]
    public void Every_package_has_its_reason() => Holds(PackageRules.Reasons(Text(PackageRules.VersionFile)!));

    [Fact]
    public void Every_project_is_in_the_solution() =>
        Holds(PackageRules.Solution(Text("Noodle.slnx")!, [.. Repository.Projects.Select(p => p.Path)]));

    [Fact]
    public void Links_in_documents_lead_somewhere() =>
        Holds(Repository.Texts.Where(f => f.IsMarkdown)
            .SelectMany(f => DocumentRules.Links(f, Repository.Exists, path => Text(path)?.Text)));

    [Fact]
    public void The_map_shows_what_is_there()
    {
        if (Text("ARCHITECTURE.md") is not { } map)
        {
            return; // no map, no mistakes on it; README links to it as soon as it exists
        }

        Holds(DocumentRules.Folders(map, Repository.Paths)
            .Concat(DocumentRules.Projects(map, Repository.Projects.Select(p => p.Path))));
    }

    [Fact]
    public void Every_attack_of_the_threat_model_names_tests_that_are_there() => Holds(DocumentRules.NamedTests(
        Text("docs/network.md")!, "Attacks",
        [.. Repository.CSharp.Where(f => f.Path.Contains("/tests/", StringComparison.Ordinal))]));

    [Fact]
    public void Every_sample_says_where_it_is_from() => Holds(
        from path in Repository.Paths
        where path.StartsWith("samples/", StringComparison.Ordinal) && s_dataFiles.Contains(Path.GetExtension(path))
        let sha256 = Convert.ToHexStringLower(SHA256.HashData(Repository.Bytes(path)))
        from finding in DocumentRules.Provenance(
            path, sha256, Text(path[..(path.LastIndexOf('/') + 1)] + "PROVENANCE.md"))
        select finding);

    [Fact]
    public void Old_offenders_leave_the_list_when_they_are_mended()
    {
        string[] broken = [.. Repository.CSharp.SelectMany(TextRules.FileLength)
            .Concat(Repository.CSharp.SelectMany(TextRules.LineLength))
            .Concat(s_sources.Value.SelectMany(s => CodeRules.MethodLength(s.File, s.Root))).Select(f => f.Path)];

        Assert.Empty(s_oldOffenders.Except(broken));
    }

    private static SourceFile? Text(string path) => Repository.Texts.FirstOrDefault(f => f.Path == path);

    private static IEnumerable<Finding> NewOnly(IEnumerable<Finding> findings) =>
        findings.Where(f => !s_oldOffenders.Contains(f.Path));

    private static void Holds(IEnumerable<Finding> findings)
    {
        string[] broken = [.. findings.Select(f => f.ToString())];
        Assert.True(broken.Length == 0, string.Join('\n', broken.Prepend($"{broken.Length} findings")));
    }
}
