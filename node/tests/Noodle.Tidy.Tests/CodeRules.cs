using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Noodle.Tidy.Tests;

/// <summary>Rules that need the syntax of a C# file.</summary>
internal static partial class CodeRules
{
    public const int MaxMethodLines = 60;

    private static readonly string[] s_emptyWords =
        ["Manager", "Managers", "Helper", "Helpers", "Util", "Utils", "Utility", "Utilities", "Common"];

    // The plan's own names.
    private static readonly string[] s_namesKept = ["StackManager", "ResourceManager"];

    public static SyntaxNode Parse(SourceFile file) =>
        CSharpSyntaxTree.ParseText(file.Text, new CSharpParseOptions(LanguageVersion.Preview), file.Path).GetRoot();

    public static IEnumerable<Finding> MethodLength(SourceFile file, SyntaxNode root) =>
        from node in root.DescendantNodes()
        where node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax
        let lines = LastLine(node) - LineOf(node) + 1
        where lines > MaxMethodLines
        select new Finding(file.Path, LineOf(node),
            $"{NameOf(node)} has {lines} lines, at most {MaxMethodLines}; name its steps and call them");

    public static IEnumerable<Finding> TypeNames(SourceFile file, SyntaxNode root) =>
        from node in root.DescendantNodes()
        let name = node switch
        {
            BaseTypeDeclarationSyntax type => type.Identifier.Text,
            DelegateDeclarationSyntax type => type.Identifier.Text,
            _ => null,
        }
        where name is not null
        let word = EmptyWord(name)
        where word is not null
        select new Finding(file.Path, LineOf(node),
            $"{name}: '{word}' says nothing; name the type after what it does");

    /// <summary>Tests await a condition; they never sleep and hope.</summary>
    public static IEnumerable<Finding> Sleeps(SourceFile file, SyntaxNode root) =>
        from call in root.DescendantNodes().OfType<InvocationExpressionSyntax>()
        where file.Path.Contains("tests/", StringComparison.Ordinal)
        let target = call.Expression.ToString()
        where target is "Thread.Sleep" or "System.Threading.Thread.Sleep" or "SpinWait.SpinUntil"
        select new Finding(file.Path, LineOf(call),
            $"{target} in a test; await the event itself, with a generous bound");

    /// <summary>Log messages stand in one Log.cs a project.</summary>
    public static IEnumerable<Finding> LogFiles(IEnumerable<(SourceFile File, SyntaxNode Root)> sources)
    {
        Dictionary<string, string> logOf = [];
        foreach ((SourceFile file, SyntaxNode root) in sources)
        {
            if (LogMessages(root).FirstOrDefault() is not { } first)
            {
                continue;
            }

            string project = ProjectOf(file.Path);
            if (file.Name != "Log.cs")
            {
                yield return new Finding(file.Path, LineOf(first),
                    $"a log message outside Log.cs; move it to the one of {project}");
            }
            else if (!logOf.TryAdd(project, file.Path))
            {
                yield return new Finding(file.Path, LineOf(first),
                    $"{project} has {logOf[project]} already; one Log.cs a project");
            }
        }
    }

    public static IEnumerable<AttributeSyntax> LogMessages(SyntaxNode root) =>
        root.DescendantNodes().OfType<AttributeSyntax>()
            .Where(a => a.Name.ToString() is "LoggerMessage" or "LoggerMessageAttribute");

    /// <summary>The project that a source belongs to: a module's folder, or a folder in its tests/.</summary>
    public static string ProjectOf(string path)
    {
        string[] parts = path.Split('/');
        int at = parts.Length > 3 && parts[1] == "tests" ? 2 : 1;
        return parts.Length > at + 1 ? parts[at] : parts[0];
    }

    public static int LineOf(SyntaxNode node) =>
        node.SyntaxTree.GetLineSpan(node.Span).StartLinePosition.Line + 1;

    private static int LastLine(SyntaxNode node) => node.SyntaxTree.GetLineSpan(node.Span).EndLinePosition.Line + 1;

    private static string NameOf(SyntaxNode node) => node switch
    {
        MethodDeclarationSyntax method => method.Identifier.Text,
        AccessorDeclarationSyntax { Parent.Parent: PropertyDeclarationSyntax property } => property.Identifier.Text,
        ConstructorDeclarationSyntax constructor => constructor.Identifier.Text,
        _ => node.Kind().ToString(),
    };

    private static string? EmptyWord(string name)
    {
        foreach (string kept in s_namesKept)
        {
            name = name.Replace(kept, "", StringComparison.Ordinal);
        }

        return WordPattern().Matches(name).Select(m => m.Value).FirstOrDefault(w => s_emptyWords.Contains(w));
    }

    [GeneratedRegex("[A-Z][a-z]+")]
    private static partial Regex WordPattern();
}
