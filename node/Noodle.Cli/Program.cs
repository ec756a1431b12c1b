using System.CommandLine;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Demo;
using Noodle.Cli.Verbs;

var root = new RootCommand("Run AI models on the machines you already have.");
root.Options.Add(SharedOptions.Output);
foreach (Command verb in new[]
{
    UpVerb.Create(), NodesVerb.Create(), DeployVerb.Create(), ModelsVerb.Create(), ReplicasVerb.Create(), RunVerb.Create(),
    RemoveVerb.Create(), DecisionsVerb.Create(), DemoVerb.Create(), VersionVerb.Create(),
})
{
    root.Subcommands.Add(verb);
}

ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
    {
        string message = string.Join(' ', error.Message.Split('\n',
            StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        await Console.Error.WriteLineAsync($"noodle: {message}");
    }

    await Console.Error.WriteLineAsync($"noodle: see `noodle {(parsed.CommandResult.Command is RootCommand ? "" : parsed.CommandResult.Command.Name + " ")}--help`.");
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
