using System.Net;
using System.Net.Sockets;
using System.Text;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Serf;
using NoodleNet.Discovery.Wire;
using NoodleNet.Mesh;
using NoodleNet.Runtime.Discovery;

namespace NoodleNet.Runtime.Tests.Discovery;

/// <summary>The protocol against three strangers that speak it too; skipped where no <c>serf</c> is installed.
/// </summary>
public sealed class SerfTests
{
    private static readonly NodeId Self = NodeId.Create("noodle", Guid.Parse("0123456789abcdef0123456789abcdef"));
    private static readonly NodeId Doomed = NodeId.Create("doomed", Guid.Parse("0123456789abcdef0123456789abcdef"));
    private static readonly byte[] FirstKey = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly byte[] SecondKey = [.. Enumerable.Range(100, 32).Select(i => (byte)i)];

    [Fact]
    public Task A_node_lives_in_a_Serf_cluster_and_leaves_it() => Task.WhenAll(LiveAsync(null), LiveAsync(FirstKey));

    private static async Task LiveAsync(byte[]? key)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        SerfAgent[] agents = await Task.WhenAll(
            Enumerable.Range(0, 3).Select(i => SerfAgent.StartAsync($"serf{i}", key, limit.Token)));
        await using SerfAgent a = agents[0], b = agents[1], c = agents[2];
        GossipOptions options = Options(key), other = Options(key);
        var log = new LineLog();
        await using GossipHost host = Make(options, Self, log), doomed = Make(other, Doomed, new LineLog());
        await using IAsyncEnumerator<RegistryEvent> seen = host.WatchAsync(limit.Token).GetAsyncEnumerator(limit.Token);
        var far = new TaskCompletionSource<RoundTripSample>(TaskCreationOptions.RunContinuationsAsynchronously);
        host.RoundTripMeasured += sample => _ = sample.Coordinate is null || far.TrySetResult(sample);
        await StartAsync(host, limit.Token);
        await StartAsync(doomed, limit.Token);

        Assert.Equal(3, await host.JoinAsync([.. agents.Select(agent => agent.EndPoint)], limit.Token));
        Assert.Equal(1, await doomed.JoinAsync([a.EndPoint], limit.Token));
        foreach (SerfAgent agent in agents)
        {
            await agent.UntilAsync(Self.ToString(), "alive", limit.Token);
            await agent.UntilAsync(Doomed.ToString(), "alive", limit.Token);
            RegistryEntry entry = host.Members.Single(member => member.Node == agent.Node);
            Assert.Equal((NodeState.Alive, agent.EndPoint), (entry.State, entry.GossipEndPoint));
        }

        await AskAndTellAsync(host, agents, limit.Token);
        await SuspectAsync(log, a, key, limit.Token);
        await PlaceAsync(host, a, far.Task, limit.Token);
        if (key is null)
        {
            await SpeakOverStreamAsync(host, b, limit.Token);
        }
        else
        {
            await RotateAsync(host, options, other, a, limit.Token);
        }

        Assert.All(agents, agent => Assert.False(agent.Says("EventMemberFailed")));
        try
        {
            await EndAsync(host, doomed, seen, agents, limit.Token);
        }
        catch (OperationCanceledException late)
        {
            throw new TimeoutException(log.Drain(), late);
        }
    }

    // Questions and words in both directions; serf reachability counts acknowledgements.
    private static async Task AskAndTellAsync(GossipHost host, SerfAgent[] agents, CancellationToken cancellation)
    {
        host.HandleQueries("hello", (query, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(
            Encoding.UTF8.GetBytes("and " + Encoding.UTF8.GetString(query.Payload.Span))));
        await using IAsyncEnumerator<UserEvent> words =
            host.WatchEventsAsync(cancellation).GetAsyncEnumerator(cancellation);
        Task reached = UntilAsync(agents[2], ["reachability"], (code, _) => code == 0, cancellation);
        Task asked = UntilAsync(agents[1], ["query", "-timeout=3s", $"-node={Self}", "hello", "you"],
            (_, output) => output.Contains("and you", StringComparison.Ordinal), cancellation);
        Task<QueryOutcome> ours = host.QueryAsync(
            new QueryQuestion("uptime", default)
            {
                WantsAcks = true, RelayFactor = 1, Enough = 3, Timeout = TimeSpan.FromSeconds(30),
            }, cancellation);
        await host.SendEventAsync("deploy", "v1"u8.ToArray(), cancellation: cancellation);
        await Task.WhenAll(agents.Select(agent => agent.UntilSaysAsync("user-event: deploy", cancellation)));
        await agents[0].RunAsync(["event", "release", "v2"], cancellation);

        Assert.True(await words.MoveNextAsync());
        Assert.Equal("deploy", words.Current.Name);
        Assert.True(await words.MoveNextAsync());
        Assert.Equal(("release", "v2"), (words.Current.Name, Encoding.UTF8.GetString(words.Current.Payload.Span)));
        await asked;
        QueryOutcome outcome = await ours;
        Assert.Equal(agents.Select(agent => agent.Node.ToString()).Order(),
            outcome.Answers.Select(answer => answer.From).Order());
        Assert.All(outcome.Answers, answer => Assert.Equal("up", Encoding.UTF8.GetString(answer.Payload.Span)));
        Assert.Contains(agents[0].Node.ToString(), outcome.Acknowledged);
        await reached;
    }

    // Somebody says that we do not answer: we say otherwise, with a higher number, and nobody gives us up.
    private static async Task SuspectAsync(LineLog log, SerfAgent agent, byte[]? key, CancellationToken cancellation)
    {
        var envelope = new GossipEnvelope("", key is null ? null : new KeyRing(key));
        var suspect = new GossipMessage.Suspect(1, Self.ToString(), agent.Node.ToString());
        byte[] packet = envelope.SealDatagram(
            new GossipEnvelope().SealStream(suspect, dialled: true, compress: false, []), new byte[KeyRing.NonceBytes]);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.SendTo(packet, agent.EndPoint);
        await log.UntilAsync("refuted", cancellation);
        Assert.Equal("alive", await agent.StatusAsync(Self.ToString(), cancellation));
    }

    // Agents tell us where they lie, and take in where we say we lie.
    private static async Task PlaceAsync(
        GossipHost host, SerfAgent agent, Task<RoundTripSample> far, CancellationToken cancellation)
    {
        RoundTripSample sample = await far.WaitAsync(cancellation);
        Assert.Equal(8, sample.Coordinate!.Vector.Length);
        Assert.True(sample.RoundTrip > TimeSpan.Zero);
        host.SetCoordinate(new NetworkCoordinate(new double[8], 0.5, 0, 1e-5));
        await UntilAsync(agent, ["rtt", Self.ToString()], (_, output) =>
            output.Contains("Estimated", StringComparison.Ordinal), cancellation);
    }

    // An event by a user message on a stream: bytes as in the golden vector, with a later number.
    private static async Task SpeakOverStreamAsync(GossipHost host, SerfAgent agent, CancellationToken cancellation)
    {
        await using IAsyncEnumerator<UserEvent> words =
            host.WatchEventsAsync(cancellation).GetAsyncEnumerator(cancellation);
        byte[] bytes = Convert.FromHexString(
            "0881aa557365724d73674c656e210384a54c54696d6520a44e616d65a3746370a75061796c6f6164a26869a24343c2");
        foreach (IPEndPoint to in new[] { agent.EndPoint, host.LocalEndPoint })
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(to, cancellation);
            await socket.SendAsync(bytes, SocketFlags.None, cancellation);
            Assert.Equal(0, await socket.ReceiveAsync(new byte[1], SocketFlags.None, cancellation));
        }

        await agent.UntilSaysAsync("user-event: tcp", cancellation);
        Assert.True(await words.MoveNextAsync());
        Assert.Equal("tcp", words.Current.Name);
    }

    // First we refuse and are given the key by hand, then we are told to obey.
    private static async Task RotateAsync(
        GossipHost host, GossipOptions options, GossipOptions other, SerfAgent agent, CancellationToken cancellation)
    {
        string second = Convert.ToBase64String(SecondKey), first = Convert.ToBase64String(FirstKey);
        other.KeyQueries = KeyQueryPolicy.Obey;
        await UntilAsync(agent, ["keys", $"-install={second}"], (code, output) => code != 0
            && other.Keys!.All.Count == 2
            && output.Contains("this node takes gossip keys from its own mesh only", StringComparison.Ordinal),
            cancellation);
        Assert.Equal(FirstKey, Assert.Single(options.Keys!.All).ToArray());
        Assert.Equal(KeyRingFault.None, options.Keys.TryInstall(SecondKey));

        await UntilAsync(agent, ["keys", $"-use={second}"],
            (_, _) => other.Keys!.Primary.Span.SequenceEqual(SecondKey), cancellation);
        Assert.Equal(FirstKey, options.Keys.Primary.ToArray());
        Assert.Equal(KeyRingFault.None, options.Keys.TryUse(SecondKey));
        options.KeyQueries = KeyQueryPolicy.Obey;
        await UntilAsync(agent, ["keys", $"-remove={first}"], (code, _) => code == 0, cancellation);
        Assert.Equal(SecondKey, Assert.Single(options.Keys.All).ToArray());
        await UntilAsync(agent, ["keys", "-list"], (code, output) =>
            code == 0 && output.Contains("[5/5]", StringComparison.Ordinal), cancellation);
        await host.SendEventAsync("rotated", default, cancellation: cancellation);
        await agent.UntilSaysAsync("user-event: rotated", cancellation);
    }

    // An agent and a node are killed, the agent is forced out, and we leave.
    private static async Task EndAsync(
        GossipHost host, GossipHost doomed, IAsyncEnumerator<RegistryEvent> seen, SerfAgent[] agents,
        CancellationToken cancellation)
    {
        NodeId lost = agents[2].Node;
        agents[2].Kill();
        await doomed.DisposeAsync();
        Task failed = Task.WhenAll(agents[..2].Select(agent => agent.UntilSaysAsync(
            $"EventMemberFailed: {Doomed}", cancellation)));
        var isFailed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var isLeft = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task forced = ForceOutAsync(agents[0], lost, isFailed.Task, isLeft.Task, cancellation);
        var wanted = new HashSet<(RegistryChange, NodeId)>
        {
            (RegistryChange.Failed, lost), (RegistryChange.Failed, Doomed), (RegistryChange.Left, lost),
        };
        while (wanted.Count != 0 && await seen.MoveNextAsync())
        {
            (RegistryChange, NodeId?) change = (seen.Current.Change, seen.Current.Entry?.Node);
            wanted.RemoveWhere(each => each == change);
            _ = change == (RegistryChange.Failed, lost) && isFailed.TrySetResult();
            _ = change == (RegistryChange.Left, lost) && isLeft.TrySetResult();
        }

        await failed;
        Assert.Equal("failed", await agents[0].StatusAsync(Doomed.ToString(), cancellation));
        await forced;

        await host.LeaveAsync(TimeSpan.FromSeconds(10));
        await agents[0].UntilAsync(Self.ToString(), "left", cancellation);
        await agents[1].UntilAsync(Self.ToString(), "left", cancellation);
    }

    // As soon as the agent counts as failed: a dead member is forgotten after a while, and then cannot leave.
    private static async Task ForceOutAsync(
        SerfAgent agent, NodeId lost, Task isFailed, Task isLeft, CancellationToken cancellation)
    {
        await isFailed.WaitAsync(cancellation);
        await agent.UntilAsync(lost.ToString(), "failed", cancellation);
        await UntilAsync(agent, ["force-leave", lost.ToString()], (_, _) => isLeft.IsCompleted, cancellation);
    }

    // An agent gives its own questions 1.6 s, and sends each word only twice in its local profile: on a busy machine,
    // or with dead members among its choices, not everybody hears it.
    private static async Task UntilAsync(
        SerfAgent agent, string[] arguments, Func<int, string, bool> holds, CancellationToken cancellation)
    {
        (int code, string output) = await agent.RunAsync(arguments, cancellation);
        while (!holds(code, output))
        {
            cancellation.ThrowIfCancellationRequested();
            (code, output) = await agent.RunAsync(arguments, cancellation);
        }
    }

    private static GossipOptions Options(byte[]? key) =>
        new() { Profile = SwimOptions.Local, Keys = key is null ? null : new KeyRing(key) };

    private static GossipHost Make(GossipOptions options, NodeId self, LineLog log) =>
        new(options, self, log, TimeProvider.System, new CountingAccount());

    private static Task StartAsync(GossipHost host, CancellationToken cancellation) => host.StartAsync(
        new IPEndPoint(IPAddress.Loopback, 0), new Dictionary<string, string> { ["k"] = "v" }, cancellation);
}
