using System.Net;
using System.Net.Sockets;

namespace Noodle.Node.Hosting;

/// <summary>A port that was asked for by name is not free.</summary>
public sealed class PortInUseException(string message) : Exception(message);

/// <summary>Binds the HTTP socket before anything else starts, so that its port is known and stays ours.</summary>
internal static class PortBinder
{
    private const int Tries = 64;

    /// <summary>Binds the port asked for; or, when none is, the first free one from <paramref name="first"/>.</summary>
    /// <exception cref="PortInUseException">The port asked for is in use, or may not be bound by this user.</exception>
    public static Socket BindHttp(IPAddress address, int? asked, int first)
    {
        if (asked is { } port)
        {
            return TryBind(address, port, out SocketError error)
                ?? throw new PortInUseException(Describe(address, port, error));
        }

        for (int candidate = first; candidate < first + Tries; candidate++)
        {
            if (TryBind(address, candidate, out _) is { } socket)
            {
                return socket;
            }
        }

        return TryBind(address, 0, out SocketError last) ?? throw new PortInUseException(Describe(address, 0, last));
    }

    private static string Describe(IPAddress address, int port, SocketError error) => error switch
    {
        SocketError.AddressAlreadyInUse =>
            $"Port {port} on {address} is in use; stop what uses it or choose another with --http-port.",
        SocketError.AccessDenied =>
            $"Port {port} on {address} may not be opened by this user; choose one above 1023 with --http-port.",
        _ => $"Port {port} on {address} cannot be opened ({error}); choose another with --http-port.",
    };

    private static Socket? TryBind(IPAddress address, int port, out SocketError error)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(512); // the backlog also tells other processes that the port is taken
            error = SocketError.Success;
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            error = e.SocketErrorCode;
            return null;
        }
    }
}
