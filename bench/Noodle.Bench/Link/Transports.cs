using System.Net;
using System.Net.Quic;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.Versioning;

namespace Noodle.Bench.Link;

/// <summary>Makes connected pairs of byte channels over loopback.</summary>
internal interface ITransport : IAsyncDisposable
{
    /// <summary>A new channel: the end that dialed and the end that was dialed.</summary>
    Task<(Stream Client, Stream Server)> ConnectAsync(CancellationToken cancellation);
}

/// <summary>TCP without delay, bare or under mutual TLS 1.3.</summary>
internal sealed class TcpTransport(BenchMesh? mesh) : ITransport
{
    private const string Protocol = "bench/1";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public async Task<(Stream Client, Stream Server)> ConnectAsync(CancellationToken cancellation)
    {
        _listener.Start();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        ValueTask<Socket> accepting = _listener.AcceptSocketAsync(cancellation);
        await socket.ConnectAsync(_listener.LocalEndpoint, cancellation).ConfigureAwait(false);
        Socket accepted = await accepting.ConfigureAwait(false);
        accepted.NoDelay = true;
        NetworkStream client = new(socket, ownsSocket: true), server = new(accepted, ownsSocket: true);
        if (mesh is null)
        {
            return (client, server);
        }

        SslStream secureClient = new(client), secureServer = new(server);
        await Task.WhenAll(
            secureServer.AuthenticateAsServerAsync(mesh.ForServer(Protocol), cancellation),
            secureClient.AuthenticateAsClientAsync(mesh.ForClient(Protocol), cancellation)).ConfigureAwait(false);
        return (secureClient, secureServer);
    }

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>QUIC with mutual TLS, a stream of its own connection for each channel.</summary>
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("macos")]
[SupportedOSPlatform("windows")]
internal sealed class QuicTransport(BenchMesh mesh) : ITransport
{
    private const string Protocol = "bench/1";
    private const byte Opened = 1;

    private readonly List<QuicConnection> _connections = [];
    private QuicListener? _listener;

    public async Task<(Stream Client, Stream Server)> ConnectAsync(CancellationToken cancellation)
    {
        _listener ??= await QuicListener.ListenAsync(
            new QuicListenerOptions
            {
                ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
                ApplicationProtocols = [new SslApplicationProtocol(Protocol)],
                ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(new QuicServerConnectionOptions
                {
                    ServerAuthenticationOptions = mesh.ForServer(Protocol),
                    DefaultCloseErrorCode = 0,
                    DefaultStreamErrorCode = 0,
                }),
            },
            cancellation).ConfigureAwait(false);
        ValueTask<QuicConnection> accepting = _listener.AcceptConnectionAsync(cancellation);
        QuicConnection client = await QuicConnection.ConnectAsync(
            new QuicClientConnectionOptions
            {
                RemoteEndPoint = _listener.LocalEndPoint,
                ClientAuthenticationOptions = mesh.ForClient(Protocol),
                DefaultCloseErrorCode = 0,
                DefaultStreamErrorCode = 0,
            },
            cancellation).ConfigureAwait(false);
        _connections.Add(client);
        QuicConnection server = await accepting.ConfigureAwait(false);
        _connections.Add(server);
        QuicStream dialed = await client
            .OpenOutboundStreamAsync(QuicStreamType.Bidirectional, cancellation).ConfigureAwait(false);
        await dialed.WriteAsync(new[] { Opened }, cancellation).ConfigureAwait(false); // it exists once bytes are sent
        QuicStream taken = await server.AcceptInboundStreamAsync(cancellation).ConfigureAwait(false);
        await taken.ReadExactlyAsync(new byte[1], cancellation).ConfigureAwait(false);
        return (dialed, taken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (QuicConnection connection in _connections)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }

        if (_listener is not null)
        {
            await _listener.DisposeAsync().ConfigureAwait(false);
        }
    }
}
