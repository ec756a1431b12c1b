using System.CommandLine;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Output;
using Noodle.Client;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle decisions</c></summary>
internal static class DecisionsVerb
{
    private static readonly Option<int> s_limit = new("--limit")
    {
        Description = $"How many of the newest, 1 to {NoodleClient.MaxDecisions}",
        HelpName = "N",
        DefaultValueFactory = _ => 20,
    };

    public static Command Create()
    {
        var verb = new Command("decisions", "List where a node sent its calls, and why there")
        {
            s_limit, SharedOptions.Node, SharedOptions.Data,
        };
        s_limit.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > NoodleClient.MaxDecisions)
            {
                result.AddError($"--limit takes 1 to {NoodleClient.MaxDecisions}.");
            }
        });
        verb.SetAction(async (parsed, cancellation) =>
        {
            using NoodleClient client = NodeAddress.Connect(parsed);
            Print.Decisions(parsed, await client.GetDecisionsAsync(parsed.GetValue(s_limit), cancellation));
        });
        return verb;
    }
}
