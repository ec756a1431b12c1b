using System.CommandLine;
using System.Text.Json.Serialization;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Output;
using Noodle.Client;
using Noodle.Client.Control;
using Noodle.Node.Options;
using NoodleNet.Runtime.Storage;

namespace Noodle.Cli.Doctor;

/// <summary><c>noodle doctor</c>: why do my nodes not see each other?</summary>
internal static class DoctorVerb
{
    private static readonly Option<string[]> s_to = new("--to")
    {
        Description = "Another machine to try; may be given several times",
        HelpName = "HOST[:PORT]",
    };

    public static Command Create()
    {
        var verb = new Command("doctor", "Find out why nodes do not see each other")
        {
            s_to, SharedOptions.Node, SharedOptions.Data,
        };
        verb.SetAction(RunAsync);
        return verb;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        string? data = parsed.GetValue(SharedOptions.Data) ?? Environment.GetEnvironmentVariable("NOODLE_DATA");
        (string Host, int Port)[] targets = [.. (parsed.GetValue(s_to) ?? []).Select(ParseTarget)];
        IReadOnlyList<NodeInfo>? nodes = await AskNodeAsync(parsed, cancellation);
        DoctorFacts facts = await new Surroundings(NodeFolder.ResolveRoot(data), TimeProvider.System)
            .LookAsync(targets, nodes, cancellation);
        IReadOnlyList<Finding> findings = DoctorRules.Judge(facts);
        Print(parsed, findings);
        return findings.Any(finding => finding.Verdict == Verdict.Fail) ? ExitCodes.Failed : ExitCodes.Success;
    }

    internal static (string Host, int Port) ParseTarget(string text)
    {
        if (!MeshAddress.TryParse(text, out string host, out int port))
        {
            throw new CliException(
                ExitCodes.Usage, $"'{SafeText.Clean(text)}' is no address; --to takes HOST or HOST:PORT.");
        }

        return MeshAddress.FindFault(text) is { } fault
            ? throw new CliException(ExitCodes.Usage, $"--to: {fault}.") : (host, port);
    }

    private static async Task<IReadOnlyList<NodeInfo>?> AskNodeAsync(ParseResult parsed, CancellationToken cancellation)
    {
        try
        {
            using NoodleClient client = NodeAddress.Connect(parsed);
            return await client.GetNodesAsync(cancellation);
        }
        catch (CliException e) when (e.ExitCode == ExitCodes.NoNode)
        {
            return null;
        }
        catch (NoodleException e) when (e.Fault == NoodleFault.Unavailable)
        {
            return null;
        }
    }

    private static void Print(ParseResult parsed, IReadOnlyList<Finding> findings)
    {
        if (parsed.IsJson())
        {
            using Stream output = Console.OpenStandardOutput();
            new JsonPrinter(output).Print(findings, DoctorJson.Default.IReadOnlyListFinding);
            return;
        }

        // What is wrong comes last, where people look.
        TablePrinter.ForConsole().Print(["check", "verdict", "finding"],
        [
            .. findings.OrderBy(finding => finding.Verdict).Select(finding => new[]
            {
                finding.Check, finding.Verdict.ToString().ToLowerInvariant(), finding.Sentence,
            }),
        ]);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(IReadOnlyList<Finding>))]
internal sealed partial class DoctorJson : JsonSerializerContext;
