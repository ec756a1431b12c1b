using System.Net;
using System.Net.Sockets;
using System.Text;
using Nbc.Tensors;
using Noodle.Client;
using Noodle.Client.Control;

namespace Noodle.Node.Tests.Nodes;

/// <summary>Bad calls of a good model: one sentence each, from the node asked and from the one that runs it.</summary>
public sealed class InferApiTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, Tensor, string> BadInputs => new()
    {
        { "name", Digits.Image with { Name = "picture" }, "picture" },
        { "shape", Digits.Image with { Shape = [1, 1, 4, 16] }, "image" },
        { "rank", Digits.Image with { Shape = [64] }, "image" },
        { "type", Digits.Image with { Type = ElementType.Int32 }, "INT32" },
    };

    [Theory]
    [MemberData(nameof(BadInputs))]
    public async Task A_wrong_tensor_is_named_and_the_node_stays_up(string what, Tensor input, string named)
    {
        Assert.NotEmpty(what);
        await using TestMesh mesh = await TestMesh.StartAsync(2);
        await Digits.DeployAsync(mesh.Nodes[0], 1);
        foreach (TestNode node in mesh.Nodes)
        {
            await Eventually.IsTrueAsync(() => Task.FromResult(node.CountReady("digits") == 1), "the model is known");
            NoodleException error = await Assert.ThrowsAsync<NoodleException>(
                () => node.Client.InferAsync("digits", [input], null, Cancel));
            Assert.Equal((NoodleFault.InvalidInput, HttpStatusCode.BadRequest), (error.Fault, error.Status));
            Assert.Contains(named, error.Message, StringComparison.Ordinal);
            (await Digits.InferAsync(node)).Dispose();
        }
    }

    [Theory]
    [InlineData("nbc")]
    [InlineData("onnxruntime")]
    public async Task A_call_is_seen_where_it_runs_and_ends_there_at_its_deadline(string backend)
    {
        await using TestMesh mesh = await TestMesh.StartAsync(2);
        using (MemoryStream file = new(ModelFiles.Loop()))
        {
            await mesh.Nodes[0].Client.DeployAsync("loop", file, new DeployOptions { Backend = backend }, Cancel);
        }

        string id = mesh.Nodes[0].View.ListReplicas().Single(replica => replica.State == "ready").Node;
        TestNode holder = mesh.Nodes.Single(node => node.Id == id), other = mesh.Nodes.Single(node => node.Id != id);
        await Eventually.IsTrueAsync(() => Task.FromResult(other.CountReady("loop") == 1), "the model is known");
        foreach ((TestNode asked, string owner) in new[] { (holder, "http"), (other, other.Id) })
        {
            Tensor[] inputs =
            [
                new("trips", ElementType.Int64, [], BitConverter.GetBytes(1L << 62)),
                new("on", ElementType.Bool, [], new byte[] { 1 }),
                new("x", ElementType.Float32, [], new byte[4]),
            ];
            Task<NoodleException> call = Assert.ThrowsAsync<NoodleException>(() => asked.Client.InferAsync(
                "loop", inputs, new InferOptions { Timeout = TimeSpan.FromSeconds(3) }, Cancel));
            TaskInfo? seen = null;
            await Eventually.IsTrueAsync(
                async () => (seen = (await holder.Client.GetTasksAsync(Cancel)).SingleOrDefault()) is not null,
                "the run is seen");
            Assert.Equal(("loop", owner), (seen!.Name, seen.Owner));
            Assert.InRange(seen.LeftUs!.Value, 0, 3_000_000 - seen.AgeUs);
            Assert.Equal(NoodleFault.DeadlineExceeded, (await call).Fault);
            await Eventually.IsTrueAsync(
                () => Task.FromResult(holder.View.ListTasks().Count == 0), "the run has ended");
        }
    }

    [Fact]
    public async Task Names_that_do_not_fit_into_a_message_between_nodes_are_refused_in_one_sentence()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(2);
        await Digits.DeployAsync(mesh.Nodes[0], 1);
        string holder = mesh.Nodes[0].View.ListReplicas().Single(replica => replica.State == "ready").Node;
        TestNode other = mesh.Nodes.Single(node => node.Id != holder);
        await Eventually.IsTrueAsync(() => Task.FromResult(other.CountReady("digits") == 1), "the model is known");
        Tensor[] inputs = [.. Enumerable.Range(0, 300).Select(i => Digits.Image with { Name = new string('x',
            300) + i })];
        NoodleException error = await Assert.ThrowsAsync<NoodleException>(
            () => other.Client.InferAsync("digits", inputs, null, Cancel));
        Assert.Equal(NoodleFault.InvalidInput, error.Fault);
        (await Digits.InferAsync(other)).Dispose();
    }

    [Fact]
    public async Task Three_gigabytes_announced_are_refused_before_they_come()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(1);
        TestNode node = mesh.Nodes[0];
        await Digits.DeployAsync(node, 1);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, node.Http.Port, Cancel);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v2/models/digits/infer HTTP/1.1\r\n" +
            $"Host: {node.Http.Authority}\r\nContent-Length: 3221225472\r\n\r\n"), Cancel);
        byte[] buffer = new byte[4096];
        int read = await stream.ReadAsync(buffer, Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Cancel);
        string answer = Encoding.ASCII.GetString(buffer, 0, read);
        Assert.StartsWith("HTTP/1.1 413", answer, StringComparison.Ordinal);
        (await Digits.InferAsync(node)).Dispose();
    }
}
