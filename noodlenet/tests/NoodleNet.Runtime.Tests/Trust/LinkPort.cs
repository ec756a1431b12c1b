using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using NoodleNet.Runtime.Link;

namespace NoodleNet.Runtime.Tests.Trust;

/// <summary>A TLS port on loopback that hands every connection to one side protocol.</summary>
internal sealed class LinkPort : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly X509Certificate2 _certificate;
    private readonly SslApplicationProtocol _protocol;
    private readonly Func<SslStream, EndPoint?, CancellationToken, Task> _serve;
    private readonly Task _running;

    public LinkPort(ISideProtocol side, X509Certificate2 certificate)
        : this(certificate, side.Protocol, side.ServeAsync)
    {
    }

    public LinkPort(
        X509Certificate2 certificate, SslApplicationProtocol protocol,
        Func<SslStream, EndPoint?, CancellationToken, Task> serve)
    {
        (_certificate, _protocol, _serve) = (certificate, protocol, serve);
        _listener.Start();
        _running = AcceptAsync();
    }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndpoint;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _running;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> serving = [];
        try
        {
            while (true)
            {
                serving.Add(ServeAsync(await _listener.AcceptSocketAsync(_stop.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await stream.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificate = _certificate,
                    EnabledSslProtocols = SslProtocols.Tls13,
                    ApplicationProtocols = [_protocol],
                },
                _stop.Token);
            await _serve(stream, socket.RemoteEndPoint, _stop.Token);
        }
        catch (Exception e) when (e is IOException or AuthenticationException or OperationCanceledException)
        {
            // the other side went away, as some tests want it to
        }
    }
}
