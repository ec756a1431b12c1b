using System.CommandLine;
using System.CommandLine.Help;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Demo;
using Noodle.Cli.Doctor;
using Noodle.Cli.Output;
using Noodle.Cli.Verbs;

// Not a RootCommand: that one would go by the name of the assembly, and people start it as noodle.
var root = new Command("noodle", "Run AI models on the machines you already have.")
{
    new HelpOption(), SharedOptions.Output,
};
foreach (Command each in new[]
{
    UpVerb.Create(), NodesVerb.Create(), EventsVerb.Create(), MeshVerb.Create(), DoctorVerb.Create(),
    DeployVerb.Create(), ModelsVerb.Create(), ReplicasVerb.Create(), RunVerb.Create(), RemoveVerb.Create(),
    TasksVerb.Create(), DecisionsVerb.Create(), DemoVerb.Create(), JoinVerb.Create(), TokenVerb.Create(),
    AdmitVerb.Create(), RevokeVerb.Create(), GossipKeyVerb.Create(), ImportVerb.Create(), ShowVerb.Create(),
    DisassembleVerb.Create(), VerifyVerb.Create(), ConformanceVerb.Create(), NbcVerb.Create(), VersionVerb.Create(),
})
{
    root.Subcommands.Add(each);
}

ParseResult parsed = root.Parse(args.Length == 0 ? ["--help"] : args);
if (parsed.Errors.Count > 0)
{
    bool noVerb = parsed.CommandResult.Command == root;
    IEnumerable<string> faults = noVerb && parsed.UnmatchedTokens.Count > 0
        ? [$"'{SafeText.Clean(parsed.UnmatchedTokens[0])}' is no verb."]
        : parsed.Errors.Select(error => string.Join(' ', error.Message.Split(
            '\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
    foreach (string fault in faults)
    {
        await Console.Error.WriteLineAsync($"noodle: {fault}");
    }

    string verb = noVerb ? "" : parsed.CommandResult.Command.Name + " ";
    await Console.Error.WriteLineAsync($"noodle: see `noodle {verb}--help`.");
    return ExitCodes.Usage;
}

try
{
    var configuration = new InvocationConfiguration
    {
        EnableDefaultExceptionHandler = false,
        ProcessTerminationTimeout = TimeSpan.FromMinutes(61), // longer than the longest drain
    };
    return await parsed.InvokeAsync(configuration);
}
catch (OperationCanceledException)
{
    return ExitCodes.Interrupted;
}
catch (Exception e) when (Failure.TryDescribe(e, out int exitCode, out string sentence))
{
    await Console.Error.WriteLineAsync($"noodle: {(sentence is [.., '.' or '?' or '!'] ? sentence : sentence + ".")}");
    return exitCode;
}
