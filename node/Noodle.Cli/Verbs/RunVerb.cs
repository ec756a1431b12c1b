using System.CommandLine;
using System.Diagnostics;
using Ahr.Backends;
using Nbc.Tensors;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Inputs;
using Noodle.Cli.Output;
using Noodle.Client;
using Noodle.Client.Control;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle run NAME|FILE --input …</c></summary>
internal static class RunVerb
{
    private static readonly Argument<string> s_model = new("NAME|FILE")
    {
        Description = "Name of a deployed model, or a model file to run here without any node",
    };

    private static readonly Option<string[]> s_inputs = new("--input", "-i")
    {
        Description = "A .npy, JSON or image file, or - for standard input; NAME=PATH where there are several inputs",
        HelpName = "PATH",
        Required = true,
    };

    private static readonly Option<double?> s_scale = new("--scale")
    {
        Description = "What a white pixel of an image becomes (default: 1, or 255 for UINT8 inputs)",
        HelpName = "X",
    };

    private static readonly Option<string?> s_require = new("--require", "--on")
    {
        Description = "What the node that runs it must be, such as on(gpu, mem>=8GB); with a deployed model",
        HelpName = "EXPRESSION",
    };

    public static Command Create()
    {
        var verb = new Command("run", "Run a model and print its outputs")
        {
            s_model, s_inputs, s_scale, s_require, Engine.Backend, SharedOptions.Node, SharedOptions.Data,
        };
        verb.SetAction((parsed, cancellation) =>
            LooksLikeFile(parsed.GetValue(s_model)!) ? RunFileAsync(parsed, cancellation)
                : RunDeployedAsync(parsed, cancellation));
        return verb;
    }

    private static bool LooksLikeFile(string text) =>
        text.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) || text.Contains('/', StringComparison.Ordinal) ||
        text.Contains('\\', StringComparison.Ordinal) || File.Exists(text);

    private static async Task<int> RunDeployedAsync(ParseResult parsed, CancellationToken cancellation)
    {
        string name = parsed.GetValue(s_model)!;
        if (parsed.GetValue(Engine.Backend) != Engine.Auto)
        {
            throw new CliException(ExitCodes.Usage,
                $"{name} runs on the engines that it was deployed for; name one with `noodle deploy --backend`.");
        }

        using NoodleClient client = NodeAddress.Connect(parsed);
        ModelMetadata metadata = await client.GetModelMetadataAsync(name, cancellation);
        var specs = new List<TensorSpec>();
        foreach (TensorInfo input in metadata.Inputs)
        {
            specs.Add(input.TryGetSpec(out TensorSpec? spec) ? spec
                : throw new CliException(ExitCodes.Failed,
                    $"Input {input.Name} of {name} is {input.Datatype}, which this version does not know."));
        }

        IReadOnlyList<Tensor> inputs = await ReadInputsAsync(parsed, specs, cancellation);
        long start = Stopwatch.GetTimestamp();
        using InferResult result = await client.InferAsync(
            name, inputs, new InferOptions { Requirement = parsed.GetValue(s_require) }, cancellation);
        Print.Result(parsed, name, result);
        await Console.Error.WriteLineAsync(
            $"answered by {SafeText.Clean(result.Node)}, {SafeText.Clean(Engine.Title(result.Engine))}, " +
            $"in {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0.0} ms " +
            $"(engine {result.Compute.TotalMilliseconds:0.00} ms): {SafeText.Clean(result.Reason)}");
        return ExitCodes.Success;
    }

    private static async Task<int> RunFileAsync(ParseResult parsed, CancellationToken cancellation)
    {
        string path = parsed.GetValue(s_model)!;
        if (parsed.GetValue(s_require) is not null)
        {
            throw new CliException(
                ExitCodes.Usage, $"--require chooses among nodes, and {path} runs here without any; deploy it first.");
        }

        await ModelFile.Open(path).DisposeAsync();
        using IBackendModel model = await Engine.LoadAsync(
            parsed.GetValue(Engine.Backend)!, path, cancellation);
        using var inputs = new TensorSet(await ReadInputsAsync(parsed, model.Inputs, cancellation));
        long start = Stopwatch.GetTimestamp();
        using TensorSet outputs = await model.RunAsync(inputs, null, cancellation);
        Print.Outputs(parsed, outputs.Tensors);
        await Console.Error.WriteLineAsync(
            $"run here by {Engine.Title(outputs.Engine)} in " +
            $"{Stopwatch.GetElapsedTime(start).TotalMilliseconds:0.0} ms, without any node");
        return ExitCodes.Success;
    }

    private static Task<IReadOnlyList<Tensor>> ReadInputsAsync(
        ParseResult parsed, IReadOnlyList<TensorSpec> specs, CancellationToken cancellation) => InputReader.ReadAsync(
            specs, parsed.GetValue(s_inputs)!, new InputOptions(Console.OpenStandardInput, parsed.GetValue(s_scale)),
            cancellation);
}
