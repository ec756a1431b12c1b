using System.CommandLine;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Output;
using Noodle.Client;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle tasks</c></summary>
internal static class TasksVerb
{
    public static Command Create()
    {
        var verb = new Command("tasks", "List what runs on a node now: for whom, for how long, and until when")
        {
            SharedOptions.Node, SharedOptions.Data,
        };
        verb.SetAction(async (parsed, cancellation) =>
        {
            using NoodleClient client = NodeAddress.Connect(parsed);
            Print.Tasks(parsed, await client.GetTasksAsync(cancellation));
        });
        return verb;
    }
}
