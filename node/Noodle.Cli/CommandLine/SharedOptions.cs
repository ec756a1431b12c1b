using System.CommandLine;

namespace Noodle.Cli.CommandLine;

/// <summary>Options that several verbs take.</summary>
internal static class SharedOptions
{
    public static readonly Option<string> Output = new("--output", "-o")
    {
        Description = "How to print: table for people, json for programs",
        HelpName = "table|json",
        DefaultValueFactory = _ => "table",
        Recursive = true,
    };

    public static readonly Option<string?> Node = new("--node")
    {
        Description = "HTTP address of the node to ask (else NOODLE_NODE, else a node running here)",
        HelpName = "URL",
    };

    public static readonly Option<string?> Data = new("--data")
    {
        Description = "Data folder of the nodes on this machine (else NOODLE_DATA, else the platform's own place)",
        HelpName = "FOLDER",
    };

    public static readonly Option<string> Role = new("--role")
    {
        Description = "What nodes may be trusted with: viewer, caller, operator or admin",
        HelpName = "ROLE",
        DefaultValueFactory = _ => "operator",
    };

    static SharedOptions() => Output.AcceptOnlyFromAmong("table", "json");

    public static bool IsJson(this ParseResult parsed) => parsed.GetValue(Output) == "json";
}
