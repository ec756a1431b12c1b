using Ahr.Backends;
using Nbc.Tensors;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Demo;
using Noodle.Cli.Processes;

namespace Noodle.Bench.Overhead;

/// <summary>What a whole node adds to the engine: one call at a time, over HTTP, to a process of its own.</summary>
internal static class ServeOverheadVerb
{
    private const string Direct = "onnx runtime";
    private const string Node = "whole node";

    public static Verb Verb { get; } = new(
        "serve-overhead", "one picture: ONNX Runtime directly, Noodle's backend, and a whole node over HTTP", RunAsync)
    {
        Defaults = new(2_000, 3_000),
        Bars = [new(Of: Node, Over: Direct, LimitUs: 500)],
    };

    private static async Task<IReadOnlyList<Series>> RunAsync(
        BenchOptions options, TextWriter progress, CancellationToken cancellation)
    {
        DigitSamples samples = await DigitSamples.LoadAsync(cancellation).ConfigureAwait(false);
        Tensor image = samples.Image(0);
        await using NodesUnderTest mesh =
            await NodesUnderTest.StartAsync(1, samples, progress, cancellation).ConfigureAwait(false);
        NodeProcess node = mesh.Holder;
        using NodeCalls calls = new(node.Http, NodesUnderTest.Model, samples, node.Id);
        using IBackendModel backend =
            await OnnxRuntime.LoadAsync(DigitSamples.ModelPath, cancellation).ConfigureAwait(false);
        using DirectModel direct = new(DigitSamples.ModelPath, image);
        long expected = direct.Run("digit");
        IReadOnlyList<Series> series = await Measurement.RunAsync(
            [
                new(Direct, _ =>
                {
                    ThrowIfWrong(direct.Run("digit"), expected);
                    return ValueTask.CompletedTask;
                }),
                new("noodle's backend", async cancel =>
                {
                    using TensorSet inputs = new([image]);
                    using TensorSet outputs = await backend.RunAsync(inputs, null, cancel).ConfigureAwait(false);
                    ThrowIfWrong(DigitSamples.DigitOf(outputs), expected);
                }),
                new("GET /v2/health/live", calls.AskLiveAsync),
                new(Node, calls.InferAsync),
            ],
            options, progress, cancellation).ConfigureAwait(false);
        int count = options.Samples;
        return
        [
            .. series,
            await calls.RoutingTimeAsync("of it: router and engine", count, cancellation).ConfigureAwait(false),
            calls.EngineTime("of it: engine", count),
        ];
    }

    private static void ThrowIfWrong(long digit, long expected)
    {
        if (digit != expected)
        {
            throw new InvalidOperationException($"the answer is {digit}, not {expected}");
        }
    }
}
