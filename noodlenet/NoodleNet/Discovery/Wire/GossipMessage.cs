using System.Net;

namespace NoodleNet.Discovery.Wire;

/// <summary>State of a member, with the numbers of the push/pull exchange.</summary>
public enum MemberState
{
    /// <summary>Answers, or nobody says otherwise.</summary>
    Alive = 0,

    /// <summary>Did not answer; has the suspicion time to refute.</summary>
    Suspect = 1,

    /// <summary>Did not refute.</summary>
    Dead = 2,

    /// <summary>Said goodbye.</summary>
    Left = 3,
}

/// <summary>One node in a push/pull exchange.</summary>
public sealed record MemberRecord(
    string Name,
    IPEndPoint EndPoint,
    ReadOnlyMemory<byte> Meta,
    uint Incarnation,
    MemberState State,
    ProtocolVersions? Versions);

/// <summary>Everything that one node says to another, in memberlist's words.</summary>
public abstract record GossipMessage
{
    private GossipMessage()
    {
    }

    /// <param name="SeqNo">Comes back in the answer.</param>
    /// <param name="Node">Who is meant; another name stays silent.</param>
    /// <param name="Source">Where the answer goes; null: where the packet came from.</param>
    public sealed record Ping(uint SeqNo, string Node, IPEndPoint? Source = null, string SourceNode = "")
        : GossipMessage;

    /// <param name="SeqNo">The number of the direct ping that had no answer.</param>
    /// <param name="WantsNack">True when the asker wants to hear of failure as well.</param>
    public sealed record IndirectPing(
        uint SeqNo, IPEndPoint Target, string Node, bool WantsNack, IPEndPoint? Source = null, string SourceNode = "")
        : GossipMessage;

    public sealed record Ack(uint SeqNo, ReadOnlyMemory<byte> Payload = default) : GossipMessage;

    public sealed record Nack(uint SeqNo) : GossipMessage;

    public sealed record Suspect(uint Incarnation, string Node, string From) : GossipMessage;

    public sealed record Alive(
        uint Incarnation, string Node, IPEndPoint EndPoint, ReadOnlyMemory<byte> Meta, ProtocolVersions? Versions)
        : GossipMessage;

    /// <param name="From">The accuser; the node itself when it leaves.</param>
    public sealed record Dead(uint Incarnation, string Node, string From) : GossipMessage;

    public sealed record User(ReadOnlyMemory<byte> Body) : GossipMessage;

    /// <summary>Streams only.</summary>
    public sealed record PushPull(bool Join, IReadOnlyList<MemberRecord> Nodes, ReadOnlyMemory<byte> UserState)
        : GossipMessage;

    /// <summary>Streams only.</summary>
    public sealed record Error(string Text) : GossipMessage;
}
