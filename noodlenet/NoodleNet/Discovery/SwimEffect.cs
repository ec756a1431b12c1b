using System.Net;
using NoodleNet.Discovery.Serf;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery;

/// <summary>What became of one member.</summary>
public enum MemberChange
{
    /// <summary>New, or back after it was dead or had left.</summary>
    Joined,

    /// <summary>Alive with another meta or address.</summary>
    Updated,

    /// <summary>Did not answer; may refute.</summary>
    Suspected,

    /// <summary>Was suspect and refuted.</summary>
    Recovered,

    /// <summary>Was suspect and did not refute in time.</summary>
    Failed,

    /// <summary>Said goodbye.</summary>
    Left,

    /// <summary>Dead or gone for so long that the protocol no longer keeps it.</summary>
    Forgotten,
}

/// <param name="Detail">Why, for people; empty when there is nothing to say.</param>
public sealed record MemberEvent(
    MemberChange Change, string Name, IPEndPoint EndPoint, ReadOnlyMemory<byte> Meta, uint Incarnation, string Detail);

/// <summary>Why the state of a peer was not merged.</summary>
public enum MergeFault
{
    /// <summary>It was merged.</summary>
    None,

    /// <summary>The versions of both sides together would split the cluster.</summary>
    IncompatibleVersions,

    /// <summary>The peer could not be reached, or answered nothing that we could read.</summary>
    Unreachable,
}

/// <summary>What a <see cref="SwimMachine"/> wants done.</summary>
public abstract record SwimEffect
{
    private SwimEffect()
    {
    }

    /// <summary>Seal and send one datagram.</summary>
    public sealed record Send(byte[] Packet, IPEndPoint To) : SwimEffect;

    /// <summary>Open a stream, send the state, feed back the answer or the failure.</summary>
    public sealed record StartExchange(long Ticket, IPEndPoint To, GossipMessage.PushPull State) : SwimEffect;

    /// <summary>Send the state on the stream of this ticket.</summary>
    public sealed record AnswerExchange(long Ticket, GossipMessage.PushPull State) : SwimEffect;

    /// <summary>A join is over.</summary>
    public sealed record JoinEnded(long Ticket, MergeFault Fault) : SwimEffect;

    /// <summary>Ping over a stream within <paramref name="Limit"/> and feed back the outcome.</summary>
    public sealed record PingByStream(uint SeqNo, string Name, IPEndPoint To, TimeSpan Limit) : SwimEffect;

    /// <summary>A member changed.</summary>
    public sealed record Member(MemberEvent Event) : SwimEffect;

    /// <summary>Two nodes use one name; the known one keeps it.</summary>
    public sealed record NameConflict(string Name, IPEndPoint Known, IPEndPoint Claimed) : SwimEffect;

    /// <summary>Only a stream reached this node: datagrams are blocked on the way.</summary>
    public sealed record StreamOnly(string Name) : SwimEffect;

    /// <summary>Others took us for gone; we said otherwise.</summary>
    public sealed record Refuted(uint Incarnation) : SwimEffect;

    /// <summary>Something from outside was not used.</summary>
    public sealed record Dropped(WireFault Fault, IPEndPoint From) : SwimEffect;

    /// <summary>A state was not merged.</summary>
    public sealed record MergeRefused(MergeFault Fault, IPEndPoint From) : SwimEffect;

    /// <summary>The goodbye has been told as often as it will be.</summary>
    public sealed record LeaveSpread : SwimEffect;

    /// <summary>A member answered a probe of ours itself.</summary>
    /// <param name="AckPayload">What it said beside, as a rule its network coordinate.</param>
    public sealed record RoundTripMeasured(string Name, TimeSpan RoundTrip, ReadOnlyMemory<byte> AckPayload)
        : SwimEffect;

    /// <summary>Somebody told everybody something.</summary>
    public sealed record EventHeard(UserEvent Event) : SwimEffect;

    /// <summary>Somebody asks; <see cref="SwimInput.AnswerQuery"/> with the ticket answers, silence is allowed.
    /// </summary>
    public sealed record QueryAsked(long Ticket, IncomingQuery Query) : SwimEffect;

    /// <summary>An answer to a question of ours.</summary>
    public sealed record QueryAnswered(long Ticket, QueryAnswer Answer) : SwimEffect;

    /// <summary>Somebody heard a question of ours.</summary>
    public sealed record QueryAcknowledged(long Ticket, string From) : SwimEffect;

    /// <summary>Nothing follows for this question.</summary>
    public sealed record QueryEnded(long Ticket, QueryFault Fault) : SwimEffect;

    /// <summary>Most of the cluster takes another node for the bearer of our name.</summary>
    public sealed record NameLost(int ForUs, int Answers) : SwimEffect;
}
