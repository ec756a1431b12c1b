using System.Net;

namespace NoodleNet.Discovery.Wire;

/// <summary>Addresses as memberlist writes them: 4 or 16 raw bytes, and a port beside them.</summary>
internal static class Endpoints
{
    /// <summary>Null unless the bytes are the address of one node and the port is not zero.</summary>
    /// <remarks>An IPv4 address inside IPv6 becomes IPv4, so that one node has one address.</remarks>
    public static IPEndPoint? Read(ReadOnlySpan<byte> address, uint port)
    {
        if (address.Length is not (4 or 16) || port is 0 or > ushort.MaxValue)
        {
            return null;
        }

        IPEndPoint endpoint = Normalise(new IPEndPoint(new IPAddress(address), (int)port));
        return IsOfOneNode(endpoint.Address) ? endpoint : null;
    }

    // Everybody, nobody or a group: whoever believed that would send its probes to all of them.
    private static bool IsOfOneNode(IPAddress address) =>
        !address.IsIPv6Multicast && !address.Equals(IPAddress.IPv6Any)
        && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.Broadcast)
        && address.GetAddressBytes() is not [>= 224 and <= 239, _, _, _];

    public static IPEndPoint Normalise(IPEndPoint endpoint) =>
        endpoint.Address.IsIPv4MappedToIPv6
            ? new IPEndPoint(endpoint.Address.MapToIPv4(), endpoint.Port)
            : endpoint;

    public static byte[] AddressBytes(IPEndPoint endpoint) => Normalise(endpoint).Address.GetAddressBytes();
}
