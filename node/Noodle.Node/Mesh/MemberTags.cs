using System.Net;
using NoodleNet.Discovery;

namespace Noodle.Node.Mesh;

/// <summary>What a node tells of itself through gossip: where to reach it and what it runs.</summary>
internal static class MemberTags
{
    private const string Http = "http";
    private const string Version = "v";
    private const string Role = "role";
    private const string RoleOfNodes = "noodle";

    /// <summary>The tags of this node.</summary>
    /// <param name="http">Null when the others cannot reach it: it is on loopback, and they are other machines.</param>
    public static Dictionary<string, string> Write(Uri? http, string version)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal) { [Role] = RoleOfNodes, [Version] = version };
        if (http is not null)
        {
            tags[Http] = http.GetLeftPart(UriPartial.Authority);
        }

        return tags;
    }

    /// <summary>Where a member's NoodleLink listens: on its gossip port; null for a member that is no Noodle
    /// node.</summary>
    public static IPEndPoint? LinkAddressOf(RegistryEntry member) =>
        member.Tags.TryGetValue(Role, out string? role) && role == RoleOfNodes ? member.GossipEndPoint : null;

    public static string HttpOf(RegistryEntry member) => member.Tags.GetValueOrDefault(Http, "");

    public static string VersionOf(RegistryEntry member) => member.Tags.GetValueOrDefault(Version, "");
}
