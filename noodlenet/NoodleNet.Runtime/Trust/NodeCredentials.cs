using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Noodle.Primitives;
using NoodleNet.Discovery.Wire;
using NoodleNet.Runtime.Link;
using NoodleNet.Runtime.Storage;
using NoodleNet.Trust;

namespace NoodleNet.Runtime.Trust;

/// <summary>What makes a node a member: certificate, key, the authority's certificate, gossip keys.</summary>
/// <remarks>
/// Certificate and gossip keys change while the node runs: new connections use what is new. Safe for several threads.
/// </remarks>
public sealed class NodeCredentials : ILinkIdentity, IDisposable
{
    /// <summary>Length of the keys that all members encrypt gossip with.</summary>
    public const int GossipKeyBytes = GossipRingRecord.KeyBytes;

    private const int MaxFileBytes = 64 << 10;
    private const int FixedParts = 3;
    private const string GossipLabel = "NOODLE GOSSIP KEY";

    private readonly Lock _lock = new();
    private readonly TimeProvider _clock;
    private readonly List<X509Certificate2> _former = []; // others may use them still; some 80 a year
    private volatile X509Certificate2 _certificate;
    private volatile IReadOnlyList<ReadOnlyMemory<byte>> _gossipKeys;

    /// <param name="certificate">With its key; owned from here on, as is <paramref name="authority"/>.</param>
    internal NodeCredentials(
        NodeId node, X509Certificate2 certificate, X509Certificate2 authority,
        IReadOnlyList<ReadOnlyMemory<byte>> gossipKeys, TimeProvider clock)
    {
        (Node, _certificate, Authority, _gossipKeys, _clock) = (node, certificate, authority, gossipKeys, clock);
        Mesh = MeshId.Of(authority);
        Issuers = [authority];
    }

    public NodeId Node { get; }

    public X509Certificate2 Certificate => _certificate;

    public X509Certificate2Collection Issuers { get; }

    /// <summary>The mesh that this node is a member of.</summary>
    public MeshId Mesh { get; }

    /// <summary>What this node is trusted with, as its certificate says.</summary>
    public MeshRole Role => NodeName.RoleOf(_certificate);

    /// <summary>The certificate of the mesh's authority, without its key.</summary>
    public X509Certificate2 Authority { get; }

    /// <summary>The secrets that all members share, 1 to 16; the first seals, all of them open.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> GossipKeys => _gossipKeys;

    /// <summary>Says when a node was revoked; null for one that is trusted.</summary>
    public Func<NodeId, DateTimeOffset?>? RevokedAt { get; set; }

    /// <inheritdoc/>
    public bool TryVerifyPeer(X509Certificate2 certificate, bool asServer, out NodeId peer, out string? fault)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        fault = PeerCheck.Verify(certificate, Authority, asServer, _clock.GetUtcNow(), out peer);
        if (fault is null && RevokedAt?.Invoke(peer) is { } at)
        {
            (fault, peer) = ($"The mesh revoked this node at {at:u}.", default);
        }

        return fault is null;
    }

    /// <summary>Signs this node's claim to its name, for gossip.</summary>
    public MetaIdentity SignIdentity(int meshPort)
    {
        using ECDsa key = _certificate.GetECDsaPrivateKey()!;
        return MetaIdentity.Make(key, Mesh.Value, Node, (ushort)meshPort);
    }

    /// <summary>This node's key, for the caller to dispose of.</summary>
    internal ECDsa CopyKey()
    {
        using ECDsa key = _certificate.GetECDsaPrivateKey()!;
        return ECDsa.Create(key.ExportParameters(includePrivateParameters: true));
    }

    /// <summary>Takes a new certificate of the same node and key.</summary>
    /// <returns>False, and nothing is changed, when it is not one.</returns>
    public bool TryRenew(byte[] certificate)
    {
        try
        {
            using X509Certificate2 issued = X509CertificateLoader.LoadCertificate(certificate);
            if (PeerCheck.Verify(issued, Authority, asServer: true, _clock.GetUtcNow(), out NodeId named) is not null
                || named != Node)
            {
                return false;
            }

            lock (_lock)
            {
                using ECDsa key = _certificate.GetECDsaPrivateKey()!;
                X509Certificate2 renewed = PemFile.WithKey(issued, key);
                _former.Add(_certificate);
                _certificate = renewed;
            }

            return true;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return false; // not a certificate, or for another key
        }
    }

    /// <summary>Takes other gossip keys, 1 to 16 of 32 bytes.</summary>
    public void SetGossipKeys(IReadOnlyList<ReadOnlyMemory<byte>> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentOutOfRangeException.ThrowIfZero(keys.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keys.Count, KeyRing.MaxKeys);
        _gossipKeys = [.. keys];
    }

    /// <summary>Writes everything into one file, for the owner's eyes only.</summary>
    /// <exception cref="StorageException">The file cannot be written.</exception>
    public void Save(string path)
    {
        lock (_lock)
        {
            using ECDsa key = _certificate.GetECDsaPrivateKey()!;
            PemFile.Write(path,
            [
                ("CERTIFICATE", _certificate.RawData),
                ("PRIVATE KEY", key.ExportPkcs8PrivateKey()),
                ("CERTIFICATE", Authority.RawData),
                .. _gossipKeys.Select(gossipKey => (GossipLabel, gossipKey.ToArray())),
            ]);
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote; null when there is no such file.</summary>
    /// <exception cref="StorageException">The file is damaged, readable by others, or of another node.</exception>
    public static NodeCredentials? Load(string path, NodeId self, TimeProvider clock) =>
        PemFile.Read(path, MaxFileBytes, FixedParts + 1, parts =>
        {
            using X509Certificate2 bare = PemFile.Certificate(parts[0]);
            X509Certificate2 authority = PemFile.Certificate(parts[2]);
            ReadOnlyMemory<byte>[] gossipKeys =
                [.. parts.Skip(FixedParts).Select(part => (ReadOnlyMemory<byte>)PemFile.Labelled(part, GossipLabel))];
            // At a time when it was valid: an expired certificate is no damage, its owner may renew it.
            string? fault = PeerCheck.Verify(bare, authority, asServer: true, bare.NotBefore, out NodeId named);
            if (fault is not null || named != self || gossipKeys.Any(key => key.Length != GossipKeyBytes))
            {
                throw new FormatException(fault?.TrimEnd('.')
                    ?? (named == self ? "a gossip key is cut" : $"it belongs to node {named}, and this is {self}"));
            }

            return new NodeCredentials(self, PemFile.WithKey(bare, parts[1]), authority, gossipKeys, clock);
        }, FixedParts + KeyRing.MaxKeys);

    /// <summary>Tells which node this is, and no secret.</summary>
    public override string ToString() => $"{Node} of mesh {Mesh}";

    public void Dispose()
    {
        lock (_lock)
        {
            _former.ForEach(certificate => certificate.Dispose());
            _former.Clear();
            _certificate.Dispose();
            Authority.Dispose();
        }
    }
}
