using System.CommandLine;
using Noodle.Client;
using NoodleNet.Runtime.Storage;

namespace Noodle.Cli.CommandLine;

/// <summary>Finds the node that a verb talks to.</summary>
internal static class NodeAddress
{
    /// <summary>A client for <c>--node</c>, else <c>NOODLE_NODE</c>, else the nodes running under the data
    /// folder.</summary>
    /// <exception cref="CliException">The address is none, or no node runs here.</exception>
    public static NoodleClient Connect(ParseResult parsed)
    {
        string? asked = parsed.GetValue(SharedOptions.Node) ?? Environment.GetEnvironmentVariable("NOODLE_NODE");
        return new NoodleClient(string.IsNullOrWhiteSpace(asked) ? FindRunning(parsed) : [ParseUri(asked)]);
    }

    /// <summary>A client for one node alone, for what each node counts by itself.</summary>
    /// <exception cref="CliException">The address is none, or no node runs here.</exception>
    public static NoodleClient ConnectToOne(ParseResult parsed)
    {
        string? asked = parsed.GetValue(SharedOptions.Node) ?? Environment.GetEnvironmentVariable("NOODLE_NODE");
        return new NoodleClient([string.IsNullOrWhiteSpace(asked) ? FindRunning(parsed)[0] : ParseUri(asked)]);
    }

    private static Uri ParseUri(string text)
    {
        string full = text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        return Uri.TryCreate(full, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https"
            ? uri
            : throw new CliException(ExitCodes.Usage,
                $"'{text}' is no node's address; give one such as http://127.0.0.1:8000.");
    }

    private static Uri[] FindRunning(ParseResult parsed)
    {
        string? data = parsed.GetValue(SharedOptions.Data) ?? Environment.GetEnvironmentVariable("NOODLE_DATA");
        string root = NodeFolder.ResolveRoot(data);
        Uri[] running = [.. NodeFolder.FindRunning(root).Select(node => new Uri(node.Url))];
        return running.Length > 0
            ? running
            : throw new CliException(ExitCodes.NoNode,
                $"No node runs under {root}; start one with `noodle up`, or name one with --node URL.");
    }
}
