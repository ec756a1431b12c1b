using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using NoodleNet.Discovery;

namespace Noodle.Node.Options;

/// <summary>An address that people write: <c>host:port</c>, <c>1.2.3.4:7946</c>, <c>[::1]:7946</c>; the port may be
/// left out.</summary>
public static class MeshAddress
{
    private const int MaxHostLength = 253; // RFC 1035, section 2.3.4
    private const string ServicePrefix = "srv:";

    /// <summary>Splits an address; false when it is none.</summary>
    public static bool TryParse(string text, out string host, out int port)
    {
        ArgumentNullException.ThrowIfNull(text);
        port = NodeOptions.DefaultMeshPort;
        int colon = text.LastIndexOf(':');
        bool bracketed = text.StartsWith('[');
        bool bareV6 = !bracketed && colon != text.IndexOf(':', StringComparison.Ordinal);
        host = bareV6 || colon < 0 || text.EndsWith(']') ? text : text[..colon];
        if (host.Length < text.Length &&
            (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) ||
            port is < 1 or > 65_535))
        {
            return false;
        }

        host = bracketed && host.EndsWith(']') ? host[1..^1] : host;
        return bracketed || bareV6
            ? IPAddress.TryParse(host, out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetworkV6
            : host.Length is > 0 and <= MaxHostLength &&
                Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4;
    }

    /// <summary>Why an address leads nowhere although it is written well, as a sentence; null when nothing speaks
    /// against it.</summary>
    public static string? FindFault(string text) =>
        TryParse(text, out string host, out int port) && IPAddress.TryParse(host, out IPAddress? address)
            && address is { IsIPv6LinkLocal: true, ScopeId: 0 }
            ? string.Create(CultureInfo.InvariantCulture,
                $"{host} is a link-local address, which every interface has: name the one that leads there, as in ") +
                string.Create(CultureInfo.InvariantCulture, $"[{host}%eth0]:{port}")
            : null;

    /// <summary>Reads the name of a seed: an address as <see cref="TryParse"/> takes it, or <c>srv:</c> and the name
    /// of a DNS service, such as <c>srv:_noodle._tcp.example.org</c>.</summary>
    public static bool TryParseSeed(string text, [NotNullWhen(true)] out SeedName? seed)
    {
        ArgumentNullException.ThrowIfNull(text);
        seed = null;
        if (text.StartsWith(ServicePrefix, StringComparison.OrdinalIgnoreCase))
        {
            string service = text[ServicePrefix.Length..];
            seed = IsServiceName(service) ? new SeedName(SeedKind.Service, service, 0) : null;
        }
        else if (TryParse(text, out string host, out int port))
        {
            seed = new SeedName(IPAddress.TryParse(host, out _) ? SeedKind.Address : SeedKind.Host, host, port);
        }

        return seed is not null;
    }

    /// <summary>Looks an address up once; empty when the name has no address.</summary>
    public static async Task<IReadOnlyList<IPEndPoint>> ResolveAsync(string text, CancellationToken cancellation)
    {
        if (!TryParse(text, out string host, out int port))
        {
            return [];
        }

        if (IPAddress.TryParse(host, out IPAddress? literal))
        {
            return [new IPEndPoint(literal, port)];
        }

        try
        {
            IPAddress[] addresses = await Dns.GetHostAddressesAsync(host, cancellation);
            return [.. addresses.Select(address => new IPEndPoint(address, port))];
        }
        catch (SocketException)
        {
            return []; // a name without an address now may have one at the next try
        }
    }

    // RFC 2782 wants _service._proto.name; any name is taken whose labels DNS can carry.
    private static bool IsServiceName(string name) =>
        name.Length is > 0 and <= MaxHostLength && name.TrimEnd('.').Split('.').All(label =>
            label.Length is > 0 and <= 63 && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'));
}
