using System.Security.Cryptography;
using NoodleNet.Runtime.Storage;

namespace NoodleNet.Runtime.Trust;

/// <summary>The files in a node's folder that make it a member; all for the owner's eyes only.</summary>
internal sealed class MembershipFiles(string folder)
{
    private const int MaxKeyFileBytes = 16 << 10;

    /// <summary>The node's key and certificate, the authority's certificate, the gossip keys.</summary>
    public string Credentials { get; } = Path.Combine(folder, "credentials.pem");

    /// <summary>The authority's key, on an admin's disk only.</summary>
    public string Authority { get; } = Path.Combine(folder, "authority.pem");

    /// <summary>An admin's copy of all trust records.</summary>
    public string Ledger { get; } = Path.Combine(folder, "authority.json");

    /// <summary>The key of a node that is not admitted yet.</summary>
    public string JoinKey { get; } = Path.Combine(folder, "join-key.pem");

    /// <summary>The key to join with, on disk first: if the answer is lost, the next try must show it again.</summary>
    /// <exception cref="StorageException">The file is damaged, readable by others, or cannot be written.</exception>
    public ECDsa KeepJoinKey()
    {
        if (PemFile.Read(JoinKey, MaxKeyFileBytes, 1, parts => PemFile.Key(parts[0])) is { } kept)
        {
            return kept;
        }

        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        PemFile.Write(JoinKey, ("PRIVATE KEY", key.ExportPkcs8PrivateKey()));
        return key;
    }
}
