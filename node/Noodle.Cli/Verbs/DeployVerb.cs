using System.CommandLine;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Output;
using Noodle.Client;
using Noodle.Client.Control;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle deploy FILE --name N [--replicas R] [--backend B]</c></summary>
internal static class DeployVerb
{
    private static readonly Argument<string> s_file = new("FILE") { Description = "ONNX model file" };

    private static readonly Option<string> s_name = new("--name", "-n")
    {
        Description = "Name under which the model is called",
        HelpName = "NAME",
        Required = true,
    };

    private static readonly Option<int> s_replicas = new("--replicas", "-r")
    {
        Description = "How many nodes should have it loaded",
        HelpName = "R",
        DefaultValueFactory = _ => 1,
    };

    public static Command Create()
    {
        var verb = new Command("deploy", "Deploy a model in the mesh")
        {
            s_file, s_name, s_replicas, Engine.Backend, SharedOptions.Node, SharedOptions.Data,
        };
        verb.SetAction(RunAsync);
        return verb;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        string path = parsed.GetValue(s_file)!;
        await using FileStream file = ModelFile.Open(path);
        using NoodleClient client = NodeAddress.Connect(parsed);
        await Console.Error.WriteLineAsync($"deploying {path} ({file.Length} bytes)");
        ModelInfo model = await client.DeployAsync(
            parsed.GetValue(s_name)!, file,
            new DeployOptions { Replicas = parsed.GetValue(s_replicas), Backend = parsed.GetValue(Engine.Backend) },
            cancellation);
        Print.Models(parsed, [model]);
        return ExitCodes.Success;
    }
}
