using System.Net;
using System.Net.Quic;
using System.Runtime.Versioning;
using NoodleNet.Link;

namespace NoodleNet.Runtime.Link.Transports;

/// <summary>One stream in both directions of a QUIC connection that carries nothing else.</summary>
/// <remarks>
/// One stream and not one for each priority: the machine orders messages and grants credit itself, and its frames
/// lean on their order (OPEN before DATA, CANCEL after both).
/// </remarks>
[SupportedOSPlatform("windows")]
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("osx")]
internal sealed class QuicTransport(QuicConnection connection, QuicStream stream, EndPoint remote)
    : LinkTransport(stream, LinkTransportKind.Quic, remote)
{
    /// <summary>Completes when the peer has all that was written: closing the connection sooner throws it away.
    /// </summary>
    public override Task CompleteWritesAsync()
    {
        stream.CompleteWrites();
        return stream.WritesClosed;
    }

    public override async ValueTask DisposeAsync()
    {
        // The connection first: a stream alone waits until a peer that may be dead has taken its end.
        await CloseAsync(connection).ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Ends a connection so that the peer hears of it: disposal alone says nothing.</summary>
    public static async Task CloseAsync(QuicConnection connection)
    {
        try
        {
            await connection.CloseAsync(QuicSide.NoFault).ConfigureAwait(false);
        }
        catch (QuicException)
        {
            // it was over already
        }

        await connection.DisposeAsync().ConfigureAwait(false);
    }
}
