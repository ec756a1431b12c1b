using System.Net;
using System.Net.Sockets;
using Noodle.Primitives;

namespace NoodleNet.Runtime.Discovery;

/// <summary>The sockets of one port number: UDP and TCP, on one address of each family.</summary>
/// <remarks>A pair for each family, not one socket for both: so no address ever shows in the form of the other
/// family.</remarks>
internal sealed class GossipSockets : IDisposable
{
    private const int PortTries = 32;
    private const int SocketsOfPair = 2;
    private readonly IResourceAccount _account;
    private readonly GossipPair[] _pairs;
    private bool _disposed;

    private GossipSockets(GossipPair[] pairs, IResourceAccount account)
    {
        (_pairs, _account) = (pairs, account);
        LocalEndPoint = pairs[0].LocalEndPoint;
    }

    /// <summary>One or two, the first asked for first.</summary>
    public IReadOnlyList<GossipPair> Pairs => _pairs;

    public IPEndPoint LocalEndPoint { get; }

    public bool IsDisposed => Volatile.Read(ref _disposed);

    /// <param name="also">An address of the other family, left out where the system does not have that family.</param>
    /// <exception cref="InvalidOperationException">The port is taken, or the account has no sockets left.</exception>
    public static GossipSockets Open(IPEndPoint bind, IPAddress? also, IResourceAccount account)
    {
        SocketException? last = null;
        for (int attempt = 0; attempt < (bind.Port == 0 ? PortTries : 1); attempt++)
        {
            if (TryOpen(bind, also, account, out GossipPair[] pairs, out last))
            {
                return new GossipSockets(pairs, account);
            }
        }

        throw new InvalidOperationException(
            $"Gossip cannot listen on {bind} for UDP and TCP: {last!.Message}. "
            + "Stop what uses the port, or choose another.", last);
    }

    /// <summary>The datagram socket that reaches a family; null when there is none.</summary>
    public Socket? DatagramsOf(AddressFamily family)
    {
        foreach (GossipPair pair in _pairs)
        {
            if (pair.LocalEndPoint.AddressFamily == family)
            {
                return pair.Datagrams;
            }
        }

        return null;
    }

    public void Dispose()
    {
        Volatile.Write(ref _disposed, true);
        Close(_pairs, _account);
    }

    private static bool TryOpen(
        IPEndPoint bind, IPAddress? also, IResourceAccount account, out GossipPair[] pairs,
        out SocketException? fault)
    {
        Reserve(account);
        pairs = [];
        if (!GossipPair.TryOpen(bind, out GossipPair? first, out fault))
        {
            account.Release(ResourceKind.Sockets, SocketsOfPair);
            return false;
        }

        pairs = [first!];
        if (also is null)
        {
            return true;
        }

        try
        {
            Reserve(account);
        }
        catch
        {
            Close(pairs, account);
            throw;
        }

        if (GossipPair.TryOpen(new IPEndPoint(also, first!.LocalEndPoint.Port), out GossipPair? second, out fault))
        {
            pairs = [first, second!];
            return true;
        }

        account.Release(ResourceKind.Sockets, SocketsOfPair);
        if (fault!.SocketErrorCode is not (SocketError.AddressAlreadyInUse or SocketError.AccessDenied))
        {
            fault = null; // the system does not speak that family
            return true;
        }

        Close(pairs, account);
        return false;
    }

    private static void Reserve(IResourceAccount account)
    {
        if (!account.TryReserve(ResourceKind.Sockets, SocketsOfPair))
        {
            throw new InvalidOperationException(
                $"Gossip needs two sockets for each family of addresses, and the limit of {account.Owner} is "
                + "reached; raise it.");
        }
    }

    private static void Close(GossipPair[] pairs, IResourceAccount account)
    {
        foreach (GossipPair pair in pairs)
        {
            pair.Dispose();
            account.Release(ResourceKind.Sockets, SocketsOfPair);
        }
    }
}
