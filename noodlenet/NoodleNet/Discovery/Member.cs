using System.Net;
using Noodle.Primitives;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery;

/// <summary>What this node remembers of one member, itself included.</summary>
internal sealed class Member(string name, IPEndPoint endpoint, Instant since)
{
    public string Name { get; } = name;

    public IPEndPoint EndPoint { get; set; } = endpoint;

    public ReadOnlyMemory<byte> Meta { get; set; }

    public uint Incarnation { get; set; }

    public MemberState State { get; private set; } = MemberState.Dead;

    public Instant Since { get; private set; } = since;

    public ProtocolVersions Versions { get; set; }

    /// <summary>Dead or left.</summary>
    public bool IsGone => State is MemberState.Dead or MemberState.Left;

    public bool UnderstandsChecksums => Versions.ProtocolMax >= 5;

    public bool UnderstandsNacks => Versions.ProtocolMax >= 4;

    public bool UnderstandsStreamPings => Versions.ProtocolMax >= 3;

    public void Become(MemberState state, Instant now)
    {
        if (State != state)
        {
            State = state;
            Since = now;
        }
    }

    public MemberRecord ToRecord() => new(Name, EndPoint, Meta, Incarnation, State, Versions);

    public MemberEvent ToEvent(MemberChange change, string detail = "") =>
        new(change, Name, EndPoint, Meta, Incarnation, detail);
}
