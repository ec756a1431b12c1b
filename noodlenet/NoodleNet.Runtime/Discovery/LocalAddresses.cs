using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace NoodleNet.Runtime.Discovery;

/// <summary>The addresses of this machine that others can be told.</summary>
/// <remarks>Of IPv6 neither link-local ones, which mean something on one cable alone, nor those that the system gives
/// up again soon.</remarks>
internal static class LocalAddresses
{
    private const string LinuxList = "/proc/net/if_inet6";
    private const int Passing = 0x01 | 0x08 | 0x20 | 0x40; // temporary, duplicate, deprecated, tentative

    /// <summary>The address to tell others when bound to every address; null when there is none of that
    /// family.</summary>
    public static IPAddress? ToTell(IPAddress bound) =>
        bound.Equals(IPAddress.Any) || bound.Equals(IPAddress.IPv6Any)
            ? Usable(bound.AddressFamily).FirstOrDefault() : bound;

    /// <summary>Addresses of interfaces that are up and not loopback; those with a gateway first.</summary>
    public static IEnumerable<IPAddress> Usable(AddressFamily family)
    {
        HashSet<IPAddress> passing = family == AddressFamily.InterNetworkV6 && File.Exists(LinuxList)
            ? [.. ReadPassing(File.ReadLines(LinuxList))] : [];
        return
            from card in NetworkInterface.GetAllNetworkInterfaces()
            where card.OperationalStatus == OperationalStatus.Up
                && card.NetworkInterfaceType != NetworkInterfaceType.Loopback
            let properties = card.GetIPProperties()
            orderby properties.GatewayAddresses.Count == 0
            from address in properties.UnicastAddresses
            where address.Address.AddressFamily == family && !address.Address.IsIPv6LinkLocal
            orderby passing.Contains(address.Address) // better one that passes than none
            select address.Address;
    }

    /// <summary>Reads Linux's list: address, interface, length, scope and flags in hexadecimal, and a name.</summary>
    internal static IEnumerable<IPAddress> ReadPassing(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length >= 5 && fields[0].Length == 32
                && int.TryParse(fields[4], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out int flags)
                && (flags & Passing) != 0
                && UInt128.TryParse(fields[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out _))
            {
                yield return new IPAddress(Convert.FromHexString(fields[0]));
            }
        }
    }
}
