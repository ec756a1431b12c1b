using System.Net;
using Noodle.Primitives;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery;

/// <summary>The way to what a table remembers of one member, this node included.</summary>
/// <remarks>
/// Meaning: short-lived; the table keeps a <see cref="MemberRow"/>, not this. Two ways to one member are equal. One
/// that outlives its member reads as dead with incarnation 0, and writes nothing.
/// </remarks>
internal sealed class Member : IEquatable<Member>
{
    private readonly MemberTable _table;
    private readonly MemberIdentity _found;
    private int _row, _epoch;

    internal Member(MemberTable table, int row)
    {
        (_table, _row, _epoch) = (table, row, table.Epoch);
        _found = table.IdentityAt(row);
    }

    public string Name => _found.Name;

    public IPEndPoint EndPoint => Identity.EndPoint;

    public ReadOnlyMemory<byte> Meta => Identity.Meta;

    public ProtocolVersions Versions => Identity.Versions;

    public uint Incarnation
    {
        get => TryFind(out int row) ? _table.RowAt(row).Incarnation : 0;
        set
        {
            if (TryFind(out int row))
            {
                _table.RowAt(row).Incarnation = value;
            }
        }
    }

    public MemberState State => TryFind(out int row) ? _table.RowAt(row).State : MemberState.Dead;

    public Instant Since => TryFind(out int row) ? _table.RowAt(row).Since : default;

    /// <summary>Dead or left.</summary>
    public bool IsGone => State is MemberState.Dead or MemberState.Left;

    public bool UnderstandsChecksums => Versions.ProtocolMax >= 5;

    public bool UnderstandsNacks => Versions.ProtocolMax >= 4;

    public bool UnderstandsStreamPings => Versions.ProtocolMax >= 3;

    private MemberIdentity Identity => TryFind(out int row) ? _table.IdentityAt(row) : _found;

    public void Become(MemberState state, Instant now)
    {
        if (TryFind(out int row))
        {
            _table.SetState(row, state, now);
        }
    }

    /// <summary>Takes over what the member now says of itself.</summary>
    public void Describe(IPEndPoint endpoint, ReadOnlyMemory<byte> meta, ProtocolVersions versions)
    {
        if (TryFind(out int row))
        {
            _table.SetIdentity(row, endpoint, meta, versions);
        }
    }

    public MemberRecord ToRecord() => Identity.ToRecord(Incarnation, State);

    public MemberEvent ToEvent(MemberChange change, string detail = "") =>
        new(change, Name, EndPoint, Meta, Incarnation, detail);

    public bool Equals(Member? other) => other is not null && other._table == _table && other.Name == Name;

    public override bool Equals(object? obj) => Equals(obj as Member);

    public override int GetHashCode() => _found.NameHash;

    public static bool operator ==(Member? a, Member? b) => a is null ? b is null : a.Equals(b);

    public static bool operator !=(Member? a, Member? b) => !(a == b);

    // Rows move only when the table forgets somebody; then the name leads to the row, if it is still there.
    private bool TryFind(out int row)
    {
        if (_epoch != _table.Epoch)
        {
            (_row, _epoch) = (_table.Find(Name), _table.Epoch);
        }

        row = _row;
        return row >= 0;
    }
}
