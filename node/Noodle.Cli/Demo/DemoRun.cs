using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Processes;
using Noodle.Client;
using Noodle.Client.Control;

namespace Noodle.Cli.Demo;

/// <summary>The story of the demo, from three processes to the killed one.</summary>
internal sealed class DemoRun(DemoReport report, int requests, bool once, bool json)
{
    private const int NodeCount = 3;
    private const int Replicas = 2;
    private const string Model = "digits";
    private static readonly TimeSpan s_discoverLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_failedLimit = TimeSpan.FromSeconds(30);

    private readonly List<NodeProcess> _nodes = [];

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        string folder = Directory.CreateTempSubdirectory("noodle-demo-").FullName; // 0700
        try
        {
            return await TellAsync(folder, cancellation);
        }
        finally
        {
            await Task.WhenAll(_nodes.Select(node => node.DisposeAsync().AsTask()));
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<int> TellAsync(string folder, CancellationToken cancellation)
    {
        DigitSamples samples = await DigitSamples.LoadAsync(cancellation);
        double discoverMs = await StartNodesAsync(folder, cancellation);
        using var client = new NoodleClient([.. _nodes.Select(node => node.Http)]);
        await DeployAsync(cancellation);
        await AskEachAsync(samples, cancellation);
        NodeProcess victim = await FindVictimAsync(cancellation);
        report.Step($"{requests} requests from {DemoLoad.Callers} callers at once, and SIGKILL amid them to " +
            $"{DemoReport.Short(victim.Id)}, one of the two that have the model");
        LoadReport load = await new DemoLoad(client, samples, Model).RunAsync(requests, victim, cancellation);
        report.Load(load);
        await ShowRecoveryAsync(victim, cancellation);
        if (json)
        {
            PrintJson(discoverMs, load, victim);
        }

        bool good = load.Answered == load.Sent && load.Wrong == 0;
        report.Step(good ? "Nothing was lost and nothing was wrong."
            : "Something was lost or wrong; the lines above say what.");
        if (!once)
        {
            await StayAsync(cancellation);
        }

        return good ? ExitCodes.Success : ExitCodes.Failed;
    }

    private async Task<double> StartNodesAsync(string folder, CancellationToken cancellation)
    {
        report.Step("Three nodes, each a process of its own; the first makes the mesh, the others join with its token");
        string token = Path.Combine(folder, "token");
        _nodes.Add(await NodeProcess.StartAsync(Path.Combine(folder, "a"), token, cancellation));
        _nodes.AddRange(await Task.WhenAll(
            NodeProcess.StartAsync(Path.Combine(folder, "b"), token, cancellation),
            NodeProcess.StartAsync(Path.Combine(folder, "c"), token, cancellation)));
        long ready = Stopwatch.GetTimestamp();
        NoodleClient[] clients = [.. _nodes.Select(node => new NoodleClient([node.Http]))];
        try
        {
            await UntilAsync(
                async () => (await Task.WhenAll(clients.Select(client => client.GetNodesAsync(cancellation))))
                    .All(list => list.Count(node => node.State == NodeStates.Alive) == NodeCount),
                s_discoverLimit, "the three nodes did not find each other", cancellation);
        }
        finally
        {
            Array.ForEach(clients, client => client.Dispose());
        }

        double discoverMs = Stopwatch.GetElapsedTime(ready).TotalMilliseconds;
        report.Nodes(_nodes);
        report.Line(string.Create(CultureInfo.InvariantCulture,
            $"found each other by multicast on loopback: all three listed all three {discoverMs:0} ms after " +
            $"the last was ready"));
        return discoverMs;
    }

    private async Task DeployAsync(CancellationToken cancellation)
    {
        report.Step($"A real model, deployed at {DemoReport.Short(_nodes[2].Id)} with two replicas: " +
            "two nodes hold it, all three answer");
        using var client = new NoodleClient([_nodes[2].Http]);
        await using FileStream file = File.OpenRead(DigitSamples.ModelPath);
        report.Model(await client.DeployAsync(Model, file, Replicas, cancellation: cancellation));
    }

    /// <summary>A node that has the model loaded; not the first, which is asked about the others later.</summary>
    private async Task<NodeProcess> FindVictimAsync(CancellationToken cancellation)
    {
        using var client = new NoodleClient([_nodes[0].Http]);
        IReadOnlyList<ReplicaInfo> replicas = await client.GetReplicasAsync(cancellation);
        return _nodes.Skip(1).First(
            node => replicas.Any(replica => replica.Node == node.Id && replica.State == ReplicaStates.Ready));
    }

    private async Task AskEachAsync(DigitSamples samples, CancellationToken cancellation)
    {
        report.Step("Handwritten digits that the model has never seen, sent to each node");
        for (int i = 0; i < _nodes.Count; i++)
        {
            using var client = new NoodleClient([_nodes[i].Http]);
            for (int j = 0; j < 2; j++) // the first call of a process pays for its warm-up
            {
                int index = (i * 7) + j;
                long start = Stopwatch.GetTimestamp();
                using InferResult result = await client.InferAsync(Model, [samples.Image(index)], null, cancellation);
                double ms = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                report.Answer(_nodes[i], result, DigitSamples.DigitOf(result.Outputs), samples.Label(index), ms);
            }
        }
    }

    private async Task ShowRecoveryAsync(NodeProcess victim, CancellationToken cancellation)
    {
        using var client = new NoodleClient([_nodes[0].Http]);
        long start = Stopwatch.GetTimestamp();
        await UntilAsync(
            async () => (await client.GetNodesAsync(cancellation)).Any(
                node => node.Id == victim.Id && node.State == NodeStates.Failed),
            s_failedLimit, $"{DemoReport.Short(victim.Id)} was not seen as failed", cancellation);
        report.Line(string.Create(CultureInfo.InvariantCulture,
            $"calls avoided the dead node at once; membership lists it as failed {Seconds(start)} s after the load"));
        await UntilAsync(
            async () => (await client.GetModelsAsync(cancellation)).Any(model => model.Ready == Replicas),
            s_failedLimit, "the lost replica was not made up for", cancellation);
        report.Line(string.Create(CultureInfo.InvariantCulture,
            $"the third node pulled the model and took its place: {Replicas} replicas again after {Seconds(start)} s"));
    }

    private static string Seconds(long start) =>
        Stopwatch.GetElapsedTime(start).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);

    private static async Task UntilAsync(
        Func<Task<bool>> condition, TimeSpan limit, string otherwise, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(start) > limit)
            {
                throw new CliException(ExitCodes.Failed, $"After {limit.TotalSeconds} s {otherwise}.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), cancellation);
        }
    }

    private static void PrintJson(double discoverMs, LoadReport load, NodeProcess victim)
    {
        using Stream output = Console.OpenStandardOutput();
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            writer.WriteNumber("nodes", NodeCount);
            writer.WriteNumber("discoverMs", Math.Round(discoverMs, 1));
            writer.WriteString("model", Model);
            writer.WriteNumber("sent", load.Sent);
            writer.WriteNumber("answered", load.Answered);
            writer.WriteNumber("wrong", load.Wrong);
            writer.WriteNumber("retried", load.Retried);
            writer.WriteNumber("p50Ms", Math.Round(load.P50Ms, 3));
            writer.WriteNumber("p99Ms", Math.Round(load.P99Ms, 3));
            writer.WriteString("killed", victim.Id);
            writer.WriteStartObject("engines");
            foreach ((string engine, int answers) in load.Engines)
            {
                writer.WriteNumber(engine, answers);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }

    private async Task StayAsync(CancellationToken cancellation)
    {
        Uri node = _nodes[0].Http;
        report.Step("Two nodes are still up. Try, in another terminal:");
        report.Line($"./noodle nodes --node {node}");
        report.Line($"./noodle run digits --node {node} --input samples/models/seven.png");
        report.Line($"./noodle decisions --node {node}");
        report.Line($"curl {node}v2/models/digits");
        report.Line("Ctrl-C ends the demo and cleans up.");
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
        }
        catch (OperationCanceledException)
        {
            report.Step("Stopping the nodes.");
        }
    }
}
