using System.Net;
using System.Net.Sockets;

namespace NoodleNet.Runtime.Discovery;

/// <summary>A UDP and a TCP socket on one address and one port number.</summary>
internal sealed class GossipPair : IDisposable
{
    private const int ReceiveBufferBytes = 2 * 1024 * 1024;
    private const int LeastBufferBytes = 64 * 1024;
    private const int Backlog = 128;
    private const int LevelIpv6 = 41; // IPPROTO_IPV6
    private const int AddressPreferences = 72; // IPV6_ADDR_PREFERENCES
    private const int PreferPublic = 2; // IPV6_PREFER_SRC_PUBLIC

    private GossipPair(Socket datagrams, Socket streams)
    {
        (Datagrams, Streams) = (datagrams, streams);
        LocalEndPoint = (IPEndPoint)datagrams.LocalEndPoint!;
    }

    public Socket Datagrams { get; }

    public Socket Streams { get; }

    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Opens both on the same number, any that is free for both when the port is 0.</summary>
    public static bool TryOpen(IPEndPoint bind, out GossipPair? pair, out SocketException? fault)
    {
        Socket? streams = null, datagrams = null;
        try
        {
            streams = new Socket(bind.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            datagrams = new Socket(bind.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            if (bind.AddressFamily == AddressFamily.InterNetworkV6)
            {
                (streams.DualMode, datagrams.DualMode) = (false, false);
                SendFromToldAddress(datagrams);
            }

            streams.Bind(bind);
            int port = ((IPEndPoint)streams.LocalEndPoint!).Port;
            datagrams.Bind(new IPEndPoint(bind.Address, port));
            streams.Listen(Backlog);
            EnlargeBuffer(datagrams);
            (pair, fault) = (new GossipPair(datagrams, streams), null);
            return true;
        }
        catch (SocketException exception)
        {
            datagrams?.Dispose();
            streams?.Dispose();
            (pair, fault) = (null, exception);
            return false;
        }
    }

    public void Dispose()
    {
        Datagrams.Dispose();
        Streams.Dispose();
    }

    // Else the system sends from an address that it changes every day (RFC 8981), and an answer to a probe counts only
    // from the address that was asked.
    private static void SendFromToldAddress(Socket datagrams)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            datagrams.SetRawSocketOption(LevelIpv6, AddressPreferences, BitConverter.GetBytes(PreferPublic));
        }
        catch (SocketException)
        {
            return; // a system that does not know it has no such addresses either
        }
    }

    // Some systems refuse what is more than they allow, others take less without a word.
    private static void EnlargeBuffer(Socket datagrams)
    {
        for (int bytes = ReceiveBufferBytes; bytes >= LeastBufferBytes; bytes /= 2)
        {
            try
            {
                datagrams.ReceiveBufferSize = bytes;
                return;
            }
            catch (SocketException)
            {
                continue;
            }
        }
    }
}
