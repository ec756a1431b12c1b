using Noodle.Cli.Demo;
using Noodle.Cli.Processes;

namespace Noodle.Bench.Overhead;

/// <summary>What the way over NoodleLink costs: a call where the model is, and at a node without it.</summary>
internal static class RemoteOverheadVerb
{
    private const string Here = "at the node that has it";
    private const string There = "at the other node";

    public static Verb Verb { get; } = new(
        "remote-overhead", "one picture, two nodes: asked where the model is, and asked at the other node", RunAsync)
    {
        Defaults = new(2_000, 3_000),
        Bars = [new(Of: There, Over: Here, LimitUs: 1_000)],
    };

    private static async Task<IReadOnlyList<Series>> RunAsync(
        BenchOptions options, TextWriter progress, CancellationToken cancellation)
    {
        DigitSamples samples = await DigitSamples.LoadAsync(cancellation).ConfigureAwait(false);
        await using NodesUnderTest mesh =
            await NodesUnderTest.StartAsync(2, samples, progress, cancellation).ConfigureAwait(false);
        NodeProcess other = mesh.Nodes.Single(node => node != mesh.Holder);
        using NodeCalls here = new(mesh.Holder.Http, NodesUnderTest.Model, samples, mesh.Holder.Id);
        using NodeCalls there = new(other.Http, NodesUnderTest.Model, samples, mesh.Holder.Id);
        IReadOnlyList<Series> series = await Measurement.RunAsync(
            [new("GET /v2/health/live", there.AskLiveAsync), new(Here, here.InferAsync), new(There, there.InferAsync)],
            options, progress, cancellation).ConfigureAwait(false);
        int count = options.Samples;
        return
        [
            .. series,
            await here.RoutingTimeAsync("here: router and engine", count, cancellation).ConfigureAwait(false),
            here.EngineTime("here: engine", count),
            await there.RoutingTimeAsync("there: router, link, engine", count, cancellation).ConfigureAwait(false),
            there.EngineTime("there: engine", count),
        ];
    }
}
