using System.Security.Cryptography;
using System.Text.Json;
using Ahr.Planning;
using Noodle.Client.Control;
using Noodle.Primitives;

namespace Noodle.Cli.Tests.Processes;

/// <summary>Five hosts on one switch, two of which do not reach each other.</summary>
public sealed class RelaySubnetTests
{
    private const int Hosts = 5;
    private const int Near = 0;
    private const int Far = 4;
    private const int MostMarks = 70;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_host_that_only_a_relay_reaches_is_shown_so_and_answers_for_a_model_that_it_alone_has()
    {
        using var folder = new TemporaryFolder();
        using var subnet = TestSubnet.Lay(Hosts);
        subnet.Block(Near, Far);
        var nodes = new UpProcess?[Hosts];
        try
        {
            nodes[1] = await StartAsync(subnet, folder, 1);
            await Task.WhenAll(Enumerable.Range(0, Hosts).Where(host => host != 1)
                .Select(async host => nodes[host] = await StartAsync(subnet, folder, host)));
            (UpProcess near, UpProcess far) = (nodes[Near]!, nodes[Far]!);
            MeshLinkInfo way = await UntilRelayedAsync(subnet, near, far);
            Assert.Contains(way.Via, nodes.Where(node => node != near && node != far).Select(node => node!.Id));
            CommandEnd shown = (await Command.RunAtAsync(subnet.Host(Near), "mesh", "--node", near.Http)).AssertGood();
            Assert.Contains("relay", shown.Output, StringComparison.Ordinal);

            const string model = "digits";
            (await Command.RunAtAsync(subnet.Host(Far), "deploy", MakeModelFor(far, nodes.OfType<UpProcess>(), folder),
                "--name", model, "--node", far.Http)).AssertGood();
            CommandEnd run = (await Command.RunAtAsync(subnet.Host(Near), "run", model, "--input",
                Command.Sample("seven.png"), "--node", near.Http)).AssertGood();
            Assert.Contains("[7]", run.Output, StringComparison.Ordinal);
            ReplicaInfo only = Assert.Single(await ReplicasAsync(subnet, far, model));
            Assert.Equal((far.Id, ReplicaStates.Ready), (only.Node, only.State));
            Assert.Equal(1, only.Served);
            Assert.Equal("relay", Way(await ReadMeshAsync(subnet, near), near, far)?.Kind);
        }
        finally
        {
            foreach (UpProcess node in nodes.OfType<UpProcess>())
            {
                await node.DisposeAsync();
            }
        }
    }

    private static Task<UpProcess> StartAsync(TestSubnet subnet, TemporaryFolder folder, int host) =>
        UpProcess.StartAtAsync(subnet.Host(host), "--lan", "--data", folder.File($"{host}"),
            "--token-file", folder.File("token"));

    private static MeshLinkInfo? Way(MeshInfo mesh, UpProcess from, UpProcess to) =>
        mesh.Links.SingleOrDefault(link => link.From == from.Id && link.To == to.Id);

    private static async Task<MeshInfo> ReadMeshAsync(TestSubnet subnet, UpProcess near)
    {
        CommandEnd mesh = (await Command.RunAtAsync(subnet.Host(Near), "mesh", "-o", "json", "--node", near.Http))
            .AssertGood();
        return JsonSerializer.Deserialize(mesh.Output, ControlJson.Default.MeshInfo)!;
    }

    private static async Task<MeshLinkInfo> UntilRelayedAsync(TestSubnet subnet, UpProcess near, UpProcess far)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(s_limit);
        string seen = "nothing";
        while (!limit.IsCancellationRequested)
        {
            // A process a look: the host's HTTP is on its own loopback.
            MeshInfo mesh = await ReadMeshAsync(subnet, near);
            if (Way(mesh, near, far) is { Kind: "relay", RttMs: > 0 } way)
            {
                return way;
            }

            seen = string.Join("; ", mesh.Links.Select(link => $"{link.From} {link.To} {link.Kind} {link.Via}"));
        }

        Assert.Fail($"{near.Id} did not reach {far.Id} through a relay: {seen}");
        return null;
    }

    // Which host a model belongs to follows from its digest.
    private static string MakeModelFor(UpProcess far, IEnumerable<UpProcess> all, TemporaryFolder folder)
    {
        NodeId[] nodes = [.. all.Select(node => NodeId.TryParse(node.Id, out NodeId id) ? id : default)];
        for (byte mark = 0; mark < MostMarks; mark++)
        {
            // Another doc_string (field 6 of ModelProto): the same model in another file.
            byte[] model = [.. File.ReadAllBytes(Command.Sample("digits.onnx")), 0x32, 1, (byte)('0' + mark)];
            string digest = Convert.ToHexStringLower(SHA256.HashData(model));
            if (ReplicaPlacement.Rank(digest, nodes, 1)[0].ToString() == far.Id)
            {
                string path = folder.File($"digits-{mark}.onnx");
                File.WriteAllBytes(path, model);
                return path;
            }
        }

        Assert.Fail($"None of {MostMarks} models belongs to {far.Id}.");
        return "";
    }

    private static async Task<IReadOnlyList<ReplicaInfo>> ReplicasAsync(TestSubnet subnet, UpProcess far, string model)
    {
        CommandEnd list = (await Command.RunAtAsync(subnet.Host(Far), "ps", "-o", "json", "--node", far.Http))
            .AssertGood();
        return [.. JsonSerializer.Deserialize(list.Output, ControlJson.Default.IReadOnlyListReplicaInfo)!
            .Where(replica => replica.Model == model && replica.State != ReplicaStates.Absent)];
    }
}
