using System.Net.Sockets;

namespace NoodleNet.Runtime.Discovery;

/// <summary>Tells TLS from gossip by the first byte of a connection, and leaves that byte where it is.</summary>
/// <remarks>
/// Source: RFC 8446, section 5.1: a handshake record begins with 22; no type of gossip stream has that number.
/// </remarks>
internal static class TlsStart
{
    private const byte HandshakeRecord = 22;

    /// <summary>Waits for the first byte; false when it is another, or when the connection ended before it.</summary>
    public static async Task<bool> IsNextAsync(Socket socket, CancellationToken cancellation)
    {
        byte[] first = new byte[1];
        try
        {
            int count = await socket.ReceiveAsync(first.AsMemory(), SocketFlags.Peek, cancellation)
                .ConfigureAwait(false);
            return count == 1 && first[0] == HandshakeRecord;
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            return false; // whoever serves it as gossip meets the same fault, and closes and logs it
        }
    }
}
