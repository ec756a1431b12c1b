using System.Text.Json;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Demo;
using Noodle.Client;
using Noodle.Client.Control;

namespace Noodle.Cli.Tests.Processes;

/// <summary>Several processes, signals, and the demo.</summary>
public sealed class MeshTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Three_processes_meet_by_join_without_multicast_and_outlive_a_killed_one()
    {
        using var folder = new TemporaryFolder();
        await using UpProcess first = await StartAsync(folder, "a");
        await using UpProcess second = await StartAsync(folder, "b", "--join", first.Link);
        await using UpProcess third = await StartAsync(folder, "c", "--join", first.Link);
        Assert.Equal(["founded", "joined", "joined"],
            new[] { first, second, third }.Select(node => node.Ready.GetProperty("joined").GetString()));
        foreach (UpProcess node in new[] { first, second, third })
        {
            await UntilAsync(node, nodes => nodes.Count(other => other.State == NodeStates.Alive) == 3, "all three");
        }

        (await Command.RunAsync("deploy", Command.Sample("digits.onnx"), "--name", "digits", "--replicas", "3",
            "--node", third.Http))
            .AssertGood();
        first.Kill(); // the founder: no node is needed for calls
        await UntilAsync(second, nodes => nodes.Any(other => other.Id == first.Id && other.State == NodeStates.Failed),
            "it failed");
        foreach (UpProcess node in new[] { second, third })
        {
            (await Command.RunAsync("run", "digits", "--input", Command.Sample("seven.png"), "--node", node.Http))
                .AssertGood();
        }
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_during_calls_lets_them_finish_and_ends_with_0(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no signals there");
        using var folder = new TemporaryFolder();
        await using UpProcess node = await StartAsync(folder, "a");
        await using UpProcess other = await StartAsync(folder, "b", "--join", node.Link);
        (await Command.RunAsync("deploy", Command.Sample("digits.onnx"), "--name", "digits", "--replicas", "2",
            "--node", node.Http))
            .AssertGood();
        DigitSamples samples = await DigitSamples.LoadAsync(Cancel);
        using var client = new NoodleClient([new Uri(node.Http), new Uri(other.Http)]);
        using var enough = new CancellationTokenSource();
        int answered = 0, wrong = 0;
        var flowing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task[] callers = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(CallAsync, Cancel))];
        await flowing.Task.WaitAsync(TimeSpan.FromSeconds(40), Cancel);
        CommandEnd end = await node.SignalAsync(signal);
        await enough.CancelAsync();
        await Task.WhenAll(callers).WaitAsync(TimeSpan.FromSeconds(40), Cancel);
        Assert.Equal((ExitCodes.Success, "", 0), (end.ExitCode, end.Output, wrong));
        Assert.Contains("Left the mesh", end.Error, StringComparison.Ordinal);
        await UntilAsync(other, nodes => nodes.Any(left => left.Id == node.Id && left.State == NodeStates.Left),
            "it left");

        async Task CallAsync()
        {
            while (!enough.IsCancellationRequested)
            {
                int number = Interlocked.Increment(ref answered);
                using InferResult result = await client.InferAsync("digits", [samples.Image(number)], null, Cancel);
                Interlocked.Add(ref wrong, samples.IsRight(number, result.Outputs) ? 0 : 1);
                if (number == 50)
                {
                    flowing.SetResult();
                }
            }
        }
    }

    [Fact]
    public async Task A_signal_while_it_looks_for_its_mesh_ends_it_at_once()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no signals there");
        using var folder = new TemporaryFolder();
        await using (UpProcess founder = await StartAsync(folder, "a"))
        {
            await founder.SignalAsync("TERM");
        }

        using var late = Command.Start(
            [], "up", "--data", folder.File("b"), "--token-file", folder.File("token"), "--no-multicast", "--join",
                "127.0.0.1:1",
            "--http-port", "0", "--mesh-port", "0");
        Task<string> output = late.StandardOutput.ReadToEndAsync(Cancel);
        while (await late.StandardError.ReadLineAsync(Cancel) is { } line && !line.Contains("Looking for mesh",
            StringComparison.Ordinal))
        {
            // until it looks
        }

        using var kill = System.Diagnostics.Process.Start("kill", ["-INT", $"{late.Id}"]);
        CommandEnd end = await Command.EndAsync(late, output, late.StandardError.ReadToEndAsync(Cancel));
        Assert.Equal((ExitCodes.Interrupted, ""), (end.ExitCode, end.Output));
        Assert.DoesNotContain("   at ", end.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_demo_loses_nothing_and_says_so_in_one_object()
    {
        CommandEnd end = (await Command.RunAsync("demo", "--once", "--json", "--requests", "2000")).AssertGood();
        using JsonDocument json = JsonDocument.Parse(Assert.Single(end.Output.Split('\n',
            StringSplitOptions.RemoveEmptyEntries)));
        JsonElement demo = json.RootElement;
        Assert.Equal(
            ["nodes", "discoverMs", "model", "sent", "answered", "wrong", "retried", "p50Ms", "p99Ms", "killed",
                "engines"],
            demo.EnumerateObject().Select(member => member.Name));
        Assert.Equal((3, "digits"), (demo.GetProperty("nodes").GetInt32(), demo.GetProperty("model").GetString()));
        int sent = demo.GetProperty("sent").GetInt32();
        Assert.True(sent >= 1000);
        Assert.Equal((sent, 0), (demo.GetProperty("answered").GetInt32(), demo.GetProperty("wrong").GetInt32()));
        Assert.True(demo.GetProperty("retried").GetInt32() > 0, "nothing was retried");
        Assert.True(demo.GetProperty("discoverMs").GetDouble() < 2000,
            $"discovery took {demo.GetProperty("discoverMs")} ms");
        Assert.True(demo.GetProperty("p50Ms").GetDouble() <= demo.GetProperty("p99Ms").GetDouble());
        Assert.NotEmpty(demo.GetProperty("killed").GetString()!);
        JsonProperty[] engines = [.. demo.GetProperty("engines").EnumerateObject()];
        Assert.All(engines, engine => Assert.Contains(engine.Name, (string[])["nbc", "onnxruntime"]));
        Assert.Equal(sent, engines.Sum(engine => engine.Value.GetInt32()));
    }

    private static Task<UpProcess> StartAsync(TemporaryFolder folder, string name, params string[] more) =>
        UpProcess.StartAsync(
        ["--data", folder.File(name), "--token-file", folder.File("token"), "--no-multicast", .. more]);

    private static async Task UntilAsync(UpProcess node, Predicate<IReadOnlyList<NodeInfo>> condition, string what)
    {
        using var client = new NoodleClient([new Uri(node.Http)]);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(40));
        using var period = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!condition(await client.GetNodesAsync(limit.Token)))
        {
            Assert.True(await period.WaitForNextTickAsync(limit.Token), what);
        }
    }
}
