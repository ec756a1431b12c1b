using System.Text.Json;
using Noodle.Cli.CommandLine;
using Noodle.Client.Control;

namespace Noodle.Cli.Tests.Processes;

/// <summary>Hosts with addresses of IPv6: alone, and beside such as have IPv4.</summary>
public sealed class SixSubnetTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Hosts_that_have_IPv6_only_meet_by_multicast_by_address_and_by_link_local_address()
    {
        using var folder = new TemporaryFolder();
        using var subnet = TestSubnet.Lay(
            SubnetFamilies.Six, SubnetFamilies.Six, SubnetFamilies.Six, SubnetFamilies.Six);
        var nodes = new List<UpProcess>();
        try
        {
            nodes.Add(await StartAsync(subnet, folder, 0));
            Assert.StartsWith("[fd77::1]:", nodes[0].Link, StringComparison.Ordinal);
            string port = nodes[0].Link["[fd77::1]:".Length..];
            CommandEnd refused = await Command.RunAtAsync(subnet.Host(1), "up", "--lan", "--data", folder.File("x"),
                "--token-file", folder.File("token"), "--join", $"[fe80::1]:{port}");
            refused.AssertRefused(ExitCodes.Usage, "fe80::1 is a link-local address", $"[fe80::1%eth0]:{port}");
            nodes.Add(await StartAsync(subnet, folder, 1));
            nodes.Add(await StartAsync(subnet, folder, 2, "--no-multicast", "--join", $"[fd77::1]:{port}"));
            nodes.Add(await StartAsync(subnet, folder, 3, "--no-multicast", "--join", $"[fe80::1%eth]:{port}"));
            await UntilConnectedAsync(subnet, nodes, 3);

            await DeployAsync(subnet, nodes, 1);
            await RunDigitsAsync(subnet, nodes, 3);
        }
        finally
        {
            await StopAsync(nodes);
        }
    }

    [Fact]
    public async Task A_host_with_IPv4_and_one_with_IPv6_work_together_through_one_that_has_both()
    {
        using var folder = new TemporaryFolder();
        using var subnet = TestSubnet.Lay(SubnetFamilies.Both, SubnetFamilies.Four, SubnetFamilies.Six);
        var nodes = new List<UpProcess>();
        try
        {
            for (int host = 0; host < 3; host++)
            {
                nodes.Add(await StartAsync(subnet, folder, host));
            }

            Assert.StartsWith("10.77.0.1:", nodes[0].Link, StringComparison.Ordinal);
            Assert.StartsWith("[fd77::3]:", nodes[2].Link, StringComparison.Ordinal);
            await UntilConnectedAsync(subnet, nodes, 1);
            await UntilConnectedAsync(subnet, nodes, 2);
            MeshInfo mesh = await ReadMeshAsync(subnet, nodes, 2);
            Assert.Equal("tcp", KindOf(mesh, nodes[2].Id, nodes[0].Id));
            Assert.Equal("relay", KindOf(mesh, nodes[2].Id, nodes[1].Id));

            await DeployAsync(subnet, nodes, 2);
            await RunDigitsAsync(subnet, nodes, 1);
            await RunDigitsAsync(subnet, nodes, 2);
        }
        finally
        {
            await StopAsync(nodes);
        }
    }

    [Fact]
    public async Task A_node_of_this_machine_joins_at_its_IPv6_loopback_address()
    {
        Assert.SkipUnless(System.Net.Sockets.Socket.OSSupportsIPv6, "this machine has no IPv6");
        using var folder = new TemporaryFolder();
        await using UpProcess founder = await UpProcess.StartAsync(
            "--data", folder.File("a"), "--token-file", folder.File("token"), "--no-multicast");
        string six = founder.Link.Replace("127.0.0.1", "[::1]", StringComparison.Ordinal);
        await using UpProcess joined = await UpProcess.StartVerbAsync(
            [], "join", folder.File("token"), six, "--data", folder.File("b"), "--no-multicast");
        Assert.Equal("joined", joined.Ready.GetProperty("joined").GetString());
        Assert.StartsWith("127.0.0.1:", joined.Link, StringComparison.Ordinal);
    }

    private static Task<UpProcess> StartAsync(
        TestSubnet subnet, TemporaryFolder folder, int host, params string[] more) =>
        UpProcess.StartAtAsync(subnet.Host(host),
            ["--lan", "--data", folder.File($"{host}"), "--token-file", folder.File("token"), .. more]);

    private static async Task StopAsync(List<UpProcess> nodes)
    {
        foreach (UpProcess node in nodes)
        {
            await node.DisposeAsync();
        }
    }

    private static async Task DeployAsync(TestSubnet subnet, List<UpProcess> nodes, int host) =>
        (await Command.RunAtAsync(subnet.Host(host), "deploy", Command.Sample("digits.onnx"), "--name", "digits",
            "--node", nodes[host].Http)).AssertGood();

    private static async Task RunDigitsAsync(TestSubnet subnet, List<UpProcess> nodes, int host)
    {
        CommandEnd run = (await Command.RunAtAsync(subnet.Host(host), "run", "digits", "--input",
            Command.Sample("seven.png"), "--node", nodes[host].Http)).AssertGood();
        Assert.Contains("[7]", run.Output, StringComparison.Ordinal);
    }

    private static string? KindOf(MeshInfo mesh, string from, string to) =>
        mesh.Links.SingleOrDefault(link => link.From == from && link.To == to)?.Kind;

    private static async Task<MeshInfo> ReadMeshAsync(TestSubnet subnet, List<UpProcess> nodes, int host)
    {
        CommandEnd mesh = (await Command.RunAtAsync(subnet.Host(host), "mesh", "-o", "json", "--node",
            nodes[host].Http)).AssertGood();
        return JsonSerializer.Deserialize(mesh.Output, ControlJson.Default.MeshInfo)!;
    }

    private static async Task UntilConnectedAsync(TestSubnet subnet, List<UpProcess> nodes, int host)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(s_limit);
        string seen = "nothing";
        while (!limit.IsCancellationRequested)
        {
            seen = (await Command.RunAtAsync(subnet.Host(host), "nodes", "-o", "json", "--node", nodes[host].Http))
                .AssertGood().Output;
            IReadOnlyList<NodeInfo> known =
                JsonSerializer.Deserialize(seen, ControlJson.Default.IReadOnlyListNodeInfo)!;
            if (known.Count(node => node.State == NodeStates.Alive && (node.Self || node.RoundTripUs > 0))
                == nodes.Count)
            {
                return;
            }
        }

        Assert.Fail($"Host {host} did not see all others alive and connected: {seen}");
    }
}
