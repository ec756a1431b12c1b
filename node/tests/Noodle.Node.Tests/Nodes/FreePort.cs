using System.Net;
using System.Net.Sockets;

namespace Noodle.Node.Tests.Nodes;

/// <summary>A TCP port that was free a moment ago, for tests that must name one.</summary>
internal static class FreePort
{
    public static int Take()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
