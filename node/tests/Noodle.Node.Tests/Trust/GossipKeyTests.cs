using Noodle.Client;
using Noodle.Client.Control;
using Noodle.Node.Tests.Nodes;

namespace Noodle.Node.Tests.Trust;

public sealed class GossipKeyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_gossip_key_changes_under_calls_and_a_node_that_was_off_gets_it()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(3, multicast: false);
        (TestNode founder, TestNode away) = (mesh.Nodes[0], mesh.Nodes[2]);
        await Digits.DeployAsync(founder, 2);
        using var client = new NoodleClient([founder.Http, mesh.Nodes[1].Http]);
        await away.StopAsync();
        await Eventually.IsTrueAsync(
            () => Task.FromResult(new[] { founder.Id, mesh.Nodes[1].Id }.All(founder.ReadyAt("digits").Contains)),
            "two nodes have the model");
        string old = Assert.Single((await founder.Client.GetGossipKeysAsync(Cancel)).Keys);

        using var enough = new CancellationTokenSource();
        int answered = 0;
        Task calling = Task.Run(
            async () =>
            {
                while (!enough.IsCancellationRequested)
                {
                    using InferResult result = await client.InferAsync("digits", [Digits.Image], null, Cancel);
                    await Digits.AssertRightAsync(result.Outputs);
                    answered++;
                }
            },
            Cancel);
        Assert.Equal("installing", (await founder.Client.RotateGossipKeyAsync(Cancel)).Phase is "settled"
            ? await NextPhaseAsync(founder) : "installing");
        await Eventually.IsTrueAsync(
            async () => await founder.Client.GetGossipKeysAsync(Cancel) is { Phase: "settled", Keys: [var key] }
                && key != old, "the key is another one");
        await Eventually.IsTrueAsync(
            async () => (await mesh.Nodes[1].Client.GetGossipKeysAsync(Cancel)).Keys
                is [var key] && key != old, "at the other node too");
        await enough.CancelAsync();
        await calling.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        Assert.True(answered > 20);
        Assert.All([founder, mesh.Nodes[1]], node =>
            Assert.Equal(2, node.View.ListNodes().Count(each => each.State == NodeStates.Alive)));

        TestNode back = await mesh.StartAsync(away.Options); // with the old key, which nobody opens any more
        await mesh.UntilAllSeeAsync(3);
        Assert.Equal("member", back.Information.Membership);
    }

    [Fact]
    public async Task Only_an_admin_changes_the_gossip_key()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(2, multicast: false);
        NoodleException refused = await Assert.ThrowsAsync<NoodleException>(
            () => mesh.Nodes[1].Client.RotateGossipKeyAsync(Cancel));
        Assert.Contains("no admin", refused.Message);
    }

    private static async Task<string> NextPhaseAsync(TestNode node)
    {
        string phase = "settled";
        await Eventually.IsTrueAsync(
            async () => (phase = (await node.Client.GetGossipKeysAsync(Cancel)).Phase) != "settled", "it begins");
        return phase == "using" ? "installing" : phase; // the step before may be over already
    }
}
