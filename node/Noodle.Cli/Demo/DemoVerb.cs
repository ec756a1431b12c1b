using System.CommandLine;
using Noodle.Cli.CommandLine;

namespace Noodle.Cli.Demo;

/// <summary><c>noodle demo</c></summary>
internal static class DemoVerb
{
    private const int DefaultRequests = 6_000;
    private const int LeastRequests = 1_000;

    private static readonly Option<bool> s_once = new("--once") { Description = "Clean up and exit when done" };

    private static readonly Option<bool> s_json = new("--json")
    {
        Description = "Print one JSON object instead of the story",
    };

    private static readonly Option<int> s_requests = new("--requests")
    {
        Description = "Requests sent around the kill, 1000 to 1000000",
        HelpName = "N",
        DefaultValueFactory = _ => DefaultRequests,
    };

    public static Command Create()
    {
        var verb = new Command("demo", "Start three nodes here, run a real model on them, and kill one under load")
        {
            s_once, s_json, s_requests,
        };
        s_requests.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < LeastRequests or > 1_000_000)
            {
                result.AddError($"--requests takes {LeastRequests} to 1000000.");
            }
        });
        verb.SetAction((parsed, cancellation) =>
        {
            bool json = parsed.GetValue(s_json) || parsed.IsJson();
            var report = new DemoReport(json ? null : Console.Out);
            var run = new DemoRun(report, parsed.GetValue(s_requests), parsed.GetValue(s_once), json);
            return run.RunAsync(cancellation);
        });
        return verb;
    }
}
