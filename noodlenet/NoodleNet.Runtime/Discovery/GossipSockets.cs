using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Noodle.Primitives;

namespace NoodleNet.Runtime.Discovery;

/// <summary>A UDP and a TCP socket on one address and one port number.</summary>
internal sealed class GossipSockets : IDisposable
{
    private const int PortTries = 32;
    private const int ReceiveBufferBytes = 2 * 1024 * 1024;
    private const int LeastBufferBytes = 64 * 1024;
    private const int Backlog = 128;
    private readonly IResourceAccount _account;
    private bool _disposed;

    private GossipSockets(Socket datagrams, Socket streams, IResourceAccount account)
    {
        (Datagrams, Streams, _account) = (datagrams, streams, account);
        LocalEndPoint = (IPEndPoint)datagrams.LocalEndPoint!;
    }

    public Socket Datagrams { get; }

    public Socket Streams { get; }

    public IPEndPoint LocalEndPoint { get; }

    public bool IsDisposed => Volatile.Read(ref _disposed);

    /// <exception cref="InvalidOperationException">The port is taken, or the account has no sockets left.</exception>
    public static GossipSockets Open(IPEndPoint bind, IResourceAccount account)
    {
        if (!account.TryReserve(ResourceKind.Sockets, 2))
        {
            throw new InvalidOperationException(
                $"Gossip needs two sockets, and the limit of {account.Owner} is reached; raise it.");
        }

        SocketException? last = null;
        for (int attempt = 0; attempt < (bind.Port == 0 ? PortTries : 1); attempt++)
        {
            if (TryOpen(bind, out Socket? datagrams, out Socket? streams, out last))
            {
                return new GossipSockets(datagrams!, streams!, account);
            }
        }

        account.Release(ResourceKind.Sockets, 2);
        throw new InvalidOperationException(
            $"Gossip cannot listen on {bind} for UDP and TCP: {last!.Message}. "
            + "Stop what uses the port, or choose another.", last);
    }

    /// <summary>The address to tell others when bound to every address.</summary>
    public static IPAddress Advertised(IPAddress bound)
    {
        if (!bound.Equals(IPAddress.Any) && !bound.Equals(IPAddress.IPv6Any))
        {
            return bound;
        }

        return UsableAddresses(bound.AddressFamily)
            .DefaultIfEmpty(bound.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Loopback
                : IPAddress.IPv6Loopback)
            .First();
    }

    /// <summary>Addresses of interfaces that are up and not loopback; those with a gateway first.</summary>
    public static IEnumerable<IPAddress> UsableAddresses(AddressFamily family) =>
        from card in NetworkInterface.GetAllNetworkInterfaces()
        where card.OperationalStatus == OperationalStatus.Up
            && card.NetworkInterfaceType != NetworkInterfaceType.Loopback
        let properties = card.GetIPProperties()
        orderby properties.GatewayAddresses.Count == 0
        from address in properties.UnicastAddresses
        where address.Address.AddressFamily == family && !address.Address.IsIPv6LinkLocal
        select address.Address;

    public void Dispose()
    {
        Volatile.Write(ref _disposed, true);
        Datagrams.Dispose();
        Streams.Dispose();
        _account.Release(ResourceKind.Sockets, 2);
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

    private static bool TryOpen(
        IPEndPoint bind, out Socket? datagrams, out Socket? streams, out SocketException? fault)
    {
        streams = new Socket(bind.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        datagrams = new Socket(bind.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            streams.Bind(bind);
            int port = ((IPEndPoint)streams.LocalEndPoint!).Port;
            datagrams.Bind(new IPEndPoint(bind.Address, port));
            streams.Listen(Backlog);
            EnlargeBuffer(datagrams);
            fault = null;
            return true;
        }
        catch (SocketException exception)
        {
            datagrams.Dispose();
            streams.Dispose();
            fault = exception;
            return false;
        }
    }
}
