using Noodle.Client.Control;
using Noodle.Node.Options;
using NoodleNet.Runtime.Storage;
using NoodleNet.Runtime.Trust;

namespace Noodle.Node.Tests.Nodes;

public sealed class DiscoveryTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_founder_and_two_joiners_see_and_reach_each_other(bool multicast)
    {
        await using TestMesh mesh = await TestMesh.StartAsync(3, multicast);
        Assert.Equal(["founded", "joined", "joined"], mesh.Nodes.Select(node => node.Information.Membership));
        Assert.Single(mesh.Nodes.Select(node => node.Information.MeshName).Distinct());
        foreach (TestNode node in mesh.Nodes)
        {
            IReadOnlyList<NodeInfo> seen = await node.Client.GetNodesAsync(TestContext.Current.CancellationToken);
            Assert.Equal(node.Id, Assert.Single(seen, entry => entry.Self).Id);
            Assert.Equal(node.Id, seen[0].Id);
            Assert.Equal(mesh.Nodes.Select(other => other.Id).Order(), seen.Select(entry => entry.Id).Order());
            Assert.All(seen, entry => Assert.Equal(
                mesh.Nodes.Single(other => other.Id == entry.Id).Http.GetLeftPart(UriPartial.Authority), entry.Http));
            Assert.All(seen, entry => Assert.NotEmpty(entry.Version));
        }
    }

    [Fact]
    public async Task A_second_mesh_on_the_same_beacon_port_stays_its_own()
    {
        await using TestMesh one = await TestMesh.StartAsync(2);
        await using var other = new TestMesh(beaconPort: one.BeaconPort);
        TestNode stranger = await other.AddAsync();
        await other.AddAsync(); // joins by multicast among the beacons of both
        await other.UntilAllSeeAsync(2);
        Assert.NotEqual(one.Nodes[0].Information.MeshName, stranger.Information.MeshName);
        Assert.All(one.Nodes, node => Assert.Equal(2, node.View.ListNodes().Count));
        Assert.All(other.Nodes, node => Assert.Equal(2, node.View.ListNodes().Count));
    }

    [Fact]
    public async Task Two_nodes_of_one_data_folder_get_a_folder_and_an_id_each_even_when_they_start_at_once()
    {
        await using var mesh = new TestMesh();
        NodeOptions shared = mesh.OptionsFor("shared") with { TokenFile = null };
        await Task.WhenAll(mesh.StartAsync(shared), mesh.StartAsync(shared));
        await mesh.UntilAllSeeAsync(2);
        Assert.Equal(2, mesh.Nodes.Select(node => node.Id).Distinct().Count());
        Assert.Equal(
            ["node-1", "node-2"], mesh.Nodes.Select(node => Path.GetFileName(node.Information.Folder)).Order());
        Assert.Equal(["founded", "joined"], mesh.Nodes.Select(node => node.Information.Membership).Order());
        Assert.Equal(
            mesh.Nodes.Select(node => node.Http.ToString()).Order(),
            NodeFolder.FindRunning(shared.Data!).Select(running => running.Url).Order());
    }

    [Fact]
    public async Task A_node_that_was_started_again_is_the_same_member_with_the_same_deployments()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(2);
        (TestNode first, TestNode second) = (mesh.Nodes[0], mesh.Nodes[1]);
        await Digits.DeployAsync(first, 2);
        await second.StopAsync();
        await Eventually.IsTrueAsync(() => Task.FromResult(first.StateOf(second.Id) == NodeStates.Left), "it has left");
        await Digits.DeployAsync(first, 2, "later");

        TestNode again = await mesh.StartAsync(second.Options);
        Assert.Equal((second.Id, "member"), (again.Id, again.Information.Membership));
        await mesh.UntilAllSeeAsync(2);
        await Eventually.IsTrueAsync(
            () => Task.FromResult(again.CountReady("later") == 2 && first.CountReady("digits") == 2), "both have both");
        (await Digits.InferAsync(again, "later")).Dispose();
    }

    [Theory]
    [InlineData("noodle1.garbage", "not usable")]
    [InlineData("what is this", "not usable")]
    public async Task A_token_file_without_a_token_is_named(string content, string reason)
    {
        await using var mesh = new TestMesh();
        await WriteTokenAsync(mesh, content);
        StorageException error = await Assert.ThrowsAsync<StorageException>(() => mesh.AddAsync());
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains(mesh.TokenFile, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_of_a_mesh_that_is_not_there_ends_in_one_sentence()
    {
        await using var mesh = new TestMesh();
        TestNode founder = await mesh.AddAsync();
        await founder.StopAsync();
        TrustException error = await Assert.ThrowsAsync<TrustException>(
            () => mesh.AddAsync(options => options with { JoinTimeout = TimeSpan.FromSeconds(1) }));
        Assert.Contains("within 1 s", error.Message, StringComparison.Ordinal);
        Assert.Contains("--join", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_token_of_another_mesh_does_not_let_in_at_the_address_given()
    {
        await using TestMesh one = await TestMesh.StartAsync(1);
        await using TestMesh other = await TestMesh.StartAsync(1);
        await Assert.ThrowsAsync<TrustException>(() => one.AddAsync(options => options with
        {
            TokenFile = other.TokenFile,
            Multicast = false,
            Join = [one.Nodes[0].Information.Mesh.ToString()],
            JoinTimeout = TimeSpan.FromSeconds(2),
        }));
        Assert.Single(one.Nodes[0].View.ListNodes());
    }

    [Fact]
    public async Task A_member_given_the_token_of_another_mesh_is_told_so()
    {
        await using TestMesh one = await TestMesh.StartAsync(1);
        await using TestMesh other = await TestMesh.StartAsync(1);
        await one.Nodes[0].StopAsync();
        TrustException error = await Assert.ThrowsAsync<TrustException>(
            () => one.StartAsync(one.Nodes[0].Options with { TokenFile = other.TokenFile }));
        Assert.Contains("is a member of mesh", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_names_a_node_to_join_but_has_no_token_does_not_found_a_mesh_of_its_own()
    {
        await using var mesh = new TestMesh(multicast: false);
        TrustException error = await Assert.ThrowsAsync<TrustException>(
            () => mesh.AddAsync(options => options with { Join = ["127.0.0.1:1"] }));
        Assert.Contains("no join token", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(mesh.TokenFile));
    }

    private static async Task WriteTokenAsync(TestMesh mesh, string content)
    {
        await File.WriteAllTextAsync(mesh.TokenFile, content);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(mesh.TokenFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }
}
