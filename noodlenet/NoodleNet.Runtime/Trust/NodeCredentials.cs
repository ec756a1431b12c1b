using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Noodle.Primitives;
using NoodleNet.Runtime.Link;
using NoodleNet.Runtime.Storage;

namespace NoodleNet.Runtime.Trust;

/// <summary>What makes a node a member: certificate, key, the authority's certificate, gossip key.</summary>
public sealed class NodeCredentials : ILinkIdentity, IDisposable
{
    /// <summary>Length of the key that all members encrypt gossip with.</summary>
    public const int GossipKeyBytes = 32;

    private const int MaxFileBytes = 64 << 10;
    private const string GossipLabel = "NOODLE GOSSIP KEY";

    private readonly byte[] _gossipKey;
    private readonly TimeProvider _clock;

    /// <param name="certificate">With its key; owned from here on, as is <paramref name="authority"/>.</param>
    internal NodeCredentials(
        NodeId node, X509Certificate2 certificate, X509Certificate2 authority, byte[] gossipKey, TimeProvider clock)
    {
        (Node, Certificate, Authority, _gossipKey, _clock) = (node, certificate, authority, gossipKey, clock);
        Mesh = MeshId.Of(authority);
        Issuers = [authority];
    }

    public NodeId Node { get; }

    public X509Certificate2 Certificate { get; }

    public X509Certificate2Collection Issuers { get; }

    /// <summary>The mesh that this node is a member of.</summary>
    public MeshId Mesh { get; }

    /// <summary>The certificate of the mesh's authority, without its key.</summary>
    public X509Certificate2 Authority { get; }

    /// <summary>The secret that all members share.</summary>
    public ReadOnlyMemory<byte> GossipKey => _gossipKey;

    /// <inheritdoc/>
    public bool TryVerifyPeer(X509Certificate2 certificate, bool asServer, out NodeId peer, out string? fault)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        fault = PeerCheck.Verify(certificate, Authority, asServer, _clock.GetUtcNow(), out peer);
        return fault is null;
    }

    /// <summary>Writes everything into one file, for the owner's eyes only.</summary>
    /// <exception cref="StorageException">The file cannot be written.</exception>
    public void Save(string path)
    {
        using ECDsa key = Certificate.GetECDsaPrivateKey()!;
        PemFile.Write(path,
            ("CERTIFICATE", Certificate.RawData),
            ("PRIVATE KEY", key.ExportPkcs8PrivateKey()),
            ("CERTIFICATE", Authority.RawData),
            (GossipLabel, _gossipKey));
    }

    /// <summary>Reads what <see cref="Save"/> wrote; null when there is no such file.</summary>
    /// <exception cref="StorageException">The file is damaged, readable by others, or of another node.</exception>
    public static NodeCredentials? Load(string path, NodeId self, TimeProvider clock) =>
        PemFile.Read(path, MaxFileBytes, 4, parts =>
        {
            using X509Certificate2 bare = PemFile.Certificate(parts[0]);
            X509Certificate2 authority = PemFile.Certificate(parts[2]);
            byte[] gossipKey = PemFile.Labelled(parts[3], GossipLabel);
            // At a time when it was valid: an expired certificate is no damage, its owner may renew it.
            string? fault = PeerCheck.Verify(bare, authority, asServer: true, bare.NotBefore, out NodeId named);
            if (fault is not null || named != self || gossipKey.Length != GossipKeyBytes)
            {
                throw new FormatException(fault?.TrimEnd('.')
                    ?? (named == self ? "the gossip key is cut" : $"it belongs to node {named}, and this is {self}"));
            }

            return new NodeCredentials(self, PemFile.WithKey(bare, parts[1]), authority, gossipKey, clock);
        });

    /// <summary>Tells which node this is, and no secret.</summary>
    public override string ToString() => $"{Node} of mesh {Mesh}";

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_gossipKey);
        Certificate.Dispose();
        Authority.Dispose();
    }
}
