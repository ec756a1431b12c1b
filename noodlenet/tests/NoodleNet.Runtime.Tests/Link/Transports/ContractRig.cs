using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Runtime.Link;
using NoodleNet.Runtime.Link.Transports;

namespace NoodleNet.Runtime.Tests.Link.Transports;

/// <summary>How the contract's tests reach a host over one kind of transport.</summary>
internal abstract class ContractRig
{
    public static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    public abstract LinkTransportKind Kind { get; }

    public virtual Task ListenAsync(LinkHost host) => host.StartAsync(AnyPort, default);

    public abstract Task<LinkPeer> ConnectAsync(LinkHost from, LinkHost to, NodeId expected);

    /// <summary>A trusted peer whose frames are made by hand.</summary>
    public abstract Task<RawPeer> ConnectRawAsync(LinkHost to, ILinkIdentity identity);

    /// <summary>Somebody who connects and then says nothing. The stream ends when the host closes it.</summary>
    public abstract Task<Stream> ConnectMuteAsync(LinkHost to, ILinkIdentity identity);
}

internal sealed class TcpRig : ContractRig
{
    public override LinkTransportKind Kind => LinkTransportKind.Tcp;

    public override Task<LinkPeer> ConnectAsync(LinkHost from, LinkHost to, NodeId expected) =>
        from.ConnectAsync(expected, to.LocalEndPoint, default).AsTask().WaitAsync(LinkPair.Bound);

    public override Task<RawPeer> ConnectRawAsync(LinkHost to, ILinkIdentity identity) =>
        RawPeer.ConnectAsync(to, identity);

    public override async Task<Stream> ConnectMuteAsync(LinkHost to, ILinkIdentity identity)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(to.LocalEndPoint);
        return new NetworkStream(socket, ownsSocket: true);
    }
}

internal sealed class MemoryRig : ContractRig
{
    public override LinkTransportKind Kind => LinkTransportKind.Memory;

    public override Task<LinkPeer> ConnectAsync(LinkHost from, LinkHost to, NodeId expected) =>
        from.ConnectOverAsync(Reach(to), expected, Kind, AnyPort, default).AsTask().WaitAsync(LinkPair.Bound);

    public override Task<RawPeer> ConnectRawAsync(LinkHost to, ILinkIdentity identity) =>
        RawPeer.ConnectAsync(Reach(to), identity);

    public override Task<Stream> ConnectMuteAsync(LinkHost to, ILinkIdentity identity) => Task.FromResult(Reach(to));

    private Stream Reach(LinkHost to)
    {
        (Stream here, Stream there) = MemoryDuplex.Pair();
        _ = to.AdoptAsync(there, Kind, AnyPort);
        return here;
    }
}

[SupportedOSPlatform("linux")]
internal sealed class QuicRig : ContractRig
{
    public override LinkTransportKind Kind => LinkTransportKind.Quic;

    public override async Task ListenAsync(LinkHost host) => Assert.True(await host.StartQuicAsync(AnyPort, default));

    public override async Task<LinkPeer> ConnectAsync(LinkHost from, LinkHost to, NodeId expected)
    {
        LinkFault fault = await ((ILinkConnections)from).TryDialQuicAsync(expected, to.QuicEndPoint!)
            .WaitAsync(LinkPair.Bound);
        return fault == LinkFault.None && from.TryGetPeer(expected, out LinkPeer? peer)
            ? peer : throw new LinkException(fault, "no peer");
    }

    public override async Task<RawPeer> ConnectRawAsync(LinkHost to, ILinkIdentity identity) =>
        await RawPeer.GreetAsync(await ConnectMuteAsync(to, identity), identity);

    public override async Task<Stream> ConnectMuteAsync(LinkHost to, ILinkIdentity identity)
    {
        var side = new QuicSide(new LinkTls(identity, []), new LinkOptions());
        LinkTransport transport = await side.DialAsync(
            LinkPair.Node(1), to.QuicEndPoint!, static (_, _) => { }, default);
        return transport.Stream;
    }
}
