using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Runtime.Link;
using NoodleNet.Runtime.Mesh;
using NoodleNet.Runtime.Tests.Link;
using NoodleNet.Talk;

namespace NoodleNet.Runtime.Tests.Mesh;

/// <summary>Link hosts with a relay service each, of which a test says who dials whom.</summary>
internal sealed class RelayMesh : IAsyncDisposable
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private readonly TestAuthority _authority = new();
    private readonly List<LinkHost> _hosts = [];
    private readonly List<RelayService> _relays = [];

    /// <summary>Methods of calls that a node served, in their order.</summary>
    public ConcurrentQueue<(int Node, string Method, LinkTransportKind Way)> Served { get; } = new();

    /// <summary>What a node would ask when it does not reach a target.</summary>
    public Dictionary<(int Node, int Target), int[]> Next { get; } = [];

    /// <summary>A node that answers requests to relay with something that is no answer.</summary>
    public int? Odd { get; set; }

    public TestAccount Account { get; } = new();

    public LinkHost Host(int node) => _hosts[node - 1];

    public RelayService Relay(int node) => _relays[node - 1];

    public static NodeId Node(int number) => LinkPair.Node((byte)number);

    public static async Task<RelayMesh> StartAsync(int nodes, RelayOptions? options = null)
    {
        var mesh = new RelayMesh();
        for (int i = 1; i <= nodes; i++)
        {
            await mesh.AddAsync(i, options ?? new RelayOptions());
        }

        return mesh;
    }

    public async Task<LinkPeer> DialAsync(int from, int to)
    {
        LinkPeer peer = await Host(from).ConnectAsync(Node(to), Host(to).LocalEndPoint, default).AsTask()
            .WaitAsync(Bound);
        await UntilAsync( // the other end learns of it a moment later
            () => Host(to).TryGetPeer(Node(from), out LinkPeer? back) && back.IsConnected, $"{to} knows {from}");
        return peer;
    }

    public Task<RelayOutcome> ConnectAsync(int from, int to, int by, int relays = 1) =>
        Relay(from).ConnectAsync(Node(to), Node(by), relays, default).WaitAsync(Bound);

    public static async Task<byte[]> EchoAsync(LinkPeer peer, byte[] body)
    {
        using LinkReply reply = await peer.RequestAsync(
            new LinkRequest { Head = new LinkHead("echo", Bound), Body = [body] }, default).AsTask().WaitAsync(Bound);
        Assert.Equal(LinkStatus.Ok, reply.Status);
        return reply.Body.ToArray();
    }

    /// <summary>Awaits what has no event of its own, with a bound that only a defect reaches.</summary>
    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        using var limit = new CancellationTokenSource(Bound);
        using var period = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!condition())
        {
            try
            {
                await period.WaitForNextTickAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"Not within {Bound}: {what}");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (LinkHost host in _hosts)
        {
            await host.DisposeAsync().AsTask().WaitAsync(Bound);
        }

        _relays.ForEach(relay => relay.Dispose());
        Assert.All(_relays, relay => Assert.Equal(0, relay.Count));
        Assert.Equal(0, Account.GetUse(ResourceKind.Memory).InUse);
        Assert.Equal(0, Account.GetUse(ResourceKind.Sockets).InUse);
    }

    private async Task AddAsync(int number, RelayOptions options)
    {
        RelayService? relay = null;
        LinkHost host = LinkPair.NewHost(_authority.Issue(Node(number)), (incoming, cancellation) =>
        {
            Served.Enqueue((number, incoming.Head.Method, incoming.Peer.Transport));
            return number == Odd ? incoming.ReplyAsync(
                    LinkStatus.UnknownMethod, "", new byte[] { 0xFF, 0xFF }, [], cancellation)
                : incoming.Head.Method == TalkIntents.MeshRelay
                ? relay!.HandleAsync(incoming, cancellation) : Answering.Echo(incoming, cancellation);
        }, account: Account);
        relay = new RelayService(
            host, Node(number), options, Account, target => FindNext(number, target),
            NullLogger<RelayService>.Instance, TimeProvider.System);
        await host.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), default);
        _hosts.Add(host);
        _relays.Add(relay);
    }

    private NodeId[] FindNext(int number, NodeId target)
    {
        lock (Next)
        {
            return Next.FirstOrDefault(next => next.Key.Node == number && Node(next.Key.Target) == target).Value
                is { } found ? [.. found.Select(Node)] : [];
        }
    }
}
