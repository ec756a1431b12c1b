using System.CommandLine;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Output;
using Noodle.Client;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle revoke NODE</c></summary>
internal static class RevokeVerb
{
    private static readonly Argument<string> s_node = new("NODE")
    {
        Description = "Id or short name of an admitted node",
    };

    public static Command Create()
    {
        var verb = new Command("revoke", "Shut a node out of the mesh, for ever")
        {
            s_node, SharedOptions.Node, SharedOptions.Data,
        };
        verb.SetAction(async (parsed, cancellation) =>
        {
            using NoodleClient client = NodeAddress.Connect(parsed);
            string node = parsed.GetValue(s_node)!;
            await client.RevokeNodeAsync(node, cancellation);
            await Console.Error.WriteLineAsync($"revoked {SafeText.Clean(node)}; its connections end everywhere");
        });
        return verb;
    }
}
