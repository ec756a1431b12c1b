using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Authentication;
using Noodle.Primitives;
using NoodleNet.Link;

namespace NoodleNet.Runtime.Link.Transports;

/// <summary>Opens a transport to a node and makes sure that it is that node.</summary>
/// <remarks>Bound: ConnectLimit for all of it. Whatever fails is given back and told as a fault with a sentence.
/// </remarks>
internal sealed class LinkDialer(LinkTls tls, LinkOptions options, HostClock clock)
{
    public Task<LinkTransport> OpenTcpAsync(NodeId node, IPEndPoint address, CancellationToken cancellation) =>
        OpenAsync(
            node, address, async (attempt, limit) => await SecureAsync(
                node, LinkTransportKind.Tcp, address, await ConnectTcpAsync(address, limit).ConfigureAwait(false),
                attempt, limit).ConfigureAwait(false),
            cancellation);

    /// <summary>The duplex is disposed of when this fails.</summary>
    public Task<LinkTransport> OpenOverAsync(
        Stream duplex, NodeId node, LinkTransportKind kind, EndPoint remote, CancellationToken cancellation) =>
        OpenAsync(
            node, remote, (attempt, limit) => SecureAsync(node, kind, remote, duplex, attempt, limit), cancellation);

    [SupportedOSPlatform("windows")]
    [SupportedOSPlatform("linux")]
    [SupportedOSPlatform("osx")]
    public Task<LinkTransport> OpenQuicAsync(NodeId node, IPEndPoint address, CancellationToken cancellation) =>
        OpenAsync(
            node, address,
            (attempt, limit) => new QuicSide(tls, options).DialAsync(node, address, attempt.Judge, limit),
            cancellation);

    private async Task<LinkTransport> OpenAsync(
        NodeId node, EndPoint remote, Func<Attempt, CancellationToken, Task<LinkTransport>> open,
        CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(options.ConnectLimit, clock.Provider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        var attempt = new Attempt();
        try
        {
            return await open(attempt, either.Token).ConfigureAwait(false);
        }
        catch (Exception error) // whatever the other end sends
        {
            LinkFault fault = attempt.Fault == LinkFault.Unreachable && error is AuthenticationException
                ? LinkFault.TlsFailed : attempt.Fault;
            fault = limit.IsCancellationRequested && fault == LinkFault.TlsFailed ? LinkFault.HandshakeTimeout
                : cancellation.IsCancellationRequested ? LinkFault.Closed : fault;
            string reason = attempt.Detail.Length > 0 ? attempt.Detail : error.Message;
            throw new LinkException(fault, $"Cannot connect to {node} at {remote}: {fault}, {reason}.", error);
        }
    }

    private async Task<LinkTransport> SecureAsync(
        NodeId node, LinkTransportKind kind, EndPoint remote, Stream duplex, Attempt attempt,
        CancellationToken cancellation)
    {
        attempt.Fault = LinkFault.TlsFailed;
        var sends = new GatheringStream(duplex);
        var stream = new SslStream(sends);
        try
        {
            await stream.AuthenticateAsClientAsync(tls.ForClient(node, attempt.Judge), cancellation)
                .ConfigureAwait(false);
            return stream.NegotiatedApplicationProtocol == LinkTls.Protocol
                ? new TlsTransport(stream, sends, kind, remote)
                : throw new AuthenticationException("It does not speak noodle/1");
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task<Stream> ConnectTcpAsync(IPEndPoint address, CancellationToken cancellation)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>How far a dial came: what it fails with if it fails now.</summary>
    private sealed class Attempt
    {
        public LinkFault Fault { get; set; } = LinkFault.Unreachable;

        public string Detail { get; private set; } = "";

        public void Judge(LinkFault verdict, string why) =>
            (Fault, Detail) = verdict == LinkFault.None ? (Fault, Detail) : (verdict, why);
    }
}
