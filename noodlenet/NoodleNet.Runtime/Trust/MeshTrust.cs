using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Trust;

namespace NoodleNet.Runtime.Trust;

/// <summary>What the authority of this node's mesh has said: a <see cref="TrustLedger"/> for several threads.</summary>
public sealed class MeshTrust : ITrustSeal, IDisposable
{
    private readonly Lock _lock = new();
    private readonly Lock _keyLock = new(); // an ECDsa is for one thread at a time
    private readonly ECDsa _authorityKey;
    private readonly TrustLedger _ledger;

    /// <param name="authority">The certificate of the mesh's authority.</param>
    public MeshTrust(X509Certificate2 authority)
    {
        ArgumentNullException.ThrowIfNull(authority);
        _authorityKey = authority.GetECDsaPublicKey()!;
        Mesh = MeshId.Of(authority).Value;
        AuthorityHash = authority.GetCertHash(HashAlgorithmName.SHA256);
        Fingerprint = KeyFingerprint.OfKey(_authorityKey.ExportSubjectPublicKeyInfo());
        _ledger = new TrustLedger(this);
    }

    /// <summary>Raised with every record that is news, on the thread that brought it, outside of every lock.</summary>
    public event Action<TrustRecord>? Recorded;

    /// <inheritdoc/>
    public UInt128 Mesh { get; }

    /// <summary>What people compare when they let a node in.</summary>
    public KeyFingerprint Fingerprint { get; }

    public ReadOnlyMemory<byte> AuthorityHash { get; }

    /// <summary>The gossip keys; null before any were told.</summary>
    public GossipRingRecord? Ring => Read(ledger => ledger.Ring);

    public IReadOnlyList<TokenRecord> Tokens => Read(ledger => ledger.Tokens.ToArray());

    public IReadOnlyList<AdmittedRecord> Admitted => Read(ledger => ledger.Admitted.ToArray());

    public IReadOnlyList<RevokedNodeRecord> RevokedNodes => Read(ledger => ledger.RevokedNodes.ToArray());

    public IReadOnlyList<(string Key, ReadOnlyMemory<byte> Value)> Records => Read(ledger => ledger.Records.ToArray());

    /// <summary>Takes a record, from whomever it comes.</summary>
    public TrustFault Merge(string key, ReadOnlySpan<byte> value)
    {
        TrustFault fault;
        TrustRecord? news;
        lock (_lock)
        {
            fault = _ledger.Merge(key, value, out news);
        }

        if (news is not null)
        {
            Recorded?.Invoke(news);
        }

        return fault;
    }

    public ReadOnlyMemory<byte>? BytesOf(string key) => Read(ledger => ledger.BytesOf(key));

    public DateTimeOffset? RevokedAt(NodeId node) => Read(ledger => ledger.RevokedAt(node));

    public bool IsTokenRevoked(ulong id) => Read(ledger => ledger.IsTokenRevoked(id));

    public int CountUses(ulong tokenId) => Read(ledger => ledger.CountUses(tokenId));

    public bool TryGetAdmitted(NodeId node, [NotNullWhen(true)] out AdmittedRecord? admitted) =>
        (admitted = Read(ledger => ledger.TryGetAdmitted(node, out AdmittedRecord? found) ? found : null)) is not null;

    public bool TryGetToken(ulong id, [NotNullWhen(true)] out TokenRecord? token) =>
        (token = Read(ledger => ledger.TryGetToken(id, out TokenRecord? found) ? found : null)) is not null;

    /// <summary>Forgets tokens that are over for a week; returns their keys.</summary>
    public IReadOnlyList<string> Prune(DateTimeOffset now) => Read(ledger => ledger.Prune(now));

    /// <inheritdoc/>
    bool ITrustSeal.Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        lock (_keyLock)
        {
            return _authorityKey.VerifyData(data, signature, HashAlgorithmName.SHA256);
        }
    }

    /// <summary>SHA-256 of a public key, as an <see cref="AdmittedRecord"/> has it.</summary>
    public static byte[] HashOf(PublicKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return SHA256.HashData(key.ExportSubjectPublicKeyInfo());
    }

    public void Dispose() => _authorityKey.Dispose();

    private T Read<T>(Func<TrustLedger, T> read)
    {
        lock (_lock)
        {
            return read(_ledger);
        }
    }
}
