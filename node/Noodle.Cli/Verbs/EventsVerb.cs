using System.CommandLine;
using System.Text.Json;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Output;
using Noodle.Client;
using Noodle.Client.Control;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle events [--follow]</c></summary>
internal static class EventsVerb
{
    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(20);
    private static readonly Option<bool> s_follow = new("--follow", "-f")
    {
        Description = "Go on with what happens, until Ctrl-C",
    };

    public static Command Create()
    {
        var verb = new Command("events",
            "List what happened in the mesh as a node saw it: nodes that came, failed, left, broke off or fell ill " +
            "(with -o json one object a line)")
        {
            s_follow, SharedOptions.Node, SharedOptions.Data,
        };
        verb.SetAction(RunAsync);
        return verb;
    }

    private static async Task RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        using NoodleClient client = NodeAddress.ConnectToOne(parsed);
        EventPage page = await client.GetEventsAsync(null, TimeSpan.Zero, cancellation);
        Print(page, parsed.IsJson());
        while (parsed.GetValue(s_follow))
        {
            EventPage before = page;
            page = await client.GetEventsAsync(before, s_wait, cancellation);
            await TellAsync(before, page);
            Print(page, parsed.IsJson());
        }
    }

    private static async Task TellAsync(EventPage before, EventPage page)
    {
        if (page.Life != before.Life)
        {
            await Console.Error.WriteLineAsync("the node was started anew; its events begin again");
        }

        if (page.Missed > 0)
        {
            await Console.Error.WriteLineAsync($"{page.Missed} events came too fast and are missing here");
        }
    }

    private static void Print(EventPage page, bool json)
    {
        foreach (EventInfo each in page.Events)
        {
            Console.WriteLine(json ? JsonSerializer.Serialize(each, ControlJson.Default.EventInfo)
                : NodeLines.Line(each));
        }
    }
}
