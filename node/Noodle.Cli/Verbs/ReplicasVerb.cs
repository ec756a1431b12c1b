using System.CommandLine;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Output;
using Noodle.Client;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle ps</c></summary>
internal static class ReplicasVerb
{
    public static Command Create()
    {
        var verb = new Command("ps", "List which node has which model loaded, and how busy it is")
        {
            SharedOptions.Node, SharedOptions.Data,
        };
        verb.SetAction(async (parsed, cancellation) =>
        {
            using NoodleClient client = NodeAddress.Connect(parsed);
            Print.Replicas(parsed, await client.GetReplicasAsync(cancellation));
        });
        return verb;
    }
}
