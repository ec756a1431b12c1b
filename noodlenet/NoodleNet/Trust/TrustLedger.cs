using System.Diagnostics.CodeAnalysis;
using Noodle.Primitives;

namespace NoodleNet.Trust;

/// <summary>What the authority of a mesh has said, as far as this node has heard.</summary>
/// <remarks>
/// Meaning: every record is signed by the authority, so that a member can neither forge nor change one; it could only
/// hide one, and what was once seen here is not forgotten when it vanishes elsewhere. Two ledgers that have seen the
/// same records, in any order, are equal. Which of two records of one key stays:
/// <code>
/// token/          the smaller bytes; an id is given out once
/// admitted/       the earlier admission, then the smaller bytes: a name stays with its first key
/// revoked/        the earlier one, for ever: nothing takes a revocation back
/// gossip-key/     the higher epoch, then the smaller bytes
/// </code>
/// Bound: 1,024 tokens, 16,384 admitted nodes, 16,384 revocations, one ring.
/// Cost: one signature check a record that is news.
/// </remarks>
public sealed class TrustLedger(ITrustSeal seal)
{
    public const int MaxTokens = 1024;
    public const int MaxNodes = 16_384;

    // An expired token is told apart from an unknown one for a week: "expired" says what to do.
    private static readonly TimeSpan s_expiredKept = TimeSpan.FromDays(7);

    private readonly SortedDictionary<string, Held> _records = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, int> _uses = [];
    private int _tokens;
    private int _admitted;
    private int _revoked;

    private readonly record struct Held(TrustRecord Record, byte[] Bytes);

    /// <summary>All records, in order of their keys, as they were signed.</summary>
    public IEnumerable<(string Key, ReadOnlyMemory<byte> Value)> Records =>
        _records.Select(pair => (pair.Key, (ReadOnlyMemory<byte>)pair.Value.Bytes));

    public IEnumerable<TokenRecord> Tokens => _records.Values.Select(held => held.Record).OfType<TokenRecord>();

    public IEnumerable<AdmittedRecord> Admitted => _records.Values.Select(held => held.Record).OfType<AdmittedRecord>();

    public IEnumerable<RevokedNodeRecord> RevokedNodes =>
        _records.Values.Select(held => held.Record).OfType<RevokedNodeRecord>();

    /// <summary>The gossip keys; null before any were told.</summary>
    public GossipRingRecord? Ring => Find<GossipRingRecord>(TrustKeys.Ring);

    /// <summary>True when exactly these bytes are held: they need no look.</summary>
    public bool Holds(string key, ReadOnlySpan<byte> value) =>
        _records.TryGetValue(key, out Held held) && held.Bytes.AsSpan().SequenceEqual(value);

    /// <summary>The bytes held under a key; null for none.</summary>
    public ReadOnlyMemory<byte>? BytesOf(string key) =>
        _records.TryGetValue(key, out Held held) ? (ReadOnlyMemory<byte>?)held.Bytes : null;

    /// <summary>Takes a record from anywhere.</summary>
    public TrustFault Merge(string key, ReadOnlySpan<byte> value, out TrustRecord? record)
    {
        record = null;
        if (Holds(key, value))
        {
            return TrustFault.Known;
        }

        TrustFault fault = TrustCodec.Read(key, value, seal, out TrustRecord? read);
        if (fault != TrustFault.None)
        {
            return fault;
        }

        bool known = _records.TryGetValue(key, out Held old);
        if (known && !Replaces(read!, value, old))
        {
            return TrustFault.Outdone;
        }

        if (!known && IsFull(read!))
        {
            return TrustFault.Full;
        }

        Count(old.Record, -1);
        Count(read, 1);
        _records[key] = new Held(read!, value.ToArray());
        record = read;
        return TrustFault.None;
    }

    public bool TryGetToken(ulong id, [NotNullWhen(true)] out TokenRecord? token) =>
        (token = Find<TokenRecord>(TrustKeys.OfToken(id))) is not null;

    public bool TryGetAdmitted(NodeId node, [NotNullWhen(true)] out AdmittedRecord? admitted) =>
        (admitted = Find<AdmittedRecord>(TrustKeys.OfAdmitted(node))) is not null;

    /// <summary>How many nodes a token has admitted.</summary>
    public int CountUses(ulong tokenId) => _uses.GetValueOrDefault(tokenId);

    public bool IsTokenRevoked(ulong id) => _records.ContainsKey(TrustKeys.OfRevokedToken(id));

    /// <summary>When a node was revoked; null when it was not.</summary>
    public DateTimeOffset? RevokedAt(NodeId node) => Find<RevokedNodeRecord>(TrustKeys.OfRevoked(node))?.At;

    /// <summary>Forgets tokens that are over for a week, and their revocations; returns the keys.</summary>
    public IReadOnlyList<string> Prune(DateTimeOffset now)
    {
        List<string> gone = [];
        foreach (TokenRecord token in Tokens.Where(token => now - token.Expires > s_expiredKept))
        {
            gone.Add(token.Key);
            gone.Add(TrustKeys.OfRevokedToken(token.Id));
        }

        gone.RemoveAll(key => !_records.Remove(key, out Held held) || !Forget(held.Record));
        return gone;
    }

    private bool Forget(TrustRecord record)
    {
        Count(record, -1);
        return true;
    }

    private static bool Replaces(TrustRecord read, ReadOnlySpan<byte> value, Held old)
    {
        int order = (read, old.Record) switch
        {
            (AdmittedRecord a, AdmittedRecord b) => a.At.CompareTo(b.At),
            (RevokedNodeRecord a, RevokedNodeRecord b) => a.At.CompareTo(b.At),
            (RevokedTokenRecord a, RevokedTokenRecord b) => a.At.CompareTo(b.At),
            (GossipRingRecord a, GossipRingRecord b) => b.Epoch.CompareTo(a.Epoch),
            _ => 0,
        };
        return order < 0 || (order == 0 && value.SequenceCompareTo(old.Bytes) < 0);
    }

    private bool IsFull(TrustRecord record) => record switch
    {
        TokenRecord => _tokens >= MaxTokens,
        AdmittedRecord => _admitted >= MaxNodes,
        RevokedNodeRecord or RevokedTokenRecord => _revoked >= MaxNodes,
        _ => false,
    };

    private void Count(TrustRecord? record, int by)
    {
        switch (record)
        {
            case TokenRecord: _tokens += by; break;
            case RevokedNodeRecord or RevokedTokenRecord: _revoked += by; break;
            case AdmittedRecord admitted:
                _admitted += by;
                if (admitted.TokenId != 0)
                {
                    _uses[admitted.TokenId] = CountUses(admitted.TokenId) + by;
                }

                break;
        }
    }

    private T? Find<T>(string key)
        where T : TrustRecord => _records.TryGetValue(key, out Held held) ? held.Record as T : null;
}
