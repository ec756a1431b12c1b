using System.Globalization;
using System.Net;
using NoodleNet.Discovery;

namespace Noodle.Node.Mesh;

/// <summary>What a node tells of itself through gossip: where to reach it and what it runs.</summary>
internal static class MemberTags
{
    private const string Link = "link";
    private const string Http = "http";
    private const string Version = "v";
    private const string Role = "role";

    /// <summary>The tags of this node.</summary>
    public static Dictionary<string, string> Write(int linkPort, Uri http, string version) => new(StringComparer.Ordinal)
    {
        [Role] = "noodle",
        [Version] = version,
        [Link] = linkPort.ToString(CultureInfo.InvariantCulture),
        [Http] = http.GetLeftPart(UriPartial.Authority),
    };

    /// <summary>Where a member's NoodleLink listens; null when it does not say, as a member that is no Noodle node.</summary>
    public static IPEndPoint? LinkAddressOf(RegistryEntry member) =>
        member.Tags.TryGetValue(Link, out string? text) &&
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and <= 65_535
            ? new IPEndPoint(member.GossipEndPoint.Address, port)
            : null;

    public static string HttpOf(RegistryEntry member) => member.Tags.GetValueOrDefault(Http, "");

    public static string VersionOf(RegistryEntry member) => member.Tags.GetValueOrDefault(Version, "");
}
