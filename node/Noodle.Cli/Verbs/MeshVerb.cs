using System.CommandLine;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Output;
using Noodle.Client;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle mesh</c></summary>
internal static class MeshVerb
{
    private static readonly Option<string?> s_require = new("--require")
    {
        Description = "Say which node would be chosen for this, and why not the others",
        HelpName = "\"on(gpu, mem>=8GB).qos(latency<10ms)\"",
    };

    public static Command Create()
    {
        var verb = new Command("mesh", "Show the nodes' load, the links between them, and a drawing of the mesh")
        {
            s_require, SharedOptions.Node, SharedOptions.Data,
        };
        verb.SetAction(async (parsed, cancellation) =>
        {
            using NoodleClient client = NodeAddress.Connect(parsed);
            MeshPrint.Print(parsed, await client.GetMeshAsync(parsed.GetValue(s_require), cancellation));
        });
        return verb;
    }
}
