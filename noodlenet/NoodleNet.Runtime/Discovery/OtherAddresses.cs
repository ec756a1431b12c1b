using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Noodle.Primitives;
using NoodleNet.Discovery;

namespace NoodleNet.Runtime.Discovery;

/// <summary>The address of the other family of each member that told one: gossip itself knows a member by one address.
/// </summary>
/// <remarks>
/// Meaning: a member with addresses of both families is known by that of IPv4, and tells the other in the tag
/// <see cref="Tag"/>. Who has no way to the first uses the second; what comes from the second counts as from the first.
/// Bound: <paramref name="most"/> members. An address that another member is known by is not believed.
/// Safe for several threads; one of them notes.
/// </remarks>
internal sealed class OtherAddresses(int most)
{
    /// <summary>Its value is an address without a port, which is that of the first.</summary>
    public const string Tag = "addr";

    private readonly ConcurrentDictionary<IPEndPoint, IPEndPoint> _others = new();
    private readonly ConcurrentDictionary<IPEndPoint, IPEndPoint> _firsts = new();
    private readonly Dictionary<NodeId, IPEndPoint> _nodes = []; // first addresses; the noting task's alone
    private readonly HashSet<IPEndPoint> _known = []; // the same, to be asked for

    /// <summary>Takes what a member tells of itself now.</summary>
    /// <param name="isGone">True when it does not come back: it left, or is kept no more.</param>
    public void Note(RegistryEntry entry, bool isGone)
    {
        IPEndPoint first = entry.GossipEndPoint;
        if (_nodes.TryGetValue(entry.Node, out IPEndPoint? before) && (isGone || !before.Equals(first)))
        {
            _nodes.Remove(entry.Node);
            _known.Remove(before);
            Forget(before);
        }

        if (isGone || (!_nodes.ContainsKey(entry.Node) && _nodes.Count >= most))
        {
            return;
        }

        _nodes[entry.Node] = first;
        _known.Add(first);
        if (_firsts.TryGetValue(first, out IPEndPoint? liar))
        {
            Forget(liar); // who is known by an address has more right to it than who tells it as another
        }

        IPEndPoint? other = Read(entry);
        if (Equals(other, OtherOf(first)))
        {
            return;
        }

        Forget(first);
        if (other is not null && !_known.Contains(other) && _firsts.TryAdd(other, first))
        {
            _others[first] = other;
        }
    }

    /// <summary>The other address of the member known by this one; null when it told none.</summary>
    public IPEndPoint? OtherOf(IPEndPoint first) => _others.GetValueOrDefault(first);

    /// <summary>The address by which gossip knows whoever has this one.</summary>
    public IPEndPoint FirstOf(IPEndPoint address) => _firsts.GetValueOrDefault(address, address);

    /// <summary>True for addresses of both families, of which both or none are loopback's.</summary>
    public static bool AreOfOneNode(IPAddress first, IPAddress other) =>
        first.AddressFamily != other.AddressFamily && IPAddress.IsLoopback(first) == IPAddress.IsLoopback(other);

    /// <summary>True for a failure that another address may not have: there is no way to this one.</summary>
    public static bool IsNoWay(SocketException exception) => exception.SocketErrorCode
        is SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.AddressNotAvailable
        or SocketError.NetworkDown or SocketError.AddressFamilyNotSupported;

    private void Forget(IPEndPoint first)
    {
        if (_others.TryRemove(first, out IPEndPoint? other))
        {
            _firsts.TryRemove(other, out _);
        }
    }

    private static IPEndPoint? Read(RegistryEntry entry) =>
        entry.Tags.TryGetValue(Tag, out string? text) && IPAddress.TryParse(text, out IPAddress? address)
            && AreOfOneNode(entry.GossipEndPoint.Address, address)
            && !address.IsIPv6Multicast && !address.IsIPv6LinkLocal && !address.IsIPv4MappedToIPv6
            && !address.Equals(IPAddress.IPv6Any) && address.GetAddressBytes() is not [0 or >= 224, _, _, _]
            ? new IPEndPoint(address, entry.GossipEndPoint.Port) : null;
}
