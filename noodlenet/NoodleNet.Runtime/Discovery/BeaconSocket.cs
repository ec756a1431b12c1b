using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace NoodleNet.Runtime.Discovery;

/// <summary>One multicast socket on one interface, shared with other nodes of the machine.</summary>
internal sealed class BeaconSocket : IDisposable
{
    private static readonly IPAddress Group4 = IPAddress.Parse("239.255.77.77");
    private static readonly IPAddress Group6 = IPAddress.Parse("ff02::7979");
    private readonly IPEndPoint _group;

    private BeaconSocket(Socket socket, IPEndPoint group) => (Socket, _group) = (socket, group);

    public Socket Socket { get; }

    /// <summary>The addresses and interface numbers that a scope takes in.</summary>
    public static IReadOnlyList<BeaconPlace> Places(BeaconScope scope)
    {
        var places = new List<BeaconPlace>();
        foreach (NetworkInterface card in NetworkInterface.GetAllNetworkInterfaces())
        {
            bool loopback = card.NetworkInterfaceType == NetworkInterfaceType.Loopback;
            if (card.OperationalStatus is not (OperationalStatus.Up or OperationalStatus.Unknown)
                || (scope == BeaconScope.Loopback && !loopback) || !(loopback || card.SupportsMulticast))
            {
                continue;
            }

            IPInterfaceProperties properties = card.GetIPProperties();
            AddFirst(properties, AddressFamily.InterNetwork, places,
                () => properties.GetIPv4Properties()?.Index);
            AddFirst(properties, AddressFamily.InterNetworkV6, places,
                () => properties.GetIPv6Properties()?.Index);
        }

        return places;
    }

    /// <exception cref="SocketException">This interface does not take part in multicast.</exception>
    public static BeaconSocket Open(IPAddress address, int index, int port)
    {
        bool four = address.AddressFamily == AddressFamily.InterNetwork;
        bool loopback = IPAddress.IsLoopback(address);
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            SocketOptionLevel level = four ? SocketOptionLevel.IP : SocketOptionLevel.IPv6;
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(four ? IPAddress.Any : IPAddress.IPv6Any, port));
            if (four)
            {
                int wireAddress = BitConverter.ToInt32(address.GetAddressBytes());
                socket.SetSocketOption(level, SocketOptionName.AddMembership, new MulticastOption(Group4, address));
                socket.SetSocketOption(level, SocketOptionName.MulticastInterface, wireAddress);
            }
            else
            {
                socket.SetSocketOption(
                    level, SocketOptionName.AddMembership, new IPv6MulticastOption(Group6, index));
                socket.SetSocketOption(level, SocketOptionName.MulticastInterface, index);
            }

            // Zero hops: not even a wrong route takes a loopback beacon off this machine.
            socket.SetSocketOption(level, SocketOptionName.MulticastTimeToLive, loopback ? 0 : 1);
            socket.SetSocketOption(level, SocketOptionName.MulticastLoopback, true);
            IPAddress group = four ? Group4 : new IPAddress(Group6.GetAddressBytes(), index);
            return new BeaconSocket(socket, new IPEndPoint(group, port));
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }

    public void Send(byte[] bytes) => Socket.SendTo(bytes, SocketFlags.None, _group);

    public void Dispose() => Socket.Dispose();

    private static void AddFirst(
        IPInterfaceProperties properties, AddressFamily family, List<BeaconPlace> places, Func<int?> index)
    {
        IPAddress? first = properties.UnicastAddresses.Select(address => address.Address)
            .FirstOrDefault(address => address.AddressFamily == family);
        if (first is null)
        {
            return;
        }

        try
        {
            places.Add(new BeaconPlace(first, index() ?? 0));
        }
        catch (NetworkInformationException)
        {
            return; // the interface went away, or does not speak this family
        }
    }
}
