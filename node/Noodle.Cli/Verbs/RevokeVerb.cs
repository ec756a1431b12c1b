using System.CommandLine;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Output;
using Noodle.Client;
using Noodle.Client.Control;
using Noodle.Primitives;

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
            TrustInfo trust = await client.GetTrustAsync(cancellation);
            await client.RevokeNodeAsync(node, cancellation);
            await Console.Error.WriteLineAsync($"revoked {SafeText.Clean(node)}; its connections end everywhere");
            if (IsAdmin(trust, node))
            {
                await Console.Error.WriteLineAsync(
                    "It was an admin and has the key of the mesh's authority: unless that machine is in your hands, "
                    + "found a new mesh, because with the key it can admit itself again under another name.");
            }
        });
        return verb;
    }

    internal static bool IsAdmin(TrustInfo trust, string node) => trust.Admins.Any(
        admin => admin == node || (NodeId.TryParse(admin, out NodeId id) && id.ShortName == node));
}
