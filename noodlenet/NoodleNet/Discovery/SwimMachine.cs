using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;
using Noodle.Primitives;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery;

/// <summary>Knows who is in the mesh: SWIM with Lifeguard, as memberlist speaks it.</summary>
/// <remarks>
/// Meaning: a parent of small parts. <see cref="Prober"/> asks, <see cref="Membership"/> decides,
/// <see cref="Gossiper"/> spreads, <see cref="RelayTable"/> asks for others, <see cref="SerfIntents"/> speaks to
/// Serf agents. The first input is
/// <see cref="SwimInput.Start"/>; before it, everything else is ignored.
/// Bound: every table by <see cref="SwimOptions"/>.
/// </remarks>
public sealed class SwimMachine : IMachine<SwimInput, SwimEffect>
{
    /// <summary>Pings and indirect pings that are answered of one packet; honest ones carry one.</summary>
    public const int MaxQuestions = 8;

    private readonly SwimContext _context;
    private readonly Membership _membership;
    private readonly Prober _prober;
    private readonly RelayTable _relays;
    private readonly Gossiper _gossiper;
    private readonly SerfIntents _serf;
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
        _serf = new SerfIntents(_context);
    }

    /// <inheritdoc/>
    public Instant? NextDeadline => !_started ? null : Instant.Earlier(
        Instant.Earlier(_prober.NextDue, _relays.NextDue),
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
            default: throw new UnreachableException();
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

        _relays.FireDue(now);
        _prober.FireDue(now);
        _membership.FireSuspicions(now);
        _gossiper.FireDue(now);
        Settle(now);
    }

    /// <inheritdoc/>
    public bool TryTakeEffect([MaybeNullWhen(false)] out SwimEffect effect) => _context.TryTakeEffect(out effect);

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

        _leaveAsked = _serf.TrySayLeave(); // first the word, then the deed: who hears both at once may mix them up
        if (!_leaveAsked)
        {
            _membership.Leave(now);
        }
    }

    private void Settle(Instant now)
    {
        if (_leaveAsked && (!_serf.IsSpreading || _context.Members.PresentCount <= 1))
        {
            _leaveAsked = false;
            _membership.Leave(now);
        }

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
        int questions = 0;
        foreach (GossipMessage message in messages)
        {
            // Answers may go elsewhere and are larger than questions: one packet must not call for a flood of them.
            bool tooMany = message is GossipMessage.Ping or GossipMessage.IndirectPing && ++questions > MaxQuestions;
            WireFault refused = tooMany ? WireFault.TooLarge : Take(message, packet.From, now);
            fault = fault == WireFault.None ? refused : fault;
        }

        if (fault != WireFault.None)
        {
            _context.Emit(new SwimEffect.Dropped(fault, packet.From));
        }
    }

    private WireFault Take(GossipMessage message, IPEndPoint from, Instant now)
    {
        switch (message)
        {
            case GossipMessage.Ping ping:
                if (ping.Node.Length == 0 || ping.Node == _context.Self)
                {
                    _context.SendFilled(new GossipMessage.Ack(ping.SeqNo), ping.Source ?? from);
                }

                return WireFault.None;
            case GossipMessage.IndirectPing request: _relays.Start(request, from, now); return WireFault.None;
            case GossipMessage.Ack ack:
                _ = _prober.TryAnswer(ack.SeqNo) || _relays.TryAnswer(ack.SeqNo);
                return WireFault.None;
            case GossipMessage.Nack nack: _prober.CountNack(nack.SeqNo); return WireFault.None;
            case GossipMessage.Alive alive: return _membership.Hear(alive, now);
            case GossipMessage.Suspect suspect: _membership.Hear(suspect, now); return WireFault.None;
            case GossipMessage.Dead dead: _membership.Hear(dead, now); return WireFault.None;
            case GossipMessage.User user: _serf.HearMessage(user.Body.Span); return WireFault.None;
            default: return WireFault.None; // what only streams carry
        }
    }

    private void TakeAnswer(SwimInput.ExchangeAnswered answered, Instant now)
    {
        MergeFault fault = _membership.Merge(answered.State, now);
        _serf.HearState(answered.State.UserState.Span);
        if (answered.Ticket != 0 && fault == MergeFault.None)
        {
            _serf.SayJoin();
        }

        ReportRefusal(fault, answered.From);
        EndJoin(answered.Ticket, fault);
    }

    private void TakeOffer(SwimInput.ExchangeOffered offered, Instant now)
    {
        _context.Emit(new SwimEffect.AnswerExchange(offered.Ticket, _membership.LocalState(offered.State.Join)));
        _serf.HearState(offered.State.UserState.Span);
        ReportRefusal(_membership.Merge(offered.State, now), offered.From);
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
