using System.Diagnostics;
using Noodle.Cli.Demo;
using Noodle.Cli.Processes;
using Noodle.Client;
using Noodle.Client.Control;

namespace Noodle.Bench.Overhead;

/// <summary>Node processes on loopback in one mesh, with the sample model on one of them.</summary>
internal sealed class NodesUnderTest : IAsyncDisposable
{
    public const string Model = "digits";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("noodle-bench-").FullName; // 0700
    private readonly List<NodeProcess> _nodes = [];

    private NodesUnderTest()
    {
    }

    public IReadOnlyList<NodeProcess> Nodes => _nodes;

    /// <summary>The node that has the model.</summary>
    public NodeProcess Holder { get; private set; } = null!;

    /// <summary>Starts them one after the other, deploys the model, and waits until one node answers for all.</summary>
    /// <exception cref="InvalidOperationException">They were not ready in time.</exception>
    public static async Task<NodesUnderTest> StartAsync(
        int count, DigitSamples samples, TextWriter progress, CancellationToken cancellation)
    {
        var mesh = new NodesUnderTest();
        try
        {
            for (int i = 0; i < count; i++)
            {
                string folder = Path.Combine(mesh._folder, $"node{i}");
                NodeProcess node = await NodeProcess
                    .StartAsync(folder, Path.Combine(mesh._folder, "token"), cancellation).ConfigureAwait(false);
                mesh._nodes.Add(node);
                await progress.WriteLineAsync($"{node.Id} is up at {node.Http}").ConfigureAwait(false);
            }

            await mesh.DeployAsync(samples, cancellation).ConfigureAwait(false);
            await progress.WriteLineAsync($"{Model} is on {mesh.Holder.Id}").ConfigureAwait(false);
            return mesh;
        }
        catch
        {
            await mesh.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_nodes.Select(node => node.DisposeAsync().AsTask())).ConfigureAwait(false);
        Directory.Delete(_folder, recursive: true);
    }

    private async Task DeployAsync(DigitSamples samples, CancellationToken cancellation)
    {
        using var client = new NoodleClient([_nodes[0].Http]);
        await UntilAsync("the nodes did not find each other", async () =>
            (await client.GetNodesAsync(cancellation).ConfigureAwait(false))
                .Count(node => node.State == NodeStates.Alive) == _nodes.Count, cancellation).ConfigureAwait(false);
        await using FileStream file = File.OpenRead(DigitSamples.ModelPath);
        await client.DeployAsync(Model, file, 1, cancellation: cancellation).ConfigureAwait(false);
        long since = Stopwatch.GetTimestamp();
        await UntilAsync("the model was not ready on one node for all", async () =>
        {
            // The node that takes the upload runs the model until the one that is to keep it has fetched it.
            NodeProcess? answering = await FindAnsweringAsync(samples, cancellation).ConfigureAwait(false);
            since = answering is not null && answering == Holder ? since : Stopwatch.GetTimestamp();
            Holder = answering ?? Holder;
            return Stopwatch.GetElapsedTime(since) > s_settled;
        }, cancellation).ConfigureAwait(false);
    }

    // The node that answers, whichever is asked; null when there is no such node.
    private async Task<NodeProcess?> FindAnsweringAsync(DigitSamples samples, CancellationToken cancellation)
    {
        HashSet<string> answered = [];
        foreach (NodeProcess node in _nodes)
        {
            using var caller = new NoodleClient([node.Http]);
            try
            {
                using InferResult result = await caller
                    .InferAsync(Model, [samples.Image(0)], null, cancellation).ConfigureAwait(false);
                answered.Add(result.Node);
            }
            catch (NoodleException e) when (e.Fault is NoodleFault.UnknownModel or NoodleFault.Unavailable)
            {
                return null;
            }
        }

        return answered.Count == 1 ? _nodes.Find(node => answered.Contains(node.Id)) : null;
    }

    private static async Task UntilAsync(
        string otherwise, Func<Task<bool>> condition, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        while (!await condition().ConfigureAwait(false))
        {
            if (Stopwatch.GetElapsedTime(start) > s_limit)
            {
                throw new InvalidOperationException($"after {s_limit.TotalSeconds} s {otherwise}");
            }

            await Task.Delay(s_period, cancellation).ConfigureAwait(false);
        }
    }
}
