using System.Net;
using System.Net.Quic;
using System.Runtime.Versioning;
using System.Security.Authentication;
using Noodle.Primitives;

namespace NoodleNet.Runtime.Link.Transports;

/// <summary>The QUIC listener of a link host: it accepts until it is disposed of.</summary>
/// <remarks>Bound: as many connections wait to be accepted as may be in the handshake; more are refused.</remarks>
[SupportedOSPlatform("windows")]
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("osx")]
internal sealed class QuicPort : IAsyncDisposable
{
    private static readonly TimeSpan PauseAfterFault = TimeSpan.FromMilliseconds(10);

    private readonly QuicSide _side;
    private readonly QuicListener _listener;
    private readonly LinkContext _context;
    private readonly CancellationTokenSource _stop = new();

    private QuicPort(QuicSide side, QuicListener listener, LinkContext context) =>
        (_side, _listener, _context) = (side, listener, context);

    /// <summary>Takes a connection whose handshake is over, and gives the transport once its stream is there.</summary>
    public delegate Task Serve(
        Func<CancellationToken, Task<(LinkTransport Transport, NodeId Peer)>> accept, EndPoint remote);

    public IPEndPoint LocalEndPoint => _listener.LocalEndPoint;

    public static async Task<QuicPort> OpenAsync(
        QuicSide side, IPEndPoint listen, LinkContext context, CancellationToken cancellation) =>
        new(side, await side.ListenAsync(listen, cancellation).ConfigureAwait(false), context);

    public async Task AcceptAllAsync(Action<Task> own, Serve serve)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                QuicConnection connection = await _listener.AcceptConnectionAsync(_stop.Token).ConfigureAwait(false);
                own(serve(token => _side.AcceptAsync(connection, token), connection.RemoteEndPoint));
            }
            catch (Exception error) when (_stop.IsCancellationRequested || error is ObjectDisposedException)
            {
                return;
            }
            catch (Exception error) // of one handshake: the next connection may be sound
            {
                Log.LinkQuicRefused(_context.Logger, error.Message);
                if (error is not AuthenticationException)
                {
                    await Task.Delay(PauseAfterFault, _context.Clock.Provider).ConfigureAwait(false);
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _listener.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }
}
