using System.CommandLine;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Output;
using Noodle.Client;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle gossip-key rotate|ls</c></summary>
internal static class GossipKeyVerb
{
    public static Command Create()
    {
        var rotate = new Command("rotate", "Change the key that gossip is sealed with, everywhere, while the mesh runs")
        {
            SharedOptions.Node, SharedOptions.Data,
        };
        rotate.SetAction(async (parsed, cancellation) =>
        {
            using NoodleClient client = NodeAddress.Connect(parsed);
            PrintTrust.GossipKeys(parsed, await client.RotateGossipKeyAsync(cancellation));
            await Console.Error.WriteLineAsync("the change has begun; `noodle gossip-key ls` tells how far it is");
        });
        var list = new Command("ls", "Show how far a change of the gossip key has come on each node")
        {
            SharedOptions.Node, SharedOptions.Data,
        };
        list.SetAction(async (parsed, cancellation) =>
        {
            using NoodleClient client = NodeAddress.Connect(parsed);
            PrintTrust.GossipKeys(parsed, await client.GetGossipKeysAsync(cancellation));
        });
        return new Command("gossip-key", "Show and change the key that gossip is sealed with") { rotate, list };
    }
}
