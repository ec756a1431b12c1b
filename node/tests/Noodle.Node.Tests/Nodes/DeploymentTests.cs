using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Ahr.Planning;
using Noodle.Client;
using Noodle.Client.Control;

namespace Noodle.Node.Tests.Nodes;

public sealed class DeploymentTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_model_deployed_at_one_node_answers_at_every_node_and_lies_only_where_it_belongs(int replicas)
    {
        await using TestMesh mesh = await TestMesh.StartAsync(3);
        ModelInfo deployed = await Digits.DeployAsync(mesh.Nodes[0], replicas);
        Assert.Equal((1, Digits.Digest, replicas), (deployed.Version, deployed.Digest, deployed.Ready));
        HashSet<string> holders = [.. ReplicaPlacement.Rank(
            Digits.Digest, [.. mesh.Nodes.Select(node => node.Information.Id)], replicas).Select(node =>
                node.ToString())];
        await Eventually.IsTrueAsync(
            () => Task.FromResult(mesh.Nodes.All(node => holders.SetEquals(node.ReadyAt("digits")))),
            "the model has moved to where it belongs, and all nodes know");
        foreach (TestNode node in mesh.Nodes)
        {
            using InferResult result = await Digits.InferAsync(node);
            Assert.Contains(result.Node, holders);
            await AskInJsonAsync(node);
        }

        Assert.All(mesh.Nodes.Where(node => holders.Contains(node.Id)), node => Assert.True(node.HasFile(
            Digits.Digest)));
        DecisionInfo decision = (await mesh.Nodes[2].Client.GetDecisionsAsync(1, Cancel)).Single();
        Assert.Equal(("digits", "None"), (decision.Model, decision.Outcome));
        Assert.Equal(3, decision.Scores.Count);
        Assert.All(decision.Scores, score => Assert.NotEmpty(score.Reason));
    }

    [Fact]
    public async Task A_removed_model_is_gone_everywhere_with_its_file_and_can_be_deployed_again()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(2);
        await Digits.DeployAsync(mesh.Nodes[0], 2);
        await mesh.Nodes[1].Client.RemoveAsync("digits", Cancel);
        await Eventually.IsTrueAsync(
            () => Task.FromResult(mesh.Nodes.All(node => node.View.ListModels().Count == 0 && !node.HasFile(
                Digits.Digest))),
            "no node has the model or its file");
        NoodleException gone = await Assert.ThrowsAsync<NoodleException>(() => Digits.InferAsync(mesh.Nodes[0]));
        Assert.Equal((NoodleFault.UnknownModel, HttpStatusCode.NotFound), (gone.Fault, gone.Status));
        NoodleException twice = await Assert.ThrowsAsync<NoodleException>(
            () => mesh.Nodes[0].Client.RemoveAsync("digits", Cancel));
        Assert.Equal(NoodleFault.UnknownModel, twice.Fault);

        await Digits.DeployAsync(mesh.Nodes[1], 2);
        (await Digits.InferAsync(mesh.Nodes[0])).Dispose();
    }

    [Fact]
    public async Task What_is_deployed_or_removed_at_one_node_is_known_at_the_others_when_it_is_done()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(3, multicast: false);
        for (int time = 0; time < 20; time++)
        {
            (TestNode at, TestNode other) = (mesh.Nodes[time % 3], mesh.Nodes[(time + 1) % 3]);
            await Digits.DeployAsync(at, 1 + (time % 3));
            (await Digits.InferAsync(other)).Dispose();
            await at.Client.RemoveAsync("digits", Cancel);
            Assert.Empty(other.View.ListModels());
        }
    }

    [Fact]
    public async Task A_model_deployed_again_under_its_name_counts_its_version_up_and_the_old_file_goes()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(2);
        Assert.Equal(1, (await Digits.DeployAsync(mesh.Nodes[0], 2)).Version);
        Assert.Equal(2, (await Digits.DeployAsync(mesh.Nodes[1], 2)).Version);
        using var changed = new MemoryStream(ModelFiles.WithAnotherDigest());
        ModelInfo third = await mesh.Nodes[1].Client.DeployAsync("digits", changed, 2, null, Cancel);
        Assert.Equal(3, third.Version);
        Assert.NotEqual(Digits.Digest, third.Digest);
        await Eventually.IsTrueAsync(
            () => Task.FromResult(mesh.Nodes.All(node => node.HasFile(third.Digest) && !node.HasFile(Digits.Digest))),
            "the file of the old version is gone, and that of the new one is there");
        (await Digits.InferAsync(mesh.Nodes[0])).Dispose();
        Assert.All(mesh.Nodes, node => Assert.Equal(third.Digest, Assert.Single(node.View.ListModels()).Digest));
    }

    [Fact]
    public async Task Two_names_share_one_file_until_the_last_of_them_is_removed()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(1);
        TestNode node = mesh.Nodes[0];
        await Task.WhenAll(Digits.DeployAsync(node, 1, "a"), Digits.DeployAsync(node, 1, "b"));
        await node.Client.RemoveAsync("a", Cancel);
        (await Digits.InferAsync(node, "b")).Dispose();
        Assert.True(node.HasFile(Digits.Digest));
        await node.Client.RemoveAsync("b", Cancel);
        await Eventually.IsTrueAsync(() => Task.FromResult(!node.HasFile(Digits.Digest)), "the file is gone");
    }

    [Fact]
    public async Task Deployments_of_one_name_at_once_get_a_version_each()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(1);
        ModelInfo[] all = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Digits.DeployAsync(mesh.Nodes[0], 1)));
        Assert.Equal([1, 2, 3, 4, 5, 6], all.Select(model => model.Version).Order());
    }

    [Fact]
    public async Task Replicas_of_a_dead_node_are_made_good_by_a_node_that_fetches_the_file()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(3);
        await Digits.DeployAsync(mesh.Nodes[0], 2);
        await Eventually.IsTrueAsync(
            () => Task.FromResult(mesh.Nodes.All(node => node.CountReady("digits") == 2)), "two replicas are known");
        HashSet<string> holders = [.. mesh.Nodes[1].View.ListReplicas()
            .Where(replica => replica.State == ReplicaStates.Ready).Select(replica => replica.Node)];
        TestNode victim = mesh.Nodes.First(node => holders.Contains(node.Id));
        TestNode spare = mesh.Nodes.Single(node => !holders.Contains(node.Id));
        await victim.DisposeAsync();
        await Eventually.IsTrueAsync(
            () => Task.FromResult(spare.View.ListReplicas().Any(
                replica => replica.Node == spare.Id && replica.State == ReplicaStates.Ready)),
            "the third node has taken the model over");
        Assert.True(spare.HasFile(Digits.Digest));
        using InferResult result = await Digits.InferAsync(spare);
        Assert.NotEqual(victim.Id, result.Node);
    }

    private static async Task AskInJsonAsync(TestNode node)
    {
        var body = new
        {
            inputs = new[]
            {
                new { name = "image", datatype = "FP32", shape = new[] { 1, 1, 8, 8 }, data = Enumerable.Repeat(0.5,
                    64) },
            },
        };
        using HttpResponseMessage answer = await node.Web.PostAsJsonAsync("v2/models/digits/infer", body, Cancel);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using JsonDocument json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel));
        JsonElement scores = json.RootElement.GetProperty("outputs").EnumerateArray()
            .Single(output => output.GetProperty("name").GetString() == "scores");
        Assert.Equal(1.0, scores.GetProperty("data").EnumerateArray().Sum(value => value.GetDouble()), 4);
    }
}
