using System.Net;
using System.Net.Sockets;

namespace NoodleNet.Runtime.Tests;

/// <summary>The loopback address of IPv6, which a machine may have been told to do without.</summary>
internal static class LoopbackV6
{
    public static void SkipWithout() => Assert.SkipUnless(CanBind(), "this machine has no IPv6");

    private static bool CanBind()
    {
        if (!Socket.OSSupportsIPv6)
        {
            return false;
        }

        try
        {
            using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
