using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Noodle.Tidy.Tests;

/// <summary>Which project may see which, and which of them are pure: the architecture, as a table.</summary>
internal static partial class ReferenceRules
{
    private const string Bench = "Noodle.Bench";
    private const string Conformance = "Ahr.Conformance";

    /// <summary>Project and what it may refer to. A new edge is a new entry here, for all to see.</summary>
    public static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Noodle.Primitives"] = [],
        ["NoodleNet"] = ["Noodle.Primitives"],
        ["NoodleNet.Simulation"] = ["NoodleNet"],
        ["NoodleNet.Runtime"] = ["NoodleNet"],
        ["Nbc"] = ["Noodle.Primitives"],
        ["Nbc.Kernels"] = ["Nbc"],
        ["Nbc.Runtime"] = ["Nbc", "Nbc.Kernels"],
        ["Ahr.Ntir"] = ["Nbc"],
        ["Ahr.Importers"] = ["Ahr.Ntir"],
        ["Ahr.Lowering"] = ["Ahr.Ntir"],
        ["Ahr.Planning"] = ["Noodle.Primitives"],
        ["Ahr.Backends"] = ["Nbc", "Nbc.Runtime", "Ahr.Importers", "Ahr.Lowering"],
        ["Ahr.Runtime"] = ["Ahr.Planning", "Ahr.Backends"],
        ["Noodle.Serving"] = ["Ahr.Runtime"],
        ["Noodle.Client"] = ["Noodle.Primitives", "Nbc"],
        // The control API's records are the client's: one contract, not two that drift.
        ["Noodle.Node"] = ["NoodleNet.Runtime", "Nbc.Runtime", "Noodle.Serving", "Noodle.Client"],
        ["Noodle.Cli"] = ["Noodle.Node", "Noodle.Client"],
    };

    /// <summary>Projects without clock, socket, thread, task, disk and hidden chance.</summary>
    public static readonly string[] Pure =
        [
            "Noodle.Primitives", "NoodleNet", "NoodleNet.Simulation", "Nbc",
            "Ahr.Ntir", "Ahr.Importers", "Ahr.Lowering", "Ahr.Planning",
        ];

    private static readonly (string Folder, string[] Words)[] s_strangers =
    [
        ("noodlenet/", ["Nbc", "Ahr"]),
        ("nbc/", ["NoodleNet", "Ahr"]),
        ("ahr/", ["NoodleNet"]),
        ("primitives/", ["NoodleNet", "Nbc", "Ahr"]),
    ];

    // What only an impure project has a use for. The compiler bans the types (RS0030); this catches the intent.
    private static readonly string[] s_impureUsings =
    [
        "System.Net.Sockets", "System.Net.Http", "System.Threading", "System.Threading.Tasks", "System.IO.Pipelines",
        "System.Threading.Channels", "Microsoft.Extensions.Logging", "Microsoft.AspNetCore",
    ];

    public static IEnumerable<Finding> Edges(SourceFile project)
    {
        string name = ProjectName(project.Path);
        foreach ((string target, int line) in Items(project, "ProjectReference"))
        {
            if (!IsAllowed(name, target))
            {
                yield return new Finding(project.Path, line,
                    $"{name} may not refer to {target}; references point to the left only (ReferenceRules.Allowed)");
            }
        }

        if (!IsTest(name) && name is not (Bench or Conformance) && !Allowed.ContainsKey(name))
        {
            yield return new Finding(project.Path, 1,
                $"{name} is not in ReferenceRules.Allowed; enter it with its edges");
        }
    }

    public static IEnumerable<Finding> Purity(SourceFile project)
    {
        string name = ProjectName(project.Path);
        XElement root = XElement.Parse(project.Text);
        bool isPure = root.Descendants("IsPure").Any(e => e.Value == "true" && e.Attribute("Condition") is null);
        if (isPure != Pure.Contains(name))
        {
            yield return new Finding(project.Path, 1, isPure
                ? $"{name} says IsPure; enter it in ReferenceRules.Pure so that it stays so"
                : $"{name} is pure by design; put <IsPure>true</IsPure> back");
        }

        if (!isPure)
        {
            yield break;
        }

        foreach (string element in (string[])["FrameworkReference", "NoWarn"])
        {
            if (root.Descendants(element).FirstOrDefault() is { } found
                && (element != "NoWarn" || found.Value.Contains("RS0030", StringComparison.Ordinal)))
            {
                yield return new Finding(project.Path, 1, $"a pure project has no {element} of this kind; take it out");
            }
        }
    }

    public static IEnumerable<Finding> ImpureUsings(SourceFile file)
    {
        if (file.Path.Contains("/tests/", StringComparison.Ordinal)
            || !Pure.Any(p => file.Path.Contains($"/{p}/", StringComparison.Ordinal)))
        {
            yield break;
        }

        foreach ((int number, string line) in file.Lines())
        {
            string used = UsingPattern().Match(line).Groups[1].Value;
            if (s_impureUsings.Any(n => used == n || used.StartsWith(n + ".", StringComparison.Ordinal)))
            {
                yield return new Finding(file.Path, number,
                    $"a pure project does not use {used}; take it from the host");
            }

            if (line.Contains("#pragma warning disable RS0030", StringComparison.Ordinal))
            {
                yield return new Finding(file.Path, number, "the ban list of pure projects has no exceptions");
            }
        }
    }

    /// <summary>noodlenet/ never names nbc/ or ahr/, and they never name it.</summary>
    public static IEnumerable<Finding> Strangers(SourceFile file) =>
        from rule in s_strangers
        where file.IsCSharp && file.Path.StartsWith(rule.Folder, StringComparison.Ordinal)
        from line in file.Lines()
        let used = UsingPattern().Match(line.Text).Groups[1].Value
        from word in rule.Words
        where used == word || used.StartsWith(word + ".", StringComparison.Ordinal)
        select new Finding(file.Path, line.Number,
            $"{rule.Folder} never names {word}; ask through an interface of its own");

    public static string ProjectName(string path) => Path.GetFileNameWithoutExtension(path.Replace('\\', '/'));

    /// <summary>Items of one kind, by the project name in Include, with the line each stands on.</summary>
    public static IEnumerable<(string Name, int Line)> Items(SourceFile project, string kind) =>
        from match in Regex.Matches(project.Text, $"<{kind}\\s[^>]*?Include=\"([^\"]+)\"")
        select (ProjectName(match.Groups[1].Value), project.LineAt(match.Index));

    private static bool IsTest(string name) => name.EndsWith(".Tests", StringComparison.Ordinal);

    private static bool IsAllowed(string from, string to)
    {
        if (!Allowed.ContainsKey(to) && to is not (Conformance or Bench))
        {
            return false;
        }

        if (from == Bench)
        {
            return true;
        }

        if (!IsTest(from) && from != Conformance)
        {
            return Allowed.TryGetValue(from, out string[]? direct) && direct.Contains(to);
        }

        string own = from == Conformance ? "Ahr.Backends" : from[..^".Tests".Length];
        return to == own || to == Conformance || Sees(own, to);
    }

    // A test may name what its project sees, directly or through another: it cannot compile against less.
    private static bool Sees(string from, string to) =>
        Allowed.TryGetValue(from, out string[]? direct) && direct.Any(d => d == to || Sees(d, to));

    [GeneratedRegex(@"^\s*(?:global\s+)?using\s+(?:static\s+)?(?:\w+\s*=\s*)?(?:global::)?([\w.]+)")]
    private static partial Regex UsingPattern();
}
