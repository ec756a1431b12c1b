using System.Net;
using Noodle.Primitives;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery;

/// <summary>Asks one member after the other whether it is there.</summary>
/// <remarks><code>
/// ping --ProbeTimeout--> helpers and a stream --ProbeInterval * (health + 1)--> suspect
///   '---any ack: well-------'---any ack: well, or only the stream: well, with a warning
/// </code>
/// Meaning: a silent member is asked again after half of ProbeTimeout, and <see cref="LateAsks"/> times in the rest.
/// One question, three helpers and a stream do not suffice where packets get lost: at 20 % loss of datagrams and
/// segments 3 of 100 probes of living members would fail, and in a mesh of 1,000 gossip cannot carry the words of it.
/// A node that comes more than ProbeTimeout late to its own probe was frozen or short of processors: it asks once more,
/// for the answer may lie unread in its own queue, and trusts its own view less.
/// Bound: one probe of the round and <see cref="MaxUrgent"/> that were asked for from outside.
/// </remarks>
internal sealed class Prober(SwimContext context, Membership membership)
{
    public const int MaxUrgent = 16;

    /// <summary>Times that a silent member is asked beside the helpers.</summary>
    public const int LateAsks = 4;

    private readonly List<Probe> _probes = [];
    private Instant? _nextTick;

    public Instant? NextDue
    {
        get
        {
            Instant? due = _nextTick;
            foreach (Probe probe in _probes)
            {
                due = Instant.Earlier(due, probe.Due);
            }

            return due;
        }
    }

    public void Start(Instant now) => _nextTick = now + context.Chance.Next(context.Options.ProbeInterval);

    /// <summary>Probes a member out of turn; nothing when it is unknown, gone or being probed.</summary>
    public void ProbeNow(string name, Instant now)
    {
        if (name != context.Self && context.Members.TryGet(name, out Member? member) && !member.IsGone
            && _probes.Count <= MaxUrgent && !_probes.Exists(probe => probe.Target == member))
        {
            Begin(member, isRegular: false, now);
        }
    }

    /// <summary>Takes an answer; null when the number is none of ours.</summary>
    public WireFault? TakeAnswer(GossipMessage.Ack ack, IPEndPoint from, Instant now)
    {
        if (_probes.Find(probe => probe.SeqNo == ack.SeqNo) is not { } probe)
        {
            return null;
        }

        bool direct = probe.Target.EndPoint.Equals(from);
        if (!direct && context.Options.ChecksAckSource && !probe.Helpers.Contains(from))
        {
            return WireFault.WrongSource;
        }

        _probes.Remove(probe);
        context.Health.Apply(-1);
        if (direct && !probe.AskedAgain)
        {
            context.Emit(new SwimEffect.RoundTripMeasured(probe.Target.Name, now - probe.SentAt, ack.Payload));
        }

        return WireFault.None;
    }

    public WireFault CountNack(uint seqNo, IPEndPoint from)
    {
        if (_probes.Find(probe => probe.SeqNo == seqNo) is not { } probe || probe.Nacks >= probe.ExpectedNacks)
        {
            return WireFault.None;
        }

        if (context.Options.ChecksAckSource && !probe.Helpers.Contains(from))
        {
            return WireFault.WrongSource;
        }

        probe.Nacks++;
        return WireFault.None;
    }

    public void TakeStreamResult(uint seqNo, bool answered)
    {
        if (_probes.Find(probe => probe.SeqNo == seqNo) is { } probe)
        {
            probe.StreamAnswered |= answered;
        }
    }

    public void FireDue(Instant now)
    {
        foreach (Probe probe in _probes.ToArray())
        {
            TimeSpan late = now - probe.Due, patience = context.Options.ProbeTimeout;
            if (late > patience && probe.TryProlong(late + patience))
            {
                context.Health.Apply(1);
                AskAgain(probe, now);
                continue;
            }

            if (!probe.AskedHelpers && probe.HelpersAt <= now)
            {
                AskHelpers(probe, now);
                probe.AgainAt = now;
            }

            if (probe.AskedHelpers && probe.EndsAt <= now)
            {
                _probes.Remove(probe);
                End(probe, now);
            }
            else if (probe.AgainAt <= now)
            {
                AskAgain(probe, now);
            }
        }

        if (_nextTick is { } tick && tick <= now)
        {
            Tick(tick, now);
        }
    }

    private void Tick(Instant tick, Instant now)
    {
        while (tick <= now)
        {
            tick += context.Options.ProbeInterval; // a missed tick is not made up for
        }

        _nextTick = tick;
        if (_probes.Exists(probe => probe.IsRegular))
        {
            return;
        }

        Member? target = context.Members.NextToProbe(context.Self, out bool roundEnded);
        if (roundEnded)
        {
            Reap(now);
        }

        if (target is not null && !_probes.Exists(probe => probe.Target == target))
        {
            Begin(target, isRegular: true, now);
        }
    }

    private void Reap(Instant now)
    {
        foreach (MemberEvent old in context.Members.Reap(context.Options.GossipToTheDeadTime, context.Self, now))
        {
            context.Emit(new SwimEffect.Member(old));
        }
    }

    private void Begin(Member target, bool isRegular, Instant now)
    {
        TimeSpan whole = context.Health.Scale(context.Options.ProbeInterval);
        var probe = new Probe(
            target, context.NextSeqNo(), isRegular, now, now + context.Options.ProbeTimeout, now + whole);
        _probes.Add(probe);
        Ask(probe);
    }

    private void AskAgain(Probe probe, Instant now)
    {
        TimeSpan step = (probe.EndsAt - probe.HelpersAt) / LateAsks;
        bool isLast = !probe.AskedHelpers || probe.EndsAt - now <= step;
        probe.AgainAt = isLast ? null : now + step;
        probe.AskedAgain = true;
        Ask(probe);
    }

    private void Ask(Probe probe) => context.Ask(probe.Target, probe.SeqNo, membership.Self?.EndPoint);

    private void AskHelpers(Probe probe, Instant now)
    {
        probe.AskedHelpers = true;
        Member target = probe.Target;
        List<Member> helpers = context.Members.Pick(context.Options.IndirectChecks,
            member => member.State == MemberState.Alive && member.Name != context.Self && member != target);
        foreach (Member helper in helpers)
        {
            probe.Helpers.Add(helper.EndPoint);
            probe.ExpectedNacks += helper.UnderstandsNacks ? 1 : 0;
            context.SendFilled(new GossipMessage.IndirectPing(probe.SeqNo, target.EndPoint, target.Name,
                helper.UnderstandsNacks, membership.Self?.EndPoint, context.Self), helper.EndPoint);
        }

        if (context.Options.StreamPings && target.UnderstandsStreamPings && probe.EndsAt > now)
        {
            context.Emit(new SwimEffect.PingByStream(probe.SeqNo, target.Name, target.EndPoint, probe.EndsAt - now));
        }
    }

    private void End(Probe probe, Instant now)
    {
        if (probe.StreamAnswered)
        {
            context.Health.Apply(-1);
            context.Emit(new SwimEffect.StreamOnly(probe.Target.Name));
            return;
        }

        // Helpers that said nothing, not even no, point at us: our own network may be the one that is ill.
        context.Health.Apply(probe.ExpectedNacks > 0 ? probe.ExpectedNacks - probe.Nacks : 1);
        membership.Hear(
            new GossipMessage.Suspect(probe.Target.Incarnation, probe.Target.Name, context.Self), now);
    }
}
