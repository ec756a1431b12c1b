using System.Net;
using System.Text;
using Noodle.Primitives;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery.Serf;

/// <summary>Asks questions, hears those of others, and passes answers on.</summary>
/// <remarks>
/// Meaning: an answer goes only to a member, at the address that the member itself announced: a question with a
/// stranger's address must not turn the cluster against it. The same holds for answers passed on for others.
/// Only who asks about its own name is answered anywhere, <see cref="ConflictsASecond"/> times a second.
/// Bound: <see cref="SideWorkASecond"/> expressions matched, answers sent and answers passed on a second.
/// </remarks>
internal sealed class Questions(SwimContext context, Membership membership)
{
    public const string Ping = "_serf_ping";
    public const string Conflict = "_serf_conflict";
    public const int SideWorkASecond = 256;
    public const int ConflictsASecond = 4;
    public const int MaxRelays = 5;
    private const int ReplyRoom = 128; // what an answer takes beside its payload: keys, numbers, a type byte
    private readonly IncomingQueries _incoming = new();
    private readonly OwnQueries _own = new();
    private readonly RateBudget _expressions = new(SideWorkASecond);
    private readonly RateBudget _replies = new(SideWorkASecond);
    private readonly RateBudget _conflicts = new(ConflictsASecond);
    private readonly RateBudget _passed = new(SideWorkASecond);

    public LamportClock Clock => _incoming.Clock;

    public Instant? NextDue => Instant.Earlier(_incoming.NextDue, _own.NextDue);

    public void FireDue(Instant now)
    {
        _incoming.FireDue(now);
        foreach (OwnQueries.OpenQuery ended in _own.TakeEnded(now))
        {
            End(ended);
        }
    }

    public void Ask(long ticket, QueryQuestion question, Instant now)
    {
        TimeSpan timeout = question.Timeout ?? DefaultTimeout(context.Options.GossipInterval, context.Members.Count);
        QueryFault fault = Send(ticket, question, timeout, now);
        if (fault != QueryFault.None)
        {
            context.Emit(new SwimEffect.QueryEnded(ticket, fault));
        }
    }

    /// <summary>Asks everybody else who bears our name.</summary>
    public void AskForName(Instant now)
    {
        var question = new QueryQuestion(Conflict, Encoding.UTF8.GetBytes(context.Self));
        _ = Send(null, question, DefaultTimeout(context.Options.GossipInterval, context.Members.Count), now);
    }

    public void Answer(long ticket, ReadOnlyMemory<byte> payload)
    {
        if (_incoming.TryTake(ticket, out UserMessage.Query? query))
        {
            Reply(query, payload);
        }
    }

    public WireFault Hear(UserMessage.Query query, ReadOnlyMemory<byte> body, Instant now)
    {
        if (!_incoming.TryHear(query.Time, query.Id))
        {
            return WireFault.None;
        }

        if (query.IsToldOn)
        {
            context.TellUsers(body);
        }

        return Take(query, now);
    }

    public void Hear(UserMessage.Response response)
    {
        if (_own.Count(response) is not { } query)
        {
            return;
        }

        if (query.Ticket is not { } ticket)
        {
            CountVote(query, response);
        }
        else
        {
            context.Emit(response.IsAck
                ? new SwimEffect.QueryAcknowledged(ticket, response.From)
                : new SwimEffect.QueryAnswered(ticket, new QueryAnswer(response.From, response.Payload)));
        }

        if (query.Answered.Count >= query.Enough)
        {
            foreach (OwnQueries.OpenQuery ended in _own.TakeEnded(Instant.Origin))
            {
                End(ended);
            }
        }
    }

    /// <summary>Passes an answer on for somebody whom its asker does not hear well.</summary>
    public WireFault PassOn(UserMessage.Relay relay, Instant now)
    {
        bool isAnswer = relay.Message.Span is [(byte)UserMessageType.Response, ..]
            && relay.Message.Length <= QueryQuestion.MaxAnswerBytes + ReplyRoom;
        if (!isAnswer || !_passed.TryTake(now) || !IsMember(relay.Node, relay.To))
        {
            return WireFault.Refused;
        }

        Send(new GossipMessage.User(relay.Message), relay.To);
        return WireFault.None;
    }

    /// <summary>interval * 16 * ceil(log10(n + 1)).</summary>
    public static TimeSpan DefaultTimeout(TimeSpan gossipInterval, int members) =>
        gossipInterval * 16 * (int)Math.Ceiling(Math.Log10(members + 1.0));

    private QueryFault Send(long? ticket, QueryQuestion question, TimeSpan timeout, Instant now)
    {
        if (_own.IsFull || membership.Self is not { } self)
        {
            return QueryFault.TooMany;
        }

        var filters = new List<ReadOnlyMemory<byte>>();
        if (question.Nodes.Count != 0)
        {
            filters.Add(UserMessageEncoder.EncodeNodeFilter(question.Nodes));
        }

        filters.AddRange(question.Tags.OrderBy(tag => tag.Key, StringComparer.Ordinal)
            .Select(tag => (ReadOnlyMemory<byte>)UserMessageEncoder.EncodeTagFilter(tag.Key, tag.Value)));
        var query = new UserMessage.Query(
            Clock.Time, (uint)context.Chance.NextUInt64(), self.EndPoint, context.Self, filters,
            question.WantsAcks ? UserMessage.Query.AckFlag : 0, question.RelayFactor, timeout, question.Name,
            question.Payload);
        byte[] body = UserMessageEncoder.Encode(query);
        if (body.Length > QueryQuestion.MaxBytes || !context.FitsPacket(body.Length))
        {
            return QueryFault.TooLarge;
        }

        _own.Add(new OwnQueries.OpenQuery(
            ticket, query.Time, query.Id, now + timeout, question.Enough ?? int.MaxValue));
        _incoming.TryHear(query.Time, query.Id);
        context.TellUsers(body);
        Take(query, now);
        return QueryFault.None;
    }

    // A question that concerns us: the acknowledgement first, then what only we or only the application can say.
    private WireFault Take(UserMessage.Query query, Instant now)
    {
        if (membership.Self is not { } self
            || !QueryFilters.Match(query.Filters, context.Self, self.Meta.Span, _expressions, now))
        {
            return WireFault.None;
        }

        // Whose name is contested is known at another address: few of these are answered, but wherever they come from.
        bool asksForName = query.Name == Conflict && _conflicts.TryTake(now);
        if (!_replies.TryTake(now) || (!asksForName && !IsMember(query.From, query.ReplyTo)))
        {
            return WireFault.Refused;
        }

        if (query.WantsAck)
        {
            Reply(query, default, UserMessage.Response.AckFlag);
        }

        if (query.Name == Conflict)
        {
            AnswerConflict(query);
        }
        else if (query.Name != Ping && _incoming.Open(query, now) is { } ticket)
        {
            context.Emit(new SwimEffect.QueryAsked(
                ticket, new IncomingQuery(query.Name, query.Payload, query.From, query.Timeout)));
        }

        return WireFault.None;
    }

    private void AnswerConflict(UserMessage.Query query)
    {
        string name = Encoding.UTF8.GetString(query.Payload.Span);
        if (name != context.Self) // we are one of the two: others must say
        {
            context.Members.TryGet(name, out Member? member);
            Reply(query, ConflictAnswer.Encode(member));
        }
    }

    private void CountVote(OwnQueries.OpenQuery query, UserMessage.Response response)
    {
        if (!response.IsAck && ConflictAnswer.Read(response.Payload.Span) is { } bearer)
        {
            query.Votes++;
            query.ForUs += bearer.Equals(membership.Self?.EndPoint) ? 1 : 0;
        }
    }

    private void End(OwnQueries.OpenQuery query)
    {
        if (query.Ticket is { } ticket)
        {
            context.Emit(new SwimEffect.QueryEnded(ticket, QueryFault.None));
        }
        else if (query.Votes > 0 && query.ForUs < (query.Votes / 2) + 1)
        {
            context.Emit(new SwimEffect.NameLost(query.ForUs, query.Votes));
        }
    }

    private void Reply(UserMessage.Query query, ReadOnlyMemory<byte> payload, uint flags = 0)
    {
        var response = new UserMessage.Response(query.Time, query.Id, context.Self, flags, payload);
        byte[] body = UserMessageEncoder.Encode(response);
        if (body.Length > QueryQuestion.MaxAnswerBytes + ReplyRoom || !context.FitsPacket(body.Length))
        {
            return; // the host has checked the length; what is left over is a name and a datagram of odd sizes
        }

        if (query.From == context.Self)
        {
            Hear(response);
            return;
        }

        Send(new GossipMessage.User(body), query.ReplyTo);
        if (query.RelayFactor != 0)
        {
            RelayThroughOthers(query, body);
        }
    }

    private void RelayThroughOthers(UserMessage.Query query, byte[] body)
    {
        byte[] relay = UserMessageEncoder.Encode(new UserMessage.Relay(query.ReplyTo, query.From, body));
        if (!context.FitsPacket(relay.Length))
        {
            return;
        }

        foreach (Member member in context.Members.Pick(Math.Min((int)query.RelayFactor, MaxRelays),
            member => member.State == MemberState.Alive && member.Name != context.Self
                && !member.EndPoint.Equals(query.ReplyTo)))
        {
            Send(new GossipMessage.User(relay), member.EndPoint);
        }
    }

    private void Send(GossipMessage.User message, IPEndPoint to) =>
        context.SendParts([MessageEncoder.Encode(message)], to, checksum: false);

    private bool IsMember(string name, IPEndPoint at) => name.Length != 0
        ? context.Members.TryGet(name, out Member? member) && !member.IsGone && member.EndPoint.Equals(at)
        : context.Members.All.Any(known => !known.IsGone && known.EndPoint.Equals(at)); // older agents give no name
}
