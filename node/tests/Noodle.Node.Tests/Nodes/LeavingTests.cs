using Noodle.Client;
using Noodle.Client.Control;
using Noodle.Node.Hosting;

namespace Noodle.Node.Tests.Nodes;

public sealed class LeavingTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_told_to_stop_leaves_and_no_call_that_runs_meanwhile_is_lost()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(3);
        await Digits.DeployAsync(mesh.Nodes[0], 3);
        TestNode leaver = mesh.Nodes[1];
        using var client = new NoodleClient([.. mesh.Nodes.Select(node => node.Http)]);
        int answered = 0;
        using var enough = new CancellationTokenSource();
        var flowing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task[] callers = [.. Enumerable.Range(0, 16).Select(_ => Task.Run(CallAsync, Cancel))];
        await flowing.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        await leaver.StopAsync();
        await enough.CancelAsync();
        await Task.WhenAll(callers).WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        Assert.True(answered > 100);
        await Eventually.IsTrueAsync(
            () => Task.FromResult(mesh.Nodes[0].StateOf(leaver.Id) == NodeStates.Left &&
                mesh.Nodes[2].StateOf(leaver.Id) == NodeStates.Left),
            "the others list it as left");
        Assert.Empty(Directory.GetFiles(leaver.Options.Data!, "node.json", SearchOption.AllDirectories));

        async Task CallAsync()
        {
            while (!enough.IsCancellationRequested)
            {
                using InferResult result = await client.InferAsync("digits", [Digits.Image], null, Cancel);
                await Digits.AssertRightAsync(result.Outputs);
                if (Interlocked.Increment(ref answered) == 100)
                {
                    flowing.SetResult();
                }
            }
        }
    }

    [Fact]
    public async Task A_node_that_never_came_up_can_be_stopped_and_gives_its_port_back()
    {
        await using var mesh = new TestMesh();
        await File.WriteAllTextAsync(mesh.TokenFile, "no token", Cancel);
        int port = FreePort.Take();
        for (int i = 0; i < 2; i++)
        {
            await Assert.ThrowsAnyAsync<Exception>(() => mesh.AddAsync(options => options with { HttpPort = port }));
        }
    }

    [Fact]
    public async Task A_start_that_is_called_off_while_it_looks_for_its_mesh_ends_at_once()
    {
        await using var mesh = new TestMesh();
        TestNode founder = await mesh.AddAsync();
        await founder.StopAsync(); // its token is left, and nobody who honours it
        await using var app = NodeHost.Build(mesh.OptionsFor("late") with { JoinTimeout = TimeSpan.FromMinutes(1) });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        Task start = app.StartAsync(stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start.WaitAsync(TimeSpan.FromSeconds(20),
            Cancel));
        await app.StopAsync(Cancel); // nothing to leave
    }

    [Fact]
    public async Task A_mesh_port_in_use_is_named()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(1);
        int port = mesh.Nodes[0].Information.Mesh.Port;
        var error = await Assert.ThrowsAsync<PortInUseException>(
            () => mesh.AddAsync(options => options with { MeshPort = port }));
        Assert.Contains($"Port {port} ", error.Message, StringComparison.Ordinal);
        Assert.Contains("--mesh-port", error.Message, StringComparison.Ordinal);
    }
}
