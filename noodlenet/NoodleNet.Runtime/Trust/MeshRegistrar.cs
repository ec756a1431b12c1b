using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Noodle.Primitives;
using NoodleNet.Runtime.Storage;

namespace NoodleNet.Runtime.Trust;

/// <summary>Gives out tokens and admits nodes, and remembers both; only the founder's node has one.</summary>
/// <remarks>
/// Safe for several threads at once. What it answers lies on disk before the answer is given.
/// Bound: 256 tokens that have not expired, 16,384 nodes.
/// </remarks>
public sealed class MeshRegistrar : IDisposable
{
    /// <summary>How long a token lasts unless told otherwise.</summary>
    public static readonly TimeSpan DefaultTokenLifetime = TimeSpan.FromDays(30);

    private readonly Lock _lock = new();
    private readonly MeshAuthority _authority;
    private readonly string _ledgerPath;
    private readonly TimeProvider _clock;
    private MeshLedger _ledger;

    internal MeshRegistrar(MeshAuthority authority, MeshLedger ledger, string ledgerPath, TimeProvider clock) =>
        (_authority, _ledger, _ledgerPath, _clock) = (authority, ledger, ledgerPath, clock);

    public MeshId Mesh => _authority.Mesh;

    internal X509Certificate2 AuthorityCertificate => _authority.Certificate;

    /// <summary>Makes a token; only the hash of its secret is kept here.</summary>
    /// <exception cref="TrustException">256 tokens are valid already.</exception>
    /// <exception cref="StorageException">The ledger cannot be written.</exception>
    public MeshToken CreateToken(TimeSpan lifetime, MeshRole role = MeshRole.Operator)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lifetime, TimeSpan.Zero);
        DateTimeOffset now = _clock.GetUtcNow();
        byte[] secret = RandomNumberGenerator.GetBytes(MeshToken.SecretBytes);
        var token = new MeshToken(
            _authority.Certificate.GetCertHash(HashAlgorithmName.SHA256),
            BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))), secret, now + lifetime, role);
        lock (_lock)
        {
            MeshLedger next = _ledger.Copy();
            next.Tokens.RemoveAll(line => line.ExpiresUnix + ExpiredKeptSeconds < now.ToUnixTimeSeconds());
            if (next.Tokens.Count >= MeshLedger.MaxTokens)
            {
                throw new TrustException($"{MeshLedger.MaxTokens} join tokens are valid already; revoke one first.");
            }

            next.Tokens.Add(new TokenLine(
                TextOf(token.Id), SHA256.HashData(secret), token.Expires.ToUnixTimeSeconds(), role));
            Keep(next);
        }

        return token;
    }

    /// <summary>Makes a token worthless; false when there is none of this id.</summary>
    public bool Revoke(ulong tokenId)
    {
        lock (_lock)
        {
            MeshLedger next = _ledger.Copy();
            bool found = next.Tokens.RemoveAll(line => line.Id == TextOf(tokenId)) > 0;
            if (found)
            {
                Keep(next);
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
            return CheckToken(token.Id, token.Secret) == JoinFault.None && token.Mesh == Mesh;
        }
    }

    // An expired token is told apart from an unknown one for a week: "expired" says what to do.
    private static long ExpiredKeptSeconds => (long)TimeSpan.FromDays(7).TotalSeconds;

    /// <summary>Decides on one request.</summary>
    internal JoinFault Admit(JoinRequest request, out byte[]? certificate)
    {
        certificate = null;
        lock (_lock)
        {
            JoinFault fault = CheckToken(request.TokenId, request.Secret);
            if (fault != JoinFault.None)
            {
                return fault;
            }

            if (!MeshAuthority.TryReadKey(request.SigningRequest, out PublicKey? key))
            {
                return JoinFault.Malformed;
            }

            MeshRole role = _ledger.Tokens.First(line => line.Id == TextOf(request.TokenId)).Role;
            fault = Register(request.Node, key, role);
            if (fault == JoinFault.None)
            {
                using X509Certificate2 issued = _authority.Issue(key, request.Node);
                certificate = issued.RawData;
            }

            return fault;
        }
    }

    /// <summary>A certificate for the founder's own node, which needs no token.</summary>
    internal X509Certificate2 IssueOwn(ECDsa key, NodeId node)
    {
        var request = new CertificateRequest("CN=own", key, HashAlgorithmName.SHA256);
        lock (_lock)
        {
            JoinFault fault = Register(node, request.PublicKey, MeshRole.Admin);
            return fault == JoinFault.None
                ? _authority.Issue(request.PublicKey, node)
                : throw new TrustException($"Node {node} cannot be certified by its own mesh ({fault}).");
        }
    }

    public void Dispose() => _authority.Dispose();

    private JoinFault CheckToken(ulong id, ReadOnlySpan<byte> secret)
    {
        TokenLine? line = _ledger.Tokens.Find(line => line.Id == TextOf(id));
        if (line is null)
        {
            return JoinFault.UnknownToken;
        }

        bool right = CryptographicOperations.FixedTimeEquals(SHA256.HashData(secret), line.SecretHash);
        return !right ? JoinFault.WrongSecret
            : _clock.GetUtcNow().ToUnixTimeSeconds() >= line.ExpiresUnix ? JoinFault.Expired
            : JoinFault.None;
    }

    private JoinFault Register(NodeId node, PublicKey key, MeshRole role)
    {
        byte[] keyHash = SHA256.HashData(key.ExportSubjectPublicKeyInfo());
        if (_ledger.Nodes.TryGetValue(node.ToString(), out NodeLine? known))
        {
            return known.KeyHash.AsSpan().SequenceEqual(keyHash) ? JoinFault.None : JoinFault.NameTaken;
        }

        if (_ledger.Nodes.Count >= MeshLedger.MaxNodes)
        {
            return JoinFault.Full;
        }

        MeshLedger next = _ledger.Copy();
        next.Nodes.Add(node.ToString(), new NodeLine(keyHash, role));
        Keep(next);
        return JoinFault.None;
    }

    private void Keep(MeshLedger next)
    {
        next.Save(_ledgerPath);
        _ledger = next; // only now: what is not on disk did not happen
    }

    private static string TextOf(ulong id) => id.ToString("x16", CultureInfo.InvariantCulture);
}
