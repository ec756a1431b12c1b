using System.CommandLine;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Output;
using Noodle.Client;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle ls</c></summary>
internal static class ModelsVerb
{
    public static Command Create()
    {
        var verb = new Command("ls", "List the models deployed in the mesh") { SharedOptions.Node, SharedOptions.Data };
        verb.SetAction(async (parsed, cancellation) =>
        {
            using NoodleClient client = NodeAddress.Connect(parsed);
            Print.Models(parsed, await client.GetModelsAsync(cancellation));
        });
        return verb;
    }
}
