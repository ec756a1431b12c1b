using System.CommandLine;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Output;
using Noodle.Client;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle nodes</c></summary>
internal static class NodesVerb
{
    public static Command Create()
    {
        var verb = new Command("nodes", "List the nodes of the mesh") { SharedOptions.Node, SharedOptions.Data };
        verb.SetAction(async (parsed, cancellation) =>
        {
            using NoodleClient client = NodeAddress.Connect(parsed);
            Print.Nodes(parsed, await client.GetNodesAsync(cancellation));
        });
        return verb;
    }
}
