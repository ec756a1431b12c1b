using Noodle.Client.Control;
using Noodle.Node.Options;

namespace Noodle.Node.Tests.Nodes;

/// <summary>Real nodes that lived apart for a while.</summary>
public sealed class HealingTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_nodes_that_were_apart_agree_when_they_meet_and_keep_what_each_deployed()
    {
        await using var mesh = new TestMesh(multicast: false);
        TestNode stays = await mesh.AddAsync();
        NodeOptions options = mesh.OptionsFor("cut-off");
        TestNode cutOff = await mesh.StartAsync(options);
        await mesh.UntilAllSeeAsync(2);
        await Digits.DeployAsync(stays, 2, "before");
        await Eventually.IsTrueAsync(
            () => Task.FromResult(cutOff.CountReady("before") == 2), "both have the first model");
        await cutOff.StopAsync();

        cutOff = await mesh.StartAsync(options with { Join = [] }); // it lives, and finds nobody
        await stays.Client.RemoveAsync("before", Cancel);
        await Digits.DeployAsync(stays, 1, "here");
        await Digits.DeployAsync(cutOff, 1, "there");
        Assert.Equal(["before", "there"], Names(cutOff));
        Assert.Equal(["here"], Names(stays));
        await cutOff.StopAsync();

        cutOff = await mesh.StartAsync(options);
        await Eventually.IsTrueAsync(
            () => Task.FromResult(Names(stays).SequenceEqual(["here", "there"])
                && Names(cutOff).SequenceEqual(["here", "there"])),
            "both list what either deployed, and not what was removed");
        foreach (string name in new[] { "here", "there" })
        {
            (await Digits.InferAsync(stays, name)).Dispose();
            (await Digits.InferAsync(cutOff, name)).Dispose();
        }
    }

    [Fact]
    public async Task A_model_of_several_chunks_is_pulled_whole()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(3);
        byte[] file = ModelFiles.OfSize(5 << 20);
        ModelInfo deployed = await mesh.Nodes[0].Client.DeployAsync("large", new MemoryStream(file), 3, null, Cancel);
        await Eventually.IsTrueAsync(
            () => Task.FromResult(mesh.Nodes.All(node => node.CountReady("large") == 3)), "all three have it");
        Assert.All(mesh.Nodes, node => Assert.Equal(
            file, File.ReadAllBytes(Path.Combine(node.StorePath, deployed.Digest[..2], deployed.Digest))));
        Assert.All(mesh.Nodes, node => Assert.Empty(
            Directory.GetFiles(Path.Combine(node.Information.Folder, "models", "partial"))));
    }

    private static string[] Names(TestNode node) => [.. node.View.ListModels().Select(model => model.Name)];
}
