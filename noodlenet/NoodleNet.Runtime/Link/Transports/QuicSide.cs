using System.Net;
using System.Net.Quic;
using System.Runtime.Versioning;
using NoodleNet.Link;
using Noodle.Primitives;

namespace NoodleNet.Runtime.Link.Transports;

/// <summary>All that touches System.Net.Quic: how to listen, accept and dial.</summary>
/// <remarks>
/// Meaning: TLS 1.3 with a certificate of each end, as over TCP. The flags of .NET's own check are not asked, among
/// them the name mismatch that a server always sees on a client's certificate: the callback judges issuer, use,
/// validity and node name itself, at both ends. A dial may succeed before the server has judged: a connection counts
/// only with its HELLO.
/// Bound: one stream a connection; a connection that opens none within the handshake limit is closed.
/// </remarks>
[SupportedOSPlatform("windows")]
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("osx")]
internal sealed class QuicSide(LinkTls tls, LinkOptions options)
{
    public const long NoFault = 0;

    private const int StreamWindow = 4 << 20; // a power of two, as the library wants it

    public ValueTask<QuicListener> ListenAsync(IPEndPoint listen, CancellationToken cancellation) =>
        QuicListener.ListenAsync(
            new QuicListenerOptions
            {
                ListenEndPoint = listen,
                ListenBacklog = options.MaxHandshakes,
                ApplicationProtocols = [LinkTls.Protocol],
                // Made anew for each connection: the certificate is renewed while the listener stands.
                ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(ForServer()),
            },
            cancellation);

    /// <summary>The stream that the peer opens, and the node that its certificate names.</summary>
    /// <remarks>Disposes of the connection when it fails.</remarks>
    public async Task<(LinkTransport Transport, NodeId Peer)> AcceptAsync(
        QuicConnection connection, CancellationToken cancellation)
    {
        try
        {
            // Judged in the handshake already; the name is read again from what the connection says it accepted.
            LinkFault fault = tls.Verify(
                connection.RemoteCertificate, asServer: false, out NodeId peer, out string why);
            if (fault != LinkFault.None)
            {
                throw new LinkException(fault, why);
            }

            QuicStream stream = await connection.AcceptInboundStreamAsync(cancellation).ConfigureAwait(false);
            return (new QuicTransport(connection, stream, connection.RemoteEndPoint), peer);
        }
        catch
        {
            await QuicTransport.CloseAsync(connection).ConfigureAwait(false);
            throw;
        }
    }

    /// <param name="judge">Called with the verdict on the server's certificate.</param>
    public async Task<LinkTransport> DialAsync(
        NodeId node, IPEndPoint address, Action<LinkFault, string> judge, CancellationToken cancellation)
    {
        var dial = new QuicClientConnectionOptions
        {
            RemoteEndPoint = address,
            ClientAuthenticationOptions = tls.ForClient(node, judge),
            MaxInboundBidirectionalStreams = 0,
            MaxInboundUnidirectionalStreams = 0,
        };
        Set(dial);
        QuicConnection connection = await QuicConnection.ConnectAsync(dial, cancellation).ConfigureAwait(false);
        try
        {
            QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, cancellation)
                .ConfigureAwait(false);
            return new QuicTransport(connection, stream, address);
        }
        catch
        {
            await QuicTransport.CloseAsync(connection).ConfigureAwait(false);
            throw;
        }
    }

    private QuicServerConnectionOptions ForServer()
    {
        var serve = new QuicServerConnectionOptions
        {
            ServerAuthenticationOptions = tls.ForQuicServer(),
            MaxInboundBidirectionalStreams = 1,
            MaxInboundUnidirectionalStreams = 0,
        };
        Set(serve);
        return serve;
    }

    private void Set(QuicConnectionOptions connection)
    {
        connection.DefaultCloseErrorCode = NoFault;
        connection.DefaultStreamErrorCode = NoFault;
        connection.HandshakeTimeout = options.Limits.HandshakeLimit;
        connection.IdleTimeout = options.Limits.SilenceLimit * 2; // our own pings notice sooner
        connection.InitialReceiveWindowSizes.LocallyInitiatedBidirectionalStream = StreamWindow;
        connection.InitialReceiveWindowSizes.RemotelyInitiatedBidirectionalStream = StreamWindow;
    }
}
