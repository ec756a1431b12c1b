using Noodle.Primitives;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery.Serf;

/// <summary>What Serf adds to membership: words to everybody, and the meaning of a goodbye.</summary>
/// <remarks>
/// Meaning: a parent. <see cref="Intents"/> keeps who means to stay or go, <see cref="EventRing"/> the words,
/// <see cref="Questions"/> the questions. What is news is told on once. Silent, and without memory, until a Serf
/// peer was heard or this node has something to say.
/// </remarks>
internal sealed class UserLayer
{
    private readonly SwimContext _context;
    private readonly Intents _intents;
    private readonly EventRing _events = new();
    private readonly Questions _questions;
    private bool _used;

    public UserLayer(SwimContext context, Membership membership)
    {
        (_context, _intents) = (context, context.Intents);
        _questions = new Questions(context, membership);
        context.UserState = LocalState;
    }

    public Instant? NextDue => Instant.Earlier(_intents.NextDue, _questions.NextDue);

    public bool IsSpreading => _intents.IsSpreading;

    public bool TrySayLeave() => _intents.TrySayLeave();

    public void SayJoin() => _intents.SayJoin();

    /// <summary>Tells everybody, this node too.</summary>
    public WireFault SendEvent(string name, ReadOnlyMemory<byte> payload, bool coalesce)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(name) + payload.Length > UserEvent.MaxBytes)
        {
            return WireFault.TooLarge;
        }

        return Hear(new UserEvent(_events.Clock.Time, name, payload, coalesce), null);
    }

    public void Ask(long ticket, QueryQuestion question, Instant now)
    {
        _used = true;
        _questions.Ask(ticket, question, now);
    }

    public void Answer(long ticket, ReadOnlyMemory<byte> payload) => _questions.Answer(ticket, payload);

    /// <summary>Somebody else claims our name: the cluster is asked who of us it means.</summary>
    public void DefendName(Instant now) => _questions.AskForName(now);

    public void FireDue(Instant now)
    {
        _intents.FireDue(now);
        _questions.FireDue(now);
    }

    /// <summary>Takes in a user message.</summary>
    public WireFault HearMessage(ReadOnlyMemory<byte> body, Instant now)
    {
        UserMessage? message = UserMessageDecoder.Decode(body, out WireFault fault);
        switch (message)
        {
            case UserMessage.Join join: TellOn(_intents.Hear(join, now), body); break;
            case UserMessage.Leave leave: TellOn(_intents.Hear(leave, now), body); break;
            case UserMessage.Event { Word: var word }: return Hear(word, body);
            case UserMessage.Query query:
                _used = true;
                return _questions.Hear(query, body, now);
            case UserMessage.Response response: _questions.Hear(response); break;
            case UserMessage.Relay relay: return _questions.PassOn(relay, now);
            default: return fault == WireFault.None ? WireFault.UnknownType : fault; // a state outside a push/pull
        }

        return WireFault.None;
    }

    /// <summary>Takes in the user state of a push/pull; what is not Serf's is passed over.</summary>
    /// <param name="joining">True when we enter: words of before are not for us.</param>
    public void HearState(ReadOnlyMemory<byte> bytes, bool joining, Instant now)
    {
        if (UserMessageDecoder.Decode(bytes, out _) is not UserMessage.State state)
        {
            return;
        }

        _intents.IsHeard = true;
        WitnessBefore(_intents.Clock, state.Time);
        WitnessBefore(_events.Clock, state.EventTime);
        WitnessBefore(_questions.Clock, state.QueryTime);
        var gone = new HashSet<string>(state.Left, StringComparer.Ordinal);
        foreach ((string name, ulong time) in state.Statuses)
        {
            _ = gone.Contains(name)
                ? _intents.Hear(new UserMessage.Leave(time, name, false), now)
                : _intents.Hear(new UserMessage.Join(time, name), now);
        }

        if (joining)
        {
            _events.Skip(state.EventTime);
        }

        foreach (UserEvent word in state.Events)
        {
            Hear(word, null, tellOn: false); // who exchanges states with everybody need not gossip as well
        }
    }

    private static void WitnessBefore(LamportClock clock, ulong next)
    {
        if (next > 0)
        {
            clock.Witness(next - 1); // a state tells the number to come, not one that was used
        }
    }

    private WireFault Hear(UserEvent word, ReadOnlyMemory<byte>? body, bool tellOn = true)
    {
        WireFault fault = _events.Hear(word, out bool isNew);
        if (isNew)
        {
            _used = true;
            _context.Emit(new SwimEffect.EventHeard(word));
            if (tellOn)
            {
                _context.TellUsers(body ?? UserMessageEncoder.Encode(new UserMessage.Event(word)));
            }
        }

        return fault;
    }

    private void TellOn(bool isNews, ReadOnlyMemory<byte> body)
    {
        if (isNews)
        {
            _context.TellUsers(body);
        }
    }

    private ReadOnlyMemory<byte> LocalState()
    {
        if (!_intents.IsHeard && !_used)
        {
            return default;
        }

        var left = _context.Members.All.Where(member => member.State == MemberState.Left).Select(member => member.Name);
        return UserMessageEncoder.Encode(new UserMessage.State(
            _intents.Clock.Time, [.. _intents.All], [.. left.Order(StringComparer.Ordinal)], _events.Clock.Time,
            [.. _events.Kept], _questions.Clock.Time));
    }
}
