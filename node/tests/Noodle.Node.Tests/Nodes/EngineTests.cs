using System.Net;
using Google.Protobuf;
using Noodle.Client;
using Noodle.Client.Control;
using Noodle.Node.Models;
using NoodleNet.Talk;

namespace Noodle.Node.Tests.Nodes;

/// <summary>Which engine runs a model, as asked for and as told, on the node asked and on another.</summary>
public sealed class EngineTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("nbc", "noodle_onnx")]
    [InlineData("onnxruntime", "onnxruntime_onnx")]
    public async Task A_model_runs_on_the_engine_that_it_was_deployed_for_and_every_answer_says_so(
        string backend, string platform)
    {
        await using TestMesh mesh = await TestMesh.StartAsync(2);
        ModelInfo deployed = await DeployAsync(mesh.Nodes[0], "digits", backend);
        Assert.Equal((backend, platform), (deployed.Backend, deployed.Platform));
        foreach (TestNode node in mesh.Nodes) // one of them has it, the other asks that one
        {
            await Eventually.IsTrueAsync(() => Task.FromResult(node.CountReady("digits") == 1), "the model is known");
            using InferResult result = await Digits.InferAsync(node);
            Assert.Equal(backend, result.Engine);
            Assert.Equal(backend, node.View.ListModels().Single().Backend);
            DecisionInfo decision = node.View.ListDecisions(1).Single();
            Assert.Equal(backend, decision.Engine);
            ReplicaInfo replica = node.View.ListReplicas().Single(each => each.State == ReplicaStates.Ready);
            Assert.Equal((backend, ""), (replica.Engines!.Single().Engine, replica.Engines!.Single().Shapes));
        }
    }

    [Fact]
    public async Task Without_a_choice_the_faster_engine_is_found_and_its_times_are_told_to_other_nodes()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(2);
        Assert.Equal("auto", (await Digits.DeployAsync(mesh.Nodes[0], 1)).Backend);
        HashSet<string> engines = [];
        await Eventually.IsTrueAsync(
            async () =>
            {
                using InferResult result = await Digits.InferAsync(mesh.Nodes[0]);
                engines.Add(result.Engine);
                return mesh.Nodes.All(node => node.View.ListReplicas()
                    .SelectMany(replica => replica.Engines ?? []).Any(choice => choice.Engine is not null));
            },
            "both nodes know which engine won");
        Assert.All(engines, engine => Assert.Contains(engine, (string[])["nbc", "onnxruntime"]));
        foreach (TestNode node in mesh.Nodes)
        {
            EngineInfo choice = node.View.ListReplicas().SelectMany(replica => replica.Engines ?? [])
                .Single(each => each.Engine is not null);
            Assert.Equal("image [1, 1, 8, 8]", choice.Shapes);
            Assert.Equal(["nbc", "onnxruntime"], choice.Times.Select(time => time.Engine));
            Assert.All(choice.Times, time => Assert.InRange(time.TimeUs, 1, 1e7));
        }
    }

    [Fact]
    public async Task One_file_may_be_deployed_for_several_engines_at_once()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(1);
        TestNode node = mesh.Nodes[0];
        foreach (string backend in new[] { "nbc", "onnxruntime" })
        {
            await DeployAsync(node, backend, backend);
        }

        foreach (string backend in new[] { "nbc", "onnxruntime", "nbc" })
        {
            using InferResult result = await Digits.InferAsync(node, backend);
            Assert.Equal(backend, result.Engine);
        }

        await node.Client.RemoveAsync("nbc", Cancel);
        await Eventually.IsTrueAsync(
            () => Task.FromResult(node.View.ListReplicas().Count == 1), "what nobody wants is unloaded");
        (await Digits.InferAsync(node, "onnxruntime")).Dispose();
    }

    [Fact]
    public async Task What_only_one_engine_has_is_refused_at_the_deployment_for_the_other_by_name()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(1);
        TestNode node = mesh.Nodes[0];
        NoodleException refused = await Assert.ThrowsAsync<NoodleException>(() => node.Client.DeployAsync(
            "strange", new MemoryStream(ModelFiles.WithUnknownOperator()), new DeployOptions { Backend = "nbc" },
            Cancel));
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Contains("'strange' cannot be run by Noodle's own engine", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Nonsense", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(node.Information.Folder, refused.Message, StringComparison.Ordinal);
        Assert.Empty(node.View.ListModels());
    }

    [Fact]
    public async Task An_engine_that_is_none_is_refused()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(1);
        await using FileStream file = File.OpenRead(Digits.ModelPath);
        NoodleException refused = await Assert.ThrowsAsync<NoodleException>(() => mesh.Nodes[0].Client.DeployAsync(
            "m", file, new DeployOptions { Backend = "abacus" }, Cancel));
        Assert.Contains("backend takes auto, nbc or onnxruntime", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_status_and_a_deployment_of_a_node_that_knows_of_no_choice_mean_auto()
    {
        var status = new NodeStatus();
        status.Replicas.Add(new ReplicaStatus { Digest = Digits.Digest, State = ReplicaState.Ready });
        Assert.NotNull(ClusterModels.Find(status, Digits.Digest));
        Assert.Null(ClusterModels.Find(status, Digits.Digest + ":nbc"));
        Assert.True(ClusterModels.HasFile(status, Digits.Digest));
        Assert.Empty(Deployment.Parser.ParseFrom(new Deployment { Digest = Digits.Digest }.ToByteArray()).Backend);
    }

    private static async Task<ModelInfo> DeployAsync(TestNode at, string name, string backend)
    {
        await using FileStream file = File.OpenRead(Digits.ModelPath);
        return await at.Client.DeployAsync(
            name, file, new DeployOptions { Sha256 = Digits.Digest, Backend = backend }, Cancel);
    }
}
