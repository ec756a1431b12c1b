using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Noodle.Primitives;
using NoodleNet.Runtime.Storage;
using NoodleNet.Trust;

namespace NoodleNet.Runtime.Trust;

/// <summary>Speaks for the authority: gives out tokens, admits nodes, revokes both; only admins have one.</summary>
/// <remarks>
/// Safe for several threads at once. What it answers lies on disk before the answer is given. All that it says becomes
/// signed records of the <see cref="MeshTrust"/>, which the cluster state carries to every node.
/// Bound: 256 tokens that have not expired, 16,384 nodes. A token's use count is exact at one admin; two that admit at
/// the same moment overshoot by at most one node for each further admin.
/// </remarks>
public sealed class MeshRegistrar : IDisposable
{
    /// <summary>Tokens that are valid at once.</summary>
    public const int MaxTokens = 256;

    /// <summary>How long the founder's token file lasts unless told otherwise.</summary>
    public static readonly TimeSpan DefaultTokenLifetime = TimeSpan.FromDays(30);

    private readonly Lock _lock = new();
    private readonly MeshAuthority _authority;
    private readonly MeshTrust _trust;
    private readonly string _ledgerPath;
    private readonly TimeProvider _clock;

    internal MeshRegistrar(MeshAuthority authority, MeshTrust trust, string ledgerPath, TimeProvider clock) =>
        (_authority, _trust, _ledgerPath, _clock) = (authority, trust, ledgerPath, clock);

    public MeshId Mesh => _authority.Mesh;

    internal X509Certificate2 AuthorityCertificate => _authority.Certificate;

    /// <summary>Makes a token.</summary>
    /// <param name="uses">How many nodes it admits; 0 for any number.</param>
    /// <exception cref="TrustException">256 tokens are valid already.</exception>
    /// <exception cref="StorageException">The ledger cannot be written.</exception>
    public MeshToken CreateToken(TimeSpan lifetime, MeshRole role = MeshRole.Operator, int uses = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lifetime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegative(uses);
        DateTimeOffset now = _clock.GetUtcNow();
        var record = new TokenRecord(
            BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))), role, (uint)uses,
            WholeSeconds(now), WholeSeconds(now + lifetime));
        lock (_lock)
        {
            _trust.Prune(now);
            if (_trust.Tokens.Count(token => token.Expires > now && !_trust.IsTokenRevoked(token.Id)) >= MaxTokens)
            {
                throw new TrustException($"{MaxTokens} join tokens are valid already; revoke one first.");
            }

            Keep(record);
        }

        return TokenOf(record);
    }

    /// <summary>Makes a token worthless; false when there is none of this id that is worth anything.</summary>
    /// <exception cref="StorageException">The ledger cannot be written.</exception>
    public bool RevokeToken(ulong tokenId)
    {
        lock (_lock)
        {
            bool found = _trust.TryGetToken(tokenId, out _) && !_trust.IsTokenRevoked(tokenId);
            if (found)
            {
                Keep(new RevokedTokenRecord(tokenId, WholeSeconds(_clock.GetUtcNow())));
            }

            return found;
        }
    }

    /// <summary>Takes a node's trust away, for ever; false when it was never admitted, or is revoked already.</summary>
    /// <exception cref="StorageException">The ledger cannot be written.</exception>
    public bool RevokeNode(NodeId node)
    {
        lock (_lock)
        {
            bool found = _trust.TryGetAdmitted(node, out _) && _trust.RevokedAt(node) is null;
            if (found)
            {
                Keep(new RevokedNodeRecord(node, WholeSeconds(_clock.GetUtcNow())));
            }

            return found;
        }
    }

    /// <summary>True when the token came from here and can still be used.</summary>
    public bool Honours(MeshToken token)
    {
        ArgumentNullException.ThrowIfNull(token);
        lock (_lock)
        {
            return token.Mesh == Mesh && _trust.TryGetToken(token.Id, out TokenRecord? record)
                && CryptographicOperations.FixedTimeEquals(_authority.SecretOf(record), token.Secret)
                && CheckTerms(record) == JoinFault.None;
        }
    }

    /// <summary>Makes a ring the one of the mesh.</summary>
    /// <exception cref="StorageException">The ledger cannot be written.</exception>
    public void PublishRing(GossipRingRecord ring)
    {
        ArgumentNullException.ThrowIfNull(ring);
        lock (_lock)
        {
            Keep(ring);
        }
    }

    /// <summary>Decides on what a joiner, or a node whose certificate ends, asked of this or another member.</summary>
    /// <exception cref="StorageException">The admission cannot be written down, and is not granted.</exception>
    public AdmissionReply Decide(AdmissionAsk ask)
    {
        ArgumentNullException.ThrowIfNull(ask);
        if (!JoinWire.TryReadRequest(ask.Request, out JoinRequest? request)
            || request.Kind == JoinKind.Ring
            || !MeshAuthority.TryReadKey(request.SigningRequest, out PublicKey? key))
        {
            return new AdmissionReply(JoinFault.Malformed, null);
        }

        byte[] transcript = JoinWire.TranscriptOf(request, _trust.AuthorityHash.Span, ask.ServerHash, ask.Nonce);
        lock (_lock)
        {
            JoinFault fault = request.Kind == JoinKind.Token
                ? AdmitByToken(request, key, transcript)
                : CertificateProof.Check(request, _authority.Certificate, _trust, transcript, key,
                    _clock.GetUtcNow());
            return fault == JoinFault.None
                ? new AdmissionReply(fault, IssueTo(request.Node, key))
                : new AdmissionReply(fault, null);
        }
    }

    /// <summary>Admits a node whose key a person has compared.</summary>
    /// <exception cref="StorageException">The admission cannot be written down, and is not granted.</exception>
    public AdmissionReply AdmitCompared(NodeId node, byte[] signingRequest, MeshRole role)
    {
        if (!MeshAuthority.TryReadKey(signingRequest, out PublicKey? key))
        {
            return new AdmissionReply(JoinFault.Malformed, null);
        }

        lock (_lock)
        {
            JoinFault fault = Register(node, key, role, tokenId: 0);
            return new AdmissionReply(fault, fault == JoinFault.None ? IssueTo(node, key) : null);
        }
    }

    /// <summary>A certificate for an admin's own node, which needs no token.</summary>
    internal X509Certificate2 IssueOwn(ECDsa key, NodeId node)
    {
        var request = new CertificateRequest("CN=own", key, HashAlgorithmName.SHA256);
        lock (_lock)
        {
            JoinFault fault = Register(node, request.PublicKey, MeshRole.Admin, tokenId: 0);
            return fault == JoinFault.None
                ? _authority.Issue(request.PublicKey, node, MeshRole.Admin)
                : throw new TrustException($"Node {node} cannot be certified by its own mesh ({fault}).");
        }
    }

    /// <summary>The authority's private key, for a node that is an admin; null for any other.</summary>
    public byte[]? ExportKeyFor(NodeId node)
    {
        lock (_lock)
        {
            return _trust.TryGetAdmitted(node, out AdmittedRecord? admitted) && admitted.Role == MeshRole.Admin
                && _trust.RevokedAt(node) is null ? _authority.ExportKey() : null;
        }
    }

    /// <summary>Writes down records that came from other admins.</summary>
    /// <exception cref="StorageException">The ledger cannot be written.</exception>
    public void Save()
    {
        lock (_lock)
        {
            LedgerFile.Save(_ledgerPath, _trust.Records);
        }
    }

    public void Dispose() => _authority.Dispose();

    private MeshToken TokenOf(TokenRecord record) =>
        new(_trust.AuthorityHash.Span, record.Id, _authority.SecretOf(record), record.Expires, record.Role);

    private JoinFault AdmitByToken(JoinRequest request, PublicKey key, byte[] transcript)
    {
        if (!_trust.TryGetToken(request.TokenId, out TokenRecord? token))
        {
            return JoinFault.UnknownToken;
        }

        if (!JoinProof.Check(_authority.SecretOf(token), transcript, request.Proof))
        {
            return JoinFault.WrongSecret;
        }

        JoinFault fault = CheckTerms(token);
        bool isBack = _trust.TryGetAdmitted(request.Node, out _); // a node that comes back takes no use
        return fault != JoinFault.None ? fault
            : !isBack && token.MaxUses != 0 && _trust.CountUses(token.Id) >= token.MaxUses ? JoinFault.UsedUp
            : Register(request.Node, key, token.Role, token.Id);
    }

    private JoinFault CheckTerms(TokenRecord token) => _trust.IsTokenRevoked(token.Id) ? JoinFault.Revoked
        : _clock.GetUtcNow() >= token.Expires ? JoinFault.Expired
        : JoinFault.None;

    private JoinFault Register(NodeId node, PublicKey key, MeshRole role, ulong tokenId)
    {
        byte[] keyHash = MeshTrust.HashOf(key);
        if (_trust.RevokedAt(node) is not null)
        {
            return JoinFault.Revoked;
        }

        if (_trust.TryGetAdmitted(node, out AdmittedRecord? known))
        {
            return known.KeyHash.Span.SequenceEqual(keyHash) ? JoinFault.None : JoinFault.NameTaken;
        }

        if (_trust.Admitted.Count >= TrustLedger.MaxNodes)
        {
            return JoinFault.Full;
        }

        Keep(new AdmittedRecord(node, keyHash, role, tokenId, WholeSeconds(_clock.GetUtcNow())));
        return JoinFault.None;
    }

    private byte[] IssueTo(NodeId node, PublicKey key)
    {
        MeshRole role = _trust.TryGetAdmitted(node, out AdmittedRecord? admitted) ? admitted.Role : MeshRole.Viewer;
        using X509Certificate2 issued = _authority.Issue(key, node, role);
        return issued.RawData;
    }

    private void Keep(TrustRecord record)
    {
        byte[] bytes = TrustCodec.Write(record, Mesh.Value, _authority.Sign);
        // On disk first: what is not there did not happen.
        LedgerFile.Save(_ledgerPath, _trust.Records.Where(held => held.Key != record.Key).Append((record.Key, bytes)));
        _trust.Merge(record.Key, bytes);
    }

    private static DateTimeOffset WholeSeconds(DateTimeOffset time) =>
        DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());
}
