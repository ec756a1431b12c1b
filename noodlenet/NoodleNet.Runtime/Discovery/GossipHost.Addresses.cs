using System.Net;
using System.Net.Sockets;
using NoodleNet.Discovery;

namespace NoodleNet.Runtime.Discovery;

/// <content>Which address a node is known by, and which one else it has.</content>
public sealed partial class GossipHost
{
    /// <summary>This node's address of the other family, which its tags tell; null when it has none.</summary>
    public IPEndPoint? OtherEndPoint { get; private set; }

    /// <summary>The address of the other family of the member known by this one; null when it told none.</summary>
    public IPEndPoint? OtherEndPointOf(IPEndPoint known) => _others.OtherOf(known);

    /// <summary>The address by which gossip knows whoever has this one; itself when nobody is known to have it.
    /// </summary>
    public IPEndPoint KnownEndPointOf(IPEndPoint address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.Equals(OtherEndPoint) ? AdvertisedEndPoint : _others.FirstOf(address);
    }

    // Bound to every address, a node is known by that of the family it was bound to first, if it has one.
    private void SetAdvertised(GossipSockets sockets)
    {
        int port = sockets.LocalEndPoint.Port;
        IPAddress[] told = [.. sockets.Pairs.Select(pair => LocalAddresses.ToTell(pair.LocalEndPoint.Address))
            .OfType<IPAddress>()];
        IPAddress loopback = sockets.LocalEndPoint.AddressFamily == AddressFamily.InterNetwork
            ? IPAddress.Loopback : IPAddress.IPv6Loopback;
        AdvertisedEndPoint = new IPEndPoint(_options.Advertise ?? told.FirstOrDefault(loopback), port);
        IPAddress? other = told.FirstOrDefault(
            address => OtherAddresses.AreOfOneNode(AdvertisedEndPoint.Address, address));
        OtherEndPoint = other is null || _options.Advertise is not null ? null : new IPEndPoint(other, port);
    }

    private void NoteAddresses(IReadOnlyList<RegistryEvent> changes)
    {
        foreach (RegistryEvent change in changes)
        {
            if (change.Entry is { } entry && entry.Node != _self)
            {
                _others.Note(entry, change.Change is RegistryChange.Left or RegistryChange.Forgotten);
            }
        }
    }
}
