using System.Net;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery;

/// <summary>What a member says of itself beside its incarnation. It never changes, so that many views can share it.
/// </summary>
internal sealed class MemberIdentity(
    string name, IPEndPoint endpoint, ReadOnlyMemory<byte> meta, ProtocolVersions versions)
{
    private MemberRecord? _lastRecord;

    public string Name { get; } = name;

    public int NameHash { get; } = HashOf(name);

    public IPEndPoint EndPoint { get; } = endpoint;

    public ReadOnlyMemory<byte> Meta { get; } = meta;

    public ProtocolVersions Versions { get; } = versions;

    // Seeded anew in each process: a peer cannot choose names that all fall into one slot.
    public static int HashOf(string name) => name.GetHashCode(StringComparison.Ordinal);

    public bool Says(IPEndPoint endpoint, ReadOnlyMemory<byte> meta, ProtocolVersions versions) =>
        (ReferenceEquals(EndPoint, endpoint) || EndPoint.Equals(endpoint))
        && versions == Versions && meta.Span.SequenceEqual(Meta.Span);

    /// <summary>The record of a view; the last one is kept, because most views agree.</summary>
    public MemberRecord ToRecord(uint incarnation, MemberState state)
    {
        if (_lastRecord is not { } last || last.Incarnation != incarnation || last.State != state)
        {
            _lastRecord = last = new MemberRecord(Name, EndPoint, Meta, incarnation, state, Versions);
        }

        return last;
    }
}
