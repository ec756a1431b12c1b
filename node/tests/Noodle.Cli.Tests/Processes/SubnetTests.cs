using System.Text.Json;
using Noodle.Client.Control;

namespace Noodle.Cli.Tests.Processes;

/// <summary>Five hosts on one switch, one of them cut off and healed.</summary>
public sealed class SubnetTests
{
    private const int Hosts = 5;
    private const int Lost = 4;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Five_hosts_meet_by_multicast_and_one_that_was_cut_off_comes_back_and_nothing_is_lost()
    {
        using var folder = new TemporaryFolder();
        using var subnet = TestSubnet.Lay(Hosts);
        var nodes = new List<UpProcess>();
        try
        {
            nodes.Add(await StartAsync(subnet, folder, 0));
            nodes.AddRange(await Task.WhenAll(Enumerable.Range(1, Hosts - 1)
                .Select(host => StartAsync(subnet, folder, host))));
            await using var events = EventsProcess.Start(subnet.Host(0), nodes[0].Http);
            for (int host = 0; host < Hosts; host++)
            {
                Assert.StartsWith(TestSubnet.AddressOf(host) + ":", nodes[host].Link, StringComparison.Ordinal);
                await events.UntilAsync(EventKinds.Joined, nodes[host].Id);
            }

            (await Command.RunAtAsync(subnet.Host(1), "deploy", Command.Sample("digits.onnx"), "--name", "digits",
                "--replicas", "2", "--node", nodes[1].Http)).AssertGood();
            subnet.Cut(Lost);
            await events.UntilAsync(EventKinds.Failed, nodes[Lost].Id);
            await RunDigitsAsync(subnet, nodes, 0); // the mesh goes on without it
            subnet.Heal(Lost);
            await events.UntilAsync(EventKinds.Joined, nodes[Lost].Id);
            await UntilAllAreConnectedAsync(subnet, nodes, Lost);
            await RunDigitsAsync(subnet, nodes, Lost);
            CommandEnd models = (await Command.RunAtAsync(subnet.Host(Lost), "ls", "-o", "json", "--node",
                nodes[Lost].Http)).AssertGood();
            JsonElement model = JsonDocument.Parse(models.Output).RootElement[0];
            Assert.Equal(("digits", 2), (model.GetProperty("name").GetString(), model.GetProperty("ready").GetInt32()));
        }
        finally
        {
            foreach (UpProcess node in nodes)
            {
                await node.DisposeAsync();
            }
        }
    }

    private static Task<UpProcess> StartAsync(TestSubnet subnet, TemporaryFolder folder, int host) =>
        UpProcess.StartAtAsync(subnet.Host(host), "--lan", "--data", folder.File($"{host}"),
            "--token-file", folder.File("token"));

    private static async Task RunDigitsAsync(TestSubnet subnet, List<UpProcess> nodes, int host)
    {
        CommandEnd run = (await Command.RunAtAsync(subnet.Host(host), "run", "digits", "--input",
            Command.Sample("seven.png"), "--node", nodes[host].Http)).AssertGood();
        Assert.Contains("[7]", run.Output, StringComparison.Ordinal);
    }

    private static async Task UntilAllAreConnectedAsync(TestSubnet subnet, List<UpProcess> nodes, int host)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(s_limit);
        string seen = "nothing";
        while (!limit.IsCancellationRequested)
        {
            // A process a look: the host's HTTP is on its own loopback.
            CommandEnd list = (await Command.RunAtAsync(subnet.Host(host), "nodes", "-o", "json", "--node",
                nodes[host].Http)).AssertGood();
            seen = list.Output;
            IReadOnlyList<NodeInfo> known =
                JsonSerializer.Deserialize(seen, ControlJson.Default.IReadOnlyListNodeInfo)!;
            if (known.Count(node => node.State == NodeStates.Alive && (node.Self || node.RoundTripUs > 0)) == Hosts)
            {
                return;
            }
        }

        Assert.Fail($"Host {host} did not see all others alive and connected: {seen}");
    }
}
