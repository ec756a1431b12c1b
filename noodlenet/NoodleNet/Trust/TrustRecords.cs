using Noodle.Primitives;

namespace NoodleNet.Trust;

/// <summary>Something that the authority of a mesh said, and signed.</summary>
public abstract record TrustRecord
{
    /// <summary>Where it stands in the cluster state.</summary>
    public abstract string Key { get; }
}

/// <summary>A join token that was given out. Its secret follows from these terms and the authority's key.</summary>
/// <param name="MaxUses">How many nodes it admits; 0 for any number.</param>
public sealed record TokenRecord(
    ulong Id, MeshRole Role, uint MaxUses, DateTimeOffset Created, DateTimeOffset Expires) : TrustRecord
{
    public override string Key => TrustKeys.OfToken(Id);
}

/// <summary>A node that has been admitted, for good: its name stays with its key.</summary>
/// <param name="KeyHash">SHA-256 of its public key (SubjectPublicKeyInfo).</param>
/// <param name="TokenId">The token that admitted it; 0 for none.</param>
public sealed record AdmittedRecord(
    NodeId Node, ReadOnlyMemory<byte> KeyHash, MeshRole Role, ulong TokenId, DateTimeOffset At) : TrustRecord
{
    public override string Key => TrustKeys.OfAdmitted(Node);

    public bool Equals(AdmittedRecord? other) =>
        other is not null && (Node, Role, TokenId, At) == (other.Node, other.Role, other.TokenId, other.At)
        && KeyHash.Span.SequenceEqual(other.KeyHash.Span);

    public override int GetHashCode() => HashCode.Combine(Node, Role, TokenId, At);
}

/// <summary>A node that is trusted no more.</summary>
public sealed record RevokedNodeRecord(NodeId Node, DateTimeOffset At) : TrustRecord
{
    public override string Key => TrustKeys.OfRevoked(Node);
}

/// <summary>A token that admits nobody any more.</summary>
public sealed record RevokedTokenRecord(ulong Id, DateTimeOffset At) : TrustRecord
{
    public override string Key => TrustKeys.OfRevokedToken(Id);
}

/// <summary>How far a change of the gossip key has come.</summary>
public enum RingPhase : byte
{
    /// <summary>Nothing is under way: one key.</summary>
    Settled = 0,

    /// <summary>Everybody is to hold the new key, second in the list; the old one still seals.</summary>
    Installing = 1,

    /// <summary>The new key, now first, seals; the old one still opens.</summary>
    Using = 2,
}

/// <summary>The gossip keys of the mesh; the first seals, all of them open.</summary>
/// <param name="Epoch">Counts every change; a higher one replaces a lower one.</param>
/// <param name="Driver">The node that leads the change.</param>
public sealed record GossipRingRecord(
    uint Epoch, RingPhase Phase, IReadOnlyList<ReadOnlyMemory<byte>> Keys, NodeId Driver) : TrustRecord
{
    public const int KeyBytes = 32;
    public const int MaxKeys = 4;

    public override string Key => TrustKeys.Ring;

    public bool Equals(GossipRingRecord? other) =>
        other is not null && (Epoch, Phase, Driver) == (other.Epoch, other.Phase, other.Driver)
        && Keys.Count == other.Keys.Count
        && Keys.Zip(other.Keys).All(pair => pair.First.Span.SequenceEqual(pair.Second.Span));

    public override int GetHashCode() => HashCode.Combine(Epoch, Phase, Driver);

    /// <summary>Tells no key.</summary>
    public override string ToString() => $"gossip ring {Epoch}, {Phase}, {Keys.Count} keys";
}
