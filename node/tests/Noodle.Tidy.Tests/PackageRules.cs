using System.Text.RegularExpressions;

namespace Noodle.Tidy.Tests;

/// <summary>Package versions stand in one file, each with its reason; every project is in the solution.</summary>
internal static partial class PackageRules
{
    public const string VersionFile = "Directory.Packages.props";

    public static IEnumerable<Finding> VersionsElsewhere(SourceFile file) =>
        from match in VersionPattern().Matches(file.Text)
        where Path.GetFileName(file.Path) != VersionFile && IsBuildFile(file)
        select new Finding(file.Path, file.LineAt(match.Index), $"a package version; it belongs in {VersionFile}");

    /// <summary>A run of PackageVersion lines has a comment directly above it, or above its ItemGroup.</summary>
    public static IEnumerable<Finding> Reasons(SourceFile versions)
    {
        bool hasReason = false;
        foreach ((int number, string line) in versions.Lines())
        {
            string text = line.Trim();
            if (text.StartsWith("<!--", StringComparison.Ordinal))
            {
                hasReason = true;
            }
            else if (text.StartsWith("<PackageVersion", StringComparison.Ordinal) && !hasReason)
            {
                yield return new Finding(versions.Path, number,
                    "a package without a reason; say above it what it is for");
            }
            else if (text.Length == 0 || text == "</ItemGroup>")
            {
                hasReason = false;
            }
        }
    }

    /// <summary>The solution holds every project on disk, and nothing else.</summary>
    public static IEnumerable<Finding> Solution(SourceFile solution, IReadOnlyCollection<string> projects)
    {
        Dictionary<string, int> listed = [];
        foreach (Match match in ProjectPattern().Matches(solution.Text))
        {
            listed[match.Groups[1].Value.Replace('\\', '/')] = solution.LineAt(match.Index);
        }

        return projects.Where(p => !listed.ContainsKey(p))
            .Select(p => new Finding(solution.Path, 1, $"{p} is missing; add it, or nothing builds or tests it"))
            .Concat(listed.Where(l => !projects.Contains(l.Key))
                .Select(l => new Finding(solution.Path, l.Value, $"{l.Key} does not exist; take it out")));
    }

    private static bool IsBuildFile(SourceFile file) =>
        Path.GetExtension(file.Path) is ".csproj" or ".props" or ".targets"
        || (file.IsCSharp && file.Text.StartsWith("#:", StringComparison.Ordinal));

    [GeneratedRegex(@"<Package(?:Reference|Version)\s(?:[^>]*\bVersion(?:Override)?=|[^>/]*>\s*<Version)"
        + @"|(?m:^#:package\s+\S+@)")]
    private static partial Regex VersionPattern();

    [GeneratedRegex("<Project\\s[^>]*?Path=\"([^\"]+)\"")]
    private static partial Regex ProjectPattern();
}
