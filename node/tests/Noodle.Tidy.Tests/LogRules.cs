using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Noodle.Tidy.Tests;

/// <summary>An event id names one event in the whole tree, and says by its range which project it is from.</summary>
internal static class LogRules
{
    /// <summary>Project, or the start of its name, and its range.</summary>
    public static readonly (string Project, int First, int Last)[] Ranges =
    [
        ("NoodleNet.Runtime", 2000, 2999),
        ("Nbc.Runtime", 3000, 3999),
        ("Ahr.", 4000, 4999),
        ("Noodle.Serving", 5000, 5499),
        ("Noodle.Node", 5500, 5999),
    ];

    public static IEnumerable<Finding> EventIds(IEnumerable<(SourceFile File, SyntaxNode Root)> sources)
    {
        Dictionary<int, string> seen = [];
        foreach ((SourceFile file, SyntaxNode root) in sources)
        {
            foreach (AttributeSyntax attribute in CodeRules.LogMessages(root))
            {
                int line = CodeRules.LineOf(attribute);
                if (IdOf(attribute) is not { } id)
                {
                    yield return new Finding(file.Path, line, "no event id; write it first, as a number");
                    continue;
                }

                if (!seen.TryAdd(id, $"{file.Path}:{line}"))
                {
                    yield return new Finding(file.Path, line, $"event id {id} is taken by {seen[id]}; take a free one");
                }

                foreach (Finding finding in Range(file, line, id))
                {
                    yield return finding;
                }
            }
        }
    }

    private static IEnumerable<Finding> Range(SourceFile file, int line, int id)
    {
        string project = CodeRules.ProjectOf(file.Path);
        (string Project, int First, int Last)[] own = [.. Ranges.Where(r => project == r.Project
            || (r.Project[^1] == '.' && project.StartsWith(r.Project, StringComparison.Ordinal)))];
        if (own.Length == 0)
        {
            yield return new Finding(file.Path, line,
                $"{project} has no range of event ids; give it one in LogRules.Ranges");
        }
        else if (id < own[0].First || id > own[0].Last)
        {
            yield return new Finding(file.Path, line,
                $"event id {id} is outside the range {own[0].First}-{own[0].Last} of {project}; take one from it");
        }
    }

    private static int? IdOf(AttributeSyntax attribute)
    {
        SeparatedSyntaxList<AttributeArgumentSyntax> arguments = attribute.ArgumentList?.Arguments ?? [];
        AttributeArgumentSyntax? named = arguments.FirstOrDefault(
            a => (a.NameEquals?.Name ?? a.NameColon?.Name)?.Identifier.Text is "EventId" or "eventId");
        AttributeArgumentSyntax? first = arguments.FirstOrDefault(a => a.NameEquals is null && a.NameColon is null);
        return (named ?? first)?.Expression is LiteralExpressionSyntax { Token.Value: int id } ? id : null;
    }
}
