using System.Text.RegularExpressions;

namespace Noodle.Tidy.Tests;

/// <summary>Rules that need no more than the lines of a file.</summary>
internal static partial class TextRules
{
    public const int MaxFileLines = 400;
    public const int MaxLineLength = 120;

    // Hosts that everybody reaches; any other package registry is somebody's own.
    private static readonly string[] s_publicRegistries =
        ["www.nuget.org", "nuget.org", "api.nuget.org", "registry.npmjs.org", "pypi.org"];

    public static IEnumerable<Finding> FileLength(SourceFile file)
    {
        int lines = file.Lines().Count();
        if (file.IsCSharp && lines > MaxFileLines)
        {
            yield return new Finding(file.Path, lines,
                $"{lines} lines, at most {MaxFileLines}; split the type by what it does");
        }
    }

    public static IEnumerable<Finding> LineLength(SourceFile file) =>
        from line in file.Lines()
        where file.IsCSharp && line.Text.Length > MaxLineLength
        select new Finding(file.Path, line.Number,
            $"{line.Text.Length} characters, at most {MaxLineLength}; break the line");

    public static IEnumerable<Finding> Leftovers(SourceFile file) =>
        Matches(file, LeftoverPattern(), m => $"{m.Value} is left over; do it now, or say plainly what is missing");

    public static IEnumerable<Finding> Whitespace(SourceFile file)
    {
        bool isCmd = file.Path.EndsWith(".cmd", StringComparison.Ordinal);
        bool isLockFile = file.Path.EndsWith("packages.lock.json", StringComparison.Ordinal); // NuGet ends it so
        if (!isLockFile && file.Text.Length > 0 && file.Text[^1] != '\n')
        {
            yield return new Finding(file.Path, file.LineAt(file.Text.Length), "no newline at the end; add one");
        }

        if (!isCmd && file.Text.IndexOf('\r', StringComparison.Ordinal) is >= 0 and int at)
        {
            yield return new Finding(file.Path, file.LineAt(at), "a carriage return; save the file with LF line ends");
        }

        if (file.IsCSharp && file.Text.IndexOf('\t', StringComparison.Ordinal) is >= 0 and int tab)
        {
            yield return new Finding(file.Path, file.LineAt(tab), "a tab; indent with spaces, write \\t in a string");
        }
    }

    /// <summary>Nothing of a developer's machine or person is in the repository.</summary>
    public static IEnumerable<Finding> Private(SourceFile file) =>
        Matches(file, MachinePathPattern(), m => $"'{m.Value}' is a path of one machine; make it relative")
            .Concat(Matches(file, MailPattern(), m => $"'{m.Value}' is a mail address; leave it out"))
            .Concat(Matches(file, RegistryPattern(), m => s_publicRegistries.Contains(m.Groups[1].Value) ? null
                : $"'{m.Groups[1].Value}' is somebody's own package registry; leave it to the machine's settings"));

    private static IEnumerable<Finding> Matches(SourceFile file, Regex pattern, Func<Match, string?> say) =>
        from match in pattern.Matches(file.Text)
        let message = say(match)
        where message is not null
        select new Finding(file.Path, file.LineAt(match.Index), message);

    // The brackets keep these patterns from finding themselves.
    [GeneratedRegex(@"\b(?:[T]ODO|[F]IXME|[H]ACK|[X]XX)\b")]
    private static partial Regex LeftoverPattern();

    [GeneratedRegex(@"(?<![\w.~$}/-])/(?:[r]oot|[h]ome/\w+|[w]ork|[U]sers/\w+)/[\w.]*"
        + @"|\b[A-Za-z]:\\{1,2}[U]sers\\{1,2}\w*")]
    private static partial Regex MachinePathPattern();

    [GeneratedRegex(@"\b(?!git@github\.com)[\w.+-]+@"
        + @"(?!(?:[\w-]+\.)*example(?:\.\w+)?\b)(?:[\w-]+\.)+[A-Za-z]{2,}\b")]
    private static partial Regex MailPattern();

    [GeneratedRegex(@"https?://((?:[\w-]+\.)*(?:nuget|npm|npmjs|pypi|artifactory|nexus|packages|registry)[\w-]*"
        + @"\.(?!example\b)[\w.-]+)")]
    private static partial Regex RegistryPattern();
}
