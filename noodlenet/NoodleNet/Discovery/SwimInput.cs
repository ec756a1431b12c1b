using System.Net;
using NoodleNet.Discovery.Serf;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery;

/// <summary>What a <see cref="SwimMachine"/> takes in.</summary>
public abstract record SwimInput
{
    private SwimInput()
    {
    }

    /// <summary>
    /// First of all inputs: this node is at <paramref name="EndPoint"/> and says <paramref name="Meta"/>.
    /// </summary>
    public sealed record Start(IPEndPoint EndPoint, ReadOnlyMemory<byte> Meta) : SwimInput;

    /// <summary>A datagram, its envelope already opened.</summary>
    public sealed record Packet(ReadOnlyMemory<byte> Bytes, IPEndPoint From) : SwimInput;

    /// <summary>Enter the mesh through <paramref name="Seed"/>; the outcome carries the ticket.</summary>
    public sealed record Join(long Ticket, IPEndPoint Seed) : SwimInput;

    /// <summary>The state that a peer answered to our push/pull.</summary>
    public sealed record ExchangeAnswered(long Ticket, GossipMessage.PushPull State, IPEndPoint From) : SwimInput;

    /// <summary>A push/pull of ours came to nothing.</summary>
    public sealed record ExchangeFailed(long Ticket) : SwimInput;

    /// <summary>A peer opened a push/pull; <see cref="SwimEffect.AnswerExchange"/> follows with the ticket.</summary>
    public sealed record ExchangeOffered(long Ticket, GossipMessage.PushPull State, IPEndPoint From) : SwimInput;

    /// <summary>Outcome of <see cref="SwimEffect.PingByStream"/>.</summary>
    public sealed record StreamPinged(uint SeqNo, bool Answered) : SwimInput;

    /// <summary>Say goodbye; <see cref="SwimEffect.LeaveSpread"/> follows.</summary>
    public sealed record Leave : SwimInput;

    /// <summary>Announce another meta.</summary>
    public sealed record UpdateMeta(ReadOnlyMemory<byte> Meta) : SwimInput;

    /// <summary>Something outside hints that this node is gone: probe it at once.</summary>
    public sealed record ProbeNow(string Name) : SwimInput;

    /// <summary>A user message that came over a stream.</summary>
    public sealed record StreamMessage(ReadOnlyMemory<byte> Body, IPEndPoint From) : SwimInput;

    /// <summary>What goes with our answers to probes from now on, such as our network coordinate; empty: nothing.
    /// </summary>
    /// <remarks>Bound: <see cref="SwimMachine.MaxAckPayloadBytes"/>; longer is not taken.</remarks>
    public sealed record SetAckPayload(ReadOnlyMemory<byte> Payload) : SwimInput;

    /// <summary>Tell everybody; <see cref="SwimEffect.EventHeard"/> follows here too.</summary>
    public sealed record SendEvent(string Name, ReadOnlyMemory<byte> Payload, bool Coalesce) : SwimInput;

    /// <summary>Ask everybody; the answers carry the ticket, the last is <see cref="SwimEffect.QueryEnded"/>.
    /// </summary>
    public sealed record AskQuery(long Ticket, QueryQuestion Question) : SwimInput;

    /// <summary>What the application says to <see cref="SwimEffect.QueryAsked"/>.</summary>
    public sealed record AnswerQuery(long Ticket, ReadOnlyMemory<byte> Payload) : SwimInput;
}
