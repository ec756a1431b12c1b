using System.Net;
using NoodleNet.Link;
using NoodleNet.Runtime.Link;

namespace NoodleNet.Runtime.Tests.Link;

/// <summary>A host that a raw peer, node 2, connects to.</summary>
internal sealed class Site : IAsyncDisposable
{
    private readonly TaskCompletionSource<LinkFault> _lost =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TaskCompletionSource<LinkPeer> _came =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Site(LinkHost host, ILinkIdentity other, TestAccount account)
    {
        (Host, Other, Account) = (host, other, account);
        host.PeerLost += (_, fault) => _lost.TrySetResult(fault);
        host.PeerConnected += peer => _came.TrySetResult(peer);
    }

    public LinkHost Host { get; }

    public ILinkIdentity Other { get; }

    public TestAccount Account { get; }

    public static async Task<Site> StartAsync(
        Func<LinkIncoming, CancellationToken, ValueTask>? handle = null, LinkOptions? options = null)
    {
        var authority = new TestAuthority();
        var account = new TestAccount();
        LinkHost host = LinkPair.NewHost(authority.Issue(LinkPair.Node(1)), handle, options, account);
        await host.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), default);
        return new Site(host, authority.Issue(LinkPair.Node(2)), account);
    }

    public Task<RawPeer> ConnectAsync() => RawPeer.ConnectAsync(Host, Other);

    public Task<LinkFault> LostAsync() => _lost.Task.WaitAsync(LinkPair.Bound);

    public Task<LinkPeer> CameAsync() => _came.Task.WaitAsync(LinkPair.Bound);

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync().AsTask().WaitAsync(LinkPair.Bound);
        await Account.WhenFreeAsync();
    }
}
