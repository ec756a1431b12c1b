using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Noodle.Primitives;
using NoodleNet.Runtime.Link;

namespace NoodleNet.Runtime.Tests.Link;

/// <summary>A handler made of a function.</summary>
internal sealed class Answering(Func<LinkIncoming, CancellationToken, ValueTask> handle) : ILinkHandler
{
    public ValueTask HandleAsync(LinkIncoming incoming, CancellationToken cancellation) =>
        handle(incoming, cancellation);

    /// <summary>Sends back header and body.</summary>
    public static async ValueTask Echo(LinkIncoming incoming, CancellationToken cancellation)
    {
        using LinkBody body = await incoming.ReadBodyAsync(1 << 30, cancellation);
        await incoming.ReplyAsync(body.Status, "", incoming.Header, [body.Memory], cancellation);
    }
}

/// <summary>Two nodes on loopback, of which a dialed b.</summary>
internal sealed class LinkPair : IAsyncDisposable
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private LinkPair(LinkHost a, LinkHost b, NodeId nodeB, TestAccount account) =>
        (A, B, NodeB, Account) = (a, b, nodeB, account);

    public LinkHost A { get; }

    public LinkHost B { get; }

    public NodeId NodeB { get; }

    public TestAccount Account { get; }

    public LinkPeer Peer { get; private set; } = null!;

    public static NodeId Node(byte number) => NodeId.Create($"n{number}", new Guid(number, 0, 0, new byte[8]));

    public static LinkHost NewHost(
        ILinkIdentity identity,
        Func<LinkIncoming, CancellationToken, ValueTask>? handle = null,
        LinkOptions? options = null,
        TestAccount? account = null,
        IReadOnlyList<ISideProtocol>? sides = null) => new(
            options ?? new LinkOptions(),
            identity,
            new Answering(handle ?? Answering.Echo),
            account ?? new TestAccount(),
            NullLogger<LinkHost>.Instance,
            TimeProvider.System,
            sides ?? []);

    public static async Task<LinkPair> StartAsync(
        Func<LinkIncoming, CancellationToken, ValueTask>? handle = null, LinkOptions? options = null)
    {
        var authority = new TestAuthority();
        var account = new TestAccount();
        LinkHost a = NewHost(authority.Issue(Node(1)), options: options, account: account);
        LinkHost b = NewHost(authority.Issue(Node(2)), handle, options, account);
        await a.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), default);
        await b.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), default);
        var pair = new LinkPair(a, b, Node(2), account);
        pair.Peer = await a.ConnectAsync(Node(2), b.LocalEndPoint, default).AsTask().WaitAsync(Bound);
        return pair;
    }

    public async ValueTask DisposeAsync()
    {
        await A.DisposeAsync().AsTask().WaitAsync(Bound);
        await B.DisposeAsync().AsTask().WaitAsync(Bound);
        await Account.WhenFreeAsync();
    }
}
