using System.CommandLine;
using System.CommandLine.Help;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Demo;
using Noodle.Cli.Verbs;

// Not a RootCommand: that one would go by the name of the assembly, and people start it as noodle.
var root = new Command("noodle", "Run AI models on the machines you already have.") { new HelpOption(), SharedOptions.Output };
foreach (Command verb in new[]
{
    UpVerb.Create(), NodesVerb.Create(), DeployVerb.Create(), ModelsVerb.Create(), ReplicasVerb.Create(), RunVerb.Create(),
    RemoveVerb.Create(), DecisionsVerb.Create(), DemoVerb.Create(), VersionVerb.Create(),
})
{
    root.Subcommands.Add(verb);
}

ParseResult parsed = root.Parse(args.Length == 0 ? ["--help"] : args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
    {
        await Console.Error.WriteLineAsync($"noodle: {error.Message}");
    }

    await Console.Error.WriteLineAsync($"noodle: see `noodle {(parsed.CommandResult.Command == root ? "" : parsed.CommandResult.Command.Name + " ")}--help`.");
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
    await Console.Error.WriteLineAsync($"noodle: {sentence}");
    return exitCode;
}
