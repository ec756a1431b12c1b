using System.Globalization;
using Noodle.Primitives;

namespace NoodleNet.Trust;

/// <summary>Where trust records stand in the cluster state.</summary>
public static class TrustKeys
{
    public const string Tokens = "token/";
    public const string Admitted = "admitted/";
    public const string Revoked = "revoked/";
    public const string Ring = "gossip-key/ring";
    private const string RevokedTokens = "revoked/token/";

    /// <summary>The prefixes under which records are looked for.</summary>
    public static IReadOnlyList<string> Prefixes { get; } = [Tokens, Admitted, Revoked, "gossip-key/"];

    public static string OfToken(ulong id) => Tokens + TextOf(id);

    public static string OfAdmitted(NodeId node) => Admitted + node;

    public static string OfRevoked(NodeId node) => $"{Revoked}node/{node}";

    public static string OfRevokedToken(ulong id) => RevokedTokens + TextOf(id);

    /// <summary>A token's id as people see it: sixteen hexadecimal digits.</summary>
    public static string TextOf(ulong id) => id.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>Reads what <see cref="TextOf"/> writes.</summary>
    public static bool TryParseId(string? text, out ulong id)
    {
        id = 0;
        return text is { Length: 16 }
            && ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out id);
    }
}
