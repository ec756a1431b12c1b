using System.Net;
using Noodle.Client;
using Noodle.Client.Control;

namespace Noodle.Node.Tests.Nodes;

public sealed class MeshTopologyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_nodes_that_cannot_dial_each_other_work_together_through_a_third_until_they_can()
    {
        await using var mesh = new TestMesh(multicast: false);
        TestNode relay = await mesh.AddAsync();
        (int portA, int portB) = (FreePort.Take(), FreePort.Take());
        bool blocked = true;
        TestNode a = await mesh.StartAsync(mesh.OptionsFor("a") with { MeshPort = portA }, MayDial(portB));
        TestNode b = await mesh.StartAsync(mesh.OptionsFor("b") with { MeshPort = portB }, MayDial(portA));
        await mesh.UntilAllSeeAsync(3);
        await Eventually.IsTrueAsync(
            async () => Way(await ReadAsync(a), a, b) is { Kind: "relay", RttMs: not null } link
                && link.Via == relay.Id,
            "a reaches b through the relay, measured");
        await Eventually.IsTrueAsync(
            async () => await ReadAsync(a) is var seen
                && seen.Relays.Any(pair => pair.From == a.Id && pair.To == b.Id && pair.Via == relay.Id)
                && seen.Links.Any(link => link.From == relay.Id && link.To == b.Id && link.Kind == "tcp")
                && seen.Nodes.Single(node => node.Id == b.Id).LoadConfidence > 0,
            "a hears what the relay says of its links, and b's status through the relay");
        await Eventually.IsTrueAsync(
            async () => (await ReadAsync(relay)).Relaying >= 1, "the relay says that it relays");

        await Digits.DeployAsync(a, replicas: 2);
        await Eventually.IsTrueAsync(() => Task.FromResult(a.CountReady("digits") == 2), "two replicas");
        await Digits.InferAsync(a);
        await Digits.InferAsync(b);

        Volatile.Write(ref blocked, false);
        await Eventually.IsTrueAsync(
            async () => Way(await ReadAsync(a), a, b)?.Kind == "tcp" && Way(await ReadAsync(b), b, a)?.Kind == "tcp",
            "the direct way is used once it is open");
        await Eventually.IsTrueAsync(async () => (await ReadAsync(relay)).Relaying == 0, "the relay is let go");
        await Digits.InferAsync(b);

        Func<IPEndPoint, bool> MayDial(int port) => address => !Volatile.Read(ref blocked) || address.Port != port;
    }

    [Fact]
    public async Task A_node_tells_its_load_and_which_node_it_would_choose()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(2, multicast: false);
        TestNode node = mesh.Nodes[0];
        await Eventually.IsTrueAsync(
            async () => await ReadAsync(node) is var seen && seen.Nodes.All(other => other.MemoryFreeBytes > 0)
                && seen.Links.Count(link => link.RttMs > 0) == 2,
            "both tell their load, and each has measured the other");
        MeshInfo all = await node.Client.GetMeshAsync("on(memory>=1KB).qos(latency<10s)", Cancel);
        Assert.Equal(2, all.Nodes.Count);
        Assert.True(all.Nodes[0].Self);
        Assert.Single(all.Nodes, other => other.Chosen == true);
        Assert.All(all.Nodes, other => Assert.True(other.CostMs > 0 && other.Reason is not null && other.Cores > 0));

        MeshInfo nobody = await node.Client.GetMeshAsync("on(npu)", Cancel);
        Assert.All(nobody.Nodes, other => Assert.Equal((false, "npu not known"), (other.Chosen, other.Reason)));
        NoodleException error = await Assert.ThrowsAsync<NoodleException>(
            () => node.Client.GetMeshAsync("on(ram)", Cancel));
        Assert.Contains("'ram' is no name", error.Message, StringComparison.Ordinal);
        using HttpResponseMessage bad = await node.Web.GetAsync("noodle/v1/mesh?payload=much", Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
        Assert.Contains("payload", await bad.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);

        await mesh.Nodes[1].StopAsync();
        await Eventually.IsTrueAsync(
            async () => await ReadAsync(node) is { Nodes.Count: 1, Links.Count: 0 }, "who has left is forgotten");
    }

    private static Task<MeshInfo> ReadAsync(TestNode node) => node.Client.GetMeshAsync(null, Cancel);

    private static MeshLinkInfo? Way(MeshInfo mesh, TestNode from, TestNode to) =>
        mesh.Links.SingleOrDefault(link => link.From == from.Id && link.To == to.Id);
}
