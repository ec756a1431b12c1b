using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;
using Noodle.Primitives;
using NoodleNet.Discovery.Serf;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery;

/// <summary>Knows who is in the mesh: SWIM with Lifeguard, as memberlist speaks it.</summary>
/// <remarks>
/// Meaning: a parent of small parts. <see cref="Prober"/> asks, <see cref="Membership"/> decides,
/// <see cref="Gossiper"/> spreads, <see cref="RelayTable"/> asks for others, <see cref="UserLayer"/> speaks to
/// Serf agents. The first input is
/// <see cref="SwimInput.Start"/>; before it, everything else is ignored.
/// Bound: every table by <see cref="SwimOptions"/>; <see cref="MaxRumoursAtOnce"/> rumours are worked through before
/// the next input has its turn, the rest waits in a <see cref="RumourBacklog"/>.
/// </remarks>
public sealed class SwimMachine : IMachine<SwimInput, SwimEffect>
{
    /// <summary>Pings and indirect pings that are answered of one packet; honest ones carry one.</summary>
    public const int MaxQuestions = 8;

    /// <summary>Rumours worked through in one go.</summary>
    public const int MaxRumoursAtOnce = 128;

    /// <summary>Longest payload of our answers to probes: it must leave room for rumours.</summary>
    public const int MaxAckPayloadBytes = 256;

    private readonly SwimContext _context;
    private readonly Membership _membership;
    private readonly Prober _prober;
    private readonly RelayTable _relays;
    private readonly Gossiper _gossiper;
    private readonly UserLayer _users;
    private readonly RumourBacklog _backlog = new();
    private Instant _backlogDue;
    private bool _started, _leaveAsked, _leaveTold;

    /// <exception cref="ArgumentException">The name is empty or too long, or the options are not sound.</exception>
    /// <param name="pool">Shared by machines of one thread; null for one of its own.</param>
    public SwimMachine(SwimOptions options, string self, Prng chance, MemberPool? pool = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(self);
        ArgumentNullException.ThrowIfNull(chance);
        IReadOnlyList<string> faults = options.Validate();
        if (faults.Count != 0 || Encoding.UTF8.GetByteCount(self) > MessageDecoder.MaxNameBytes)
        {
            throw new ArgumentException(string.Join(' ', faults.DefaultIfEmpty("The name is too long.")));
        }

        _context = new SwimContext(options, self, chance, pool ?? new MemberPool());
        _membership = new Membership(_context);
        _prober = new Prober(_context, _membership);
        _relays = new RelayTable(_context);
        _gossiper = new Gossiper(_context, _membership);
        _users = new UserLayer(_context, _membership);
    }

    /// <inheritdoc/>
    public Instant? NextDeadline => !_started ? null : !_backlog.IsEmpty ? _backlogDue : Instant.Earlier(
        Instant.Earlier(Instant.Earlier(_prober.NextDue, _relays.NextDue), _users.NextDue),
        Instant.Earlier(_gossiper.NextDue, _context.Suspicions.NextDue));

    /// <summary>Steps by which this node slows its probing, because it does not trust its own view.</summary>
    public int HealthScore => _context.Health.Value;

    /// <summary>How full the tables are.</summary>
    public SwimSizes Sizes => new(_context.Members.Count, _context.Suspicions.Count, _context.Broadcasts.Count,
        _context.Lost.Count);

    /// <summary>Everybody remembered, this node included.</summary>
    public IEnumerable<MemberRecord> Members => _context.Members.ToRecords();

    /// <inheritdoc/>
    public void Handle(in SwimInput input, Instant now)
    {
        if (!_started && input is not SwimInput.Start)
        {
            return;
        }

        switch (input)
        {
            case SwimInput.Start start: Start(start, now); break;
            case SwimInput.Packet packet: TakePacket(packet, now); break;
            case SwimInput.Join join:
                _context.Emit(new SwimEffect.StartExchange(
                    join.Ticket, join.Seed, _membership.LocalState(join: true)));
                break;
            case SwimInput.ExchangeAnswered answered: TakeAnswer(answered, now); break;
            case SwimInput.ExchangeFailed failed: EndJoin(failed.Ticket, MergeFault.Unreachable); break;
            case SwimInput.ExchangeOffered offered: TakeOffer(offered, now); break;
            case SwimInput.StreamPinged pinged: _prober.TakeStreamResult(pinged.SeqNo, pinged.Answered); break;
            case SwimInput.Leave: Leave(now); break;
            case SwimInput.UpdateMeta update: _membership.UpdateMeta(update.Meta, now); break;
            case SwimInput.ProbeNow probe: _prober.ProbeNow(probe.Name, now); break;
            default: HandleUser(input, now); break;
        }

        Settle(now);
    }

    /// <inheritdoc/>
    public void HandleDeadline(Instant now)
    {
        if (!_started)
        {
            return;
        }

        WorkOff(MaxRumoursAtOnce, now);
        _relays.FireDue(now);
        _users.FireDue(now);
        _prober.FireDue(now);
        _membership.FireSuspicions(now);
        _gossiper.FireDue(now);
        Settle(now);
    }

    /// <inheritdoc/>
    public bool TryTakeEffect([MaybeNullWhen(false)] out SwimEffect effect) => _context.TryTakeEffect(out effect);

    private void HandleUser(SwimInput input, Instant now)
    {
        switch (input)
        {
            case SwimInput.StreamMessage message:
                Report(_users.HearMessage(message.Body, now), message.From);
                break;
            case SwimInput.SendEvent word:
                WireFault fault = _users.SendEvent(word.Name, word.Payload, word.Coalesce);
                Report(fault, _membership.Self!.EndPoint);
                break;
            case SwimInput.AskQuery ask: _users.Ask(ask.Ticket, ask.Question, now); break;
            case SwimInput.AnswerQuery answer: _users.Answer(answer.Ticket, answer.Payload); break;
            case SwimInput.SetAckPayload { Payload: { Length: <= MaxAckPayloadBytes } payload }:
                _context.AckPayload = payload;
                break;
            case SwimInput.SetAckPayload: break;
            default: throw new UnreachableException();
        }
    }

    private void Start(SwimInput.Start start, Instant now)
    {
        if (_started)
        {
            return;
        }

        _started = true;
        _membership.Start(Endpoints.Normalise(start.EndPoint), start.Meta, now);
        _prober.Start(now);
        _gossiper.Start(now);
    }

    private void Leave(Instant now)
    {
        if (_context.IsLeaving || _leaveAsked)
        {
            return;
        }

        _leaveAsked = _users.TrySayLeave(); // first the word, then the deed: who hears both at once may mix them up
        if (!_leaveAsked)
        {
            _membership.Leave(now);
        }
    }

    private void Settle(Instant now)
    {
        if (_leaveAsked && (!_users.IsSpreading || _context.Members.PresentCount <= 1))
        {
            _leaveAsked = false;
            _membership.Leave(now);
        }

        if (_context.IsNameContested)
        {
            _context.IsNameContested = false;
            _users.DefendName(now);
        }

        _backlogDue = now;
        _gossiper.Wake(now);
        if (_context.IsLeaving && !_leaveTold
            && (!_context.Broadcasts.Contains(_context.Self) || _context.Members.PresentCount == 0))
        {
            _leaveTold = true;
            _context.Emit(new SwimEffect.LeaveSpread());
        }
    }

    private void TakePacket(SwimInput.Packet packet, Instant now)
    {
        var messages = new List<GossipMessage>();
        WireFault fault = PacketReader.Read(packet.Bytes, messages);
        int questions = 0, rumours = 0;
        foreach (GossipMessage message in messages)
        {
            if (IsRumour(message)) // before the questions: who is accused refutes with its very answer
            {
                fault = First(fault, ++rumours <= MaxRumoursAtOnce ? Take(message, packet.From, now)
                    : _backlog.TryPush(message, packet.From) ? WireFault.None : WireFault.TooLarge);
            }
        }

        foreach (GossipMessage message in messages)
        {
            if (!IsRumour(message))
            {
                // Answers may go elsewhere and are larger than questions: one packet must not call for a flood of them.
                bool tooMany = message is GossipMessage.Ping or GossipMessage.IndirectPing
                    && ++questions > MaxQuestions;
                fault = First(fault, tooMany ? WireFault.TooLarge : Take(message, packet.From, now));
            }
        }

        Report(fault, packet.From);
        WorkOff(MaxRumoursAtOnce - rumours, now);

        static WireFault First(WireFault first, WireFault next) => first == WireFault.None ? next : first;
    }

    private static bool IsRumour(GossipMessage message) => message is GossipMessage.Alive or GossipMessage.Suspect
        or GossipMessage.Dead or GossipMessage.User;

    private void WorkOff(int count, Instant now)
    {
        while (count-- > 0 && _backlog.TryPop(out var next))
        {
            Report(Take(next.Rumour, next.From, now), next.From);
        }
    }

    private void Report(WireFault fault, IPEndPoint from)
    {
        if (fault != WireFault.None)
        {
            _context.Emit(new SwimEffect.Dropped(fault, from));
        }
    }

    private WireFault Take(GossipMessage message, IPEndPoint from, Instant now)
    {
        switch (message)
        {
            case GossipMessage.Ping ping:
                if (ping.Node.Length == 0 || ping.Node == _context.Self)
                {
                    _context.SendFilled(new GossipMessage.Ack(ping.SeqNo, _context.AckPayload), ping.Source ?? from);
                }

                return WireFault.None;
            case GossipMessage.IndirectPing request: _relays.Start(request, from, now); return WireFault.None;
            case GossipMessage.Ack ack:
                IPEndPoint at = Endpoints.Normalise(from);
                return _prober.TakeAnswer(ack, at, now) ?? _relays.TakeAnswer(ack.SeqNo, at);
            case GossipMessage.Nack nack: return _prober.CountNack(nack.SeqNo, Endpoints.Normalise(from));
            case GossipMessage.Alive alive: return _membership.Hear(alive, now);
            case GossipMessage.Suspect suspect: _membership.Hear(suspect, now); return WireFault.None;
            case GossipMessage.Dead dead: _membership.Hear(dead, now); return WireFault.None;
            case GossipMessage.User user: return _users.HearMessage(user.Body, now);
            default: return WireFault.None; // what only streams carry
        }
    }

    private void TakeAnswer(SwimInput.ExchangeAnswered answered, Instant now)
    {
        MergeFault fault = _membership.Merge(answered.State, now);
        HearUsers(fault, answered.State, answered.Ticket != 0, now);
        if (answered.Ticket != 0 && fault == MergeFault.None)
        {
            _users.SayJoin();
        }

        ReportRefusal(fault, answered.From);
        EndJoin(answered.Ticket, fault);
    }

    private void TakeOffer(SwimInput.ExchangeOffered offered, Instant now)
    {
        _context.Emit(new SwimEffect.AnswerExchange(offered.Ticket, _membership.LocalState(offered.State.Join)));
        MergeFault fault = _membership.Merge(offered.State, now);
        HearUsers(fault, offered.State, joining: false, now);
        ReportRefusal(fault, offered.From);
    }

    private void HearUsers(MergeFault fault, GossipMessage.PushPull state, bool joining, Instant now)
    {
        if (fault == MergeFault.None && !state.UserState.IsEmpty)
        {
            _users.HearState(state.UserState, joining, now);
        }
    }

    private void ReportRefusal(MergeFault fault, IPEndPoint from)
    {
        if (fault != MergeFault.None)
        {
            _context.Emit(new SwimEffect.MergeRefused(fault, from));
        }
    }

    private void EndJoin(long ticket, MergeFault fault)
    {
        if (ticket != 0)
        {
            _context.Emit(new SwimEffect.JoinEnded(ticket, fault));
        }
    }
}
