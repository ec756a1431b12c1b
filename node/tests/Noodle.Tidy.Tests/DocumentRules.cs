using System.Globalization;
using System.Text.RegularExpressions;

namespace Noodle.Tidy.Tests;

/// <summary>What the documents name is there.</summary>
internal static partial class DocumentRules
{
    /// <param name="file">A Markdown file.</param>
    /// <param name="exists">Tells whether a path from the root is a file or a folder.</param>
    /// <param name="read">The text of a Markdown file by its path from the root; null when it is not there.</param>
    public static IEnumerable<Finding> Links(SourceFile file, Func<string, bool> exists, Func<string, string?> read)
    {
        string prose = WithoutCode(file.Text);
        foreach (Match match in LinkPattern().Matches(prose))
        {
            string target = match.Groups[1].Success ? match.Groups[1].Value : match.Groups[2].Value;
            if (target.Length == 0 || target.Contains(':', StringComparison.Ordinal))
            {
                continue; // elsewhere: https:, mailto:
            }

            string[] parts = target.Split('#', 2);
            string? path = parts[0].Length == 0 ? file.Path : Resolve(file.Folder, parts[0]);
            if (path is null || (parts[0].Length > 0 && !exists(path)))
            {
                yield return new Finding(file.Path, file.LineAt(match.Index),
                    $"the link to {target} leads nowhere; mend it");
            }
            else if (parts.Length == 2 && path.EndsWith(".md", StringComparison.Ordinal)
                && !Anchors(path == file.Path ? file.Text : read(path) ?? "").Contains(parts[1]))
            {
                yield return new Finding(file.Path, file.LineAt(match.Index),
                    $"no heading gives #{parts[1]}; mend the link");
            }
        }
    }

    /// <summary>Every folder that opens a line of a map, a list or a table is in the tree.</summary>
    public static IEnumerable<Finding> Folders(SourceFile file, IReadOnlyCollection<string> paths) =>
        from line in file.Lines()
        let named = FolderPattern().Match(line.Text).Groups[1].Value
        where named.Length > 0 && !paths.Any(p => ('/' + p).Contains('/' + named, StringComparison.Ordinal))
        select new Finding(file.Path, line.Number, $"there is no folder {named}; the map shows what is there today");

    public static IEnumerable<Finding> Projects(SourceFile file, IEnumerable<string> projectPaths) =>
        from path in projectPaths
        let name = ReferenceRules.ProjectName(path)
        where !path.Contains("/tests/", StringComparison.Ordinal)
            && !Regex.IsMatch(file.Text, $@"(?<![\w.]){Regex.Escape(name)}(?!\w|\.\w)")
        select new Finding(file.Path, 1, $"{name} is not on the map; add it with one line");

    /// <summary>A data file is named beside its SHA-256 on a line of the PROVENANCE.md in its folder.</summary>
    public static IEnumerable<Finding> Provenance(string path, string sha256, SourceFile? provenance)
    {
        string name = Path.GetFileName(path);
        string where = provenance?.Path ?? path[..(path.LastIndexOf('/') + 1)] + "PROVENANCE.md";
        Regex naming = new($@"(?<![\w.-]){Regex.Escape(name)}(?![\w.-]*\w)");
        (int Number, string Text)[] lines = [.. provenance?.Lines().Where(l => naming.IsMatch(l.Text)) ?? []];
        if (lines.Length == 0)
        {
            yield return new Finding(where, 1,
                $"{path} is not named; say where it is from, its licence and SHA-256 {sha256}");
        }
        else if (!lines.Any(l => l.Text.Contains(sha256, StringComparison.OrdinalIgnoreCase)))
        {
            yield return new Finding(where, lines[0].Number,
                $"the SHA-256 of {name} is {sha256}; write it on the line that names it");
        }
    }

    /// <summary>Every test that a table names, as <c>`Class.Method`</c> in its last column, is there.</summary>
    /// <param name="heading">Of the part of the document that has the table.</param>
    /// <param name="tests">C# files of test projects.</param>
    public static IEnumerable<Finding> NamedTests(SourceFile file, string heading, IReadOnlyList<SourceFile> tests)
    {
        bool isPart = false;
        int rows = 0;
        foreach ((int number, string text) in file.Lines())
        {
            isPart = text.StartsWith('#') ? text.TrimStart('#').Trim() == heading : isPart;
            if (!isPart || !text.StartsWith('|') || text.TrimEnd().TrimEnd('|').Split('|')[^1] is not { } cell
                || cell.Trim() is "test" or "tests" || cell.Trim().All(c => c is '-' or ':'))
            {
                continue;
            }

            rows++;
            MatchCollection named = TestPattern().Matches(cell);
            if (named.Count == 0)
            {
                yield return new Finding(file.Path, number, "no test is named here; write one and name it");
            }

            foreach (Match test in named)
            {
                if (!tests.Any(source => IsIn(source, test.Groups[1].Value, test.Groups[2].Value)))
                {
                    yield return new Finding(file.Path, number,
                        $"there is no test {test.Groups[1].Value}.{test.Groups[2].Value}; mend the name");
                }
            }
        }

        if (rows == 0)
        {
            yield return new Finding(file.Path, 1, $"'{heading}' has no table of tests");
        }
    }

    // Only a test is public and returns nothing in a class of tests.
    private static bool IsIn(SourceFile source, string type, string method) =>
        source.Path.EndsWith($"/{type}.cs", StringComparison.Ordinal)
        && Regex.IsMatch(source.Text, $@"\bpublic (?:async )?(?:Task|ValueTask|void) {Regex.Escape(method)}\(");

    private static string? Resolve(string folder, string target)
    {
        List<string> parts = target[0] == '/' ? [] : [.. folder.Split('/', StringSplitOptions.RemoveEmptyEntries)];
        foreach (string part in Uri.UnescapeDataString(target).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".." && parts.Count == 0)
            {
                return null; // out of the repository
            }

            if (part == "..")
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part != ".")
            {
                parts.Add(part);
            }
        }

        return string.Join('/', parts);
    }

    // The rule of GitHub: lower case, blanks to hyphens, other marks dropped, repeats numbered from 1.
    private static HashSet<string> Anchors(string text)
    {
        HashSet<string> anchors = [.. IdPattern().Matches(text).Select(m => m.Groups[1].Value)];
        foreach (Match heading in HeadingPattern().Matches(WithoutCode(text, keepInline: true)))
        {
            string first = string.Concat(heading.Groups[1].Value.Trim().ToLowerInvariant()
                .Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-');
            string slug = first;
            for (int i = 1; !anchors.Add(slug); i++)
            {
                slug = string.Create(CultureInfo.InvariantCulture, $"{first}-{i}");
            }
        }

        return anchors;
    }

    // Blanked, not cut, so that the line numbers stay.
    private static string WithoutCode(string text, bool keepInline = false)
    {
        string unfenced = FencePattern().Replace(text, Blank);
        return keepInline ? unfenced : InlineCodePattern().Replace(unfenced, Blank);
    }

    private static string Blank(Match match) => new([.. match.Value.Select(c => c == '\n' ? c : ' ')]);

    [GeneratedRegex("""\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)|\b(?:src|href)="([^"]+)["]""")]
    private static partial Regex LinkPattern();

    [GeneratedRegex(@"^(?:[\s│├└─|*-]*`|[\s│├└─]*)((?:[\w-][\w.-]*/)+)(?![\w.{*])")]
    private static partial Regex FolderPattern();

    [GeneratedRegex(@"^#{1,6}[ ]+(.+?)[ #]*$", RegexOptions.Multiline)]
    private static partial Regex HeadingPattern();

    [GeneratedRegex("""\b(?:id|name)="([^"]+)["]""")]
    private static partial Regex IdPattern();

    [GeneratedRegex(@"^[ ]*(```|~~~).*?^[ ]*\1[ ]*$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex FencePattern();

    [GeneratedRegex(@"`(\w+)\.(\w+)`")]
    private static partial Regex TestPattern();

    [GeneratedRegex("`[^`\n]+`")]
    private static partial Regex InlineCodePattern();
}
