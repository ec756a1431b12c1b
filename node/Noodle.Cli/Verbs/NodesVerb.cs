using System.CommandLine;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Output;
using Noodle.Client;
using Noodle.Client.Control;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle nodes [--watch]</c></summary>
internal static class NodesVerb
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);
    private static readonly Option<bool> s_watch = new("--watch", "-w")
    {
        Description = "Go on until Ctrl-C: drawn anew on a terminal, a line for each change elsewhere",
    };

    public static Command Create()
    {
        var verb = new Command("nodes", "List the nodes of the mesh, and those that ask to be let in")
        {
            s_watch, SharedOptions.Node, SharedOptions.Data,
        };
        verb.SetAction(async (parsed, cancellation) =>
        {
            using NoodleClient client = NodeAddress.Connect(parsed);
            if (parsed.GetValue(s_watch))
            {
                await WatchAsync(parsed, client, cancellation);
                return;
            }

            Print.Nodes(parsed, await client.GetNodesAsync(cancellation));
        });
        return verb;
    }

    private static async Task WatchAsync(ParseResult parsed, NoodleClient client, CancellationToken cancellation)
    {
        if (parsed.IsJson())
        {
            throw new CliException(ExitCodes.Usage, "--watch prints for people; for programs there is " +
                "`noodle events --follow -o json`.");
        }

        var watch = new NodeWatch();
        using var period = new PeriodicTimer(s_period);
        do
        {
            IReadOnlyList<NodeInfo> nodes = await client.GetNodesAsync(cancellation);
            if (Console.IsOutputRedirected)
            {
                foreach (string line in watch.Changes(nodes))
                {
                    Console.WriteLine($"{NodeLines.Time(DateTimeOffset.Now)} {line}");
                }
            }
            else
            {
                Console.Clear();
                Print.Nodes(parsed, nodes);
            }
        }
        while (await period.WaitForNextTickAsync(cancellation));
    }
}
