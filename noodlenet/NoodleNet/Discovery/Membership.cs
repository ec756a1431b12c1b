using System.Net;
using Noodle.Primitives;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery;

/// <summary>Decides what each rumour changes: who is alive, suspect, dead or gone.</summary>
/// <remarks><code>
/// unknown --alive--> alive --suspect--> suspect --time is up--> dead --alive, newer--> alive
///                      ^-----alive, newer----'       '--dead from itself--> left
/// </code>
/// A rumour counts by its incarnation, which only its subject raises; so the subject always has the last word.
/// </remarks>
internal sealed class Membership(SwimContext context)
{
    /// <summary>
    /// A node that knows nobody yet passes on a state of at most this size; a larger mesh knows its own members.
    /// </summary>
    public const int MaxPassedByNewcomer = 64;

    /// <summary>
    /// In a mesh of at most this size everybody asks a suspect once more before the verdict; in a larger one, where the
    /// time to refute is longer anyway and so many questions at once would be a flood, only who comes late to it.
    /// </summary>
    public const int MaxAskers = 64;

    private static readonly TimeSpan ConflictPause = TimeSpan.FromMinutes(1);
    private uint _incarnation;
    private (string Name, IPEndPoint? Claimed, Instant Until) _lastConflict;

    public Member? Self => context.Members.TryGet(context.Self, out Member? self) ? self : null;

    public void Start(IPEndPoint endpoint, ReadOnlyMemory<byte> meta, Instant now)
    {
        if (context.Members.TryAdd(context.Self, endpoint, meta, context.Options.Versions, now, out Member? self))
        {
            Announce(self, meta, now);
            context.Emit(new SwimEffect.Member(self.ToEvent(MemberChange.Joined)));
        }
    }

    public void UpdateMeta(ReadOnlyMemory<byte> meta, Instant now)
    {
        if (Self is { } self && !context.IsLeaving)
        {
            Announce(self, meta, now);
            context.Emit(new SwimEffect.Member(self.ToEvent(MemberChange.Updated)));
        }
    }

    public WireFault Hear(GossipMessage.Alive alive, Instant now) =>
        HearAlive(new MemberRecord(alive.Node, alive.EndPoint, alive.Meta, alive.Incarnation, MemberState.Alive,
            alive.Versions), fits: false, pass: true, now);

    /// <param name="fits">True when the versions of the whole state were checked before: once for each entry would be
    /// members squared.</param>
    /// <param name="pass">False when nobody we know can be without this news.</param>
    private WireFault HearAlive(MemberRecord alive, bool fits, bool pass, Instant now)
    {
        bool aboutSelf = alive.Name == context.Self;
        if (aboutSelf && context.IsLeaving)
        {
            return WireFault.None;
        }

        WireFault fault = Check(alive, fits);
        if (fault != WireFault.None)
        {
            return fault;
        }

        if (!context.Members.TryGet(alive.Name, out Member? member))
        {
            return alive.Incarnation == 0 ? WireFault.None
                : !context.Members.TryAdd(
                    alive.Name, alive.EndPoint, alive.Meta, alive.Versions!.Value, now, out member)
                    ? WireFault.TooLarge
                    : Accept(member, alive, pass, now);
        }

        bool moved = !member.EndPoint.Equals(alive.EndPoint);
        if (moved && !MayMove(member, now))
        {
            ReportConflict(member, alive.EndPoint, now);
            return WireFault.None;
        }

        if (aboutSelf)
        {
            HearOfSelf(member, alive, now);
        }
        else if (alive.Incarnation > member.Incarnation || moved)
        {
            return Accept(member, alive, pass, now);
        }

        return WireFault.None;
    }

    public void Hear(GossipMessage.Suspect suspect, Instant now)
    {
        if (!context.Members.TryGet(suspect.Node, out Member? member))
        {
            return;
        }

        if (suspect.Incarnation < member.Incarnation)
        {
            RemindOf(member);
            return;
        }

        if (context.Suspicions.TryGet(suspect.Node, out Suspicion? running))
        {
            if (context.Suspicions.Confirm(running, suspect.From))
            {
                context.Broadcast(suspect.Node, suspect);
            }

            return;
        }

        if (member.State != MemberState.Alive)
        {
            return;
        }

        if (suspect.Node == context.Self)
        {
            Refute(member, suspect.Incarnation, now);
        }
        else if (context.Suspicions.TryAdd(NewSuspicion(suspect, now)))
        {
            context.Broadcast(suspect.Node, suspect);
            member.Incarnation = suspect.Incarnation;
            member.Become(MemberState.Suspect, now);
            string detail = $"no answer to {suspect.From}";
            context.Emit(new SwimEffect.Member(member.ToEvent(MemberChange.Suspected, detail)));
        }
    }

    public void Hear(GossipMessage.Dead dead, Instant now)
    {
        if (!context.Members.TryGet(dead.Node, out Member? member) || dead.Incarnation < member.Incarnation)
        {
            return;
        }

        context.Suspicions.Remove(dead.Node);
        if (member.IsGone)
        {
            return;
        }

        if (dead.Node == context.Self && !context.IsLeaving)
        {
            Refute(member, dead.Incarnation, now);
            return;
        }

        bool left = dead.Node == dead.From || context.Intents.MeansToLeave(dead.Node);
        context.Broadcast(dead.Node, dead);
        member.Incarnation = dead.Incarnation;
        member.Become(left ? MemberState.Left : MemberState.Dead, now);
        if (left)
        {
            context.Lost.Remove(dead.Node);
        }
        else
        {
            context.Lost.Add(dead.Node, member.EndPoint, now);
        }

        context.Emit(new SwimEffect.Member(left
            ? member.ToEvent(MemberChange.Left)
            : member.ToEvent(MemberChange.Failed, $"declared dead by {dead.From}")));
    }

    /// <summary>Says goodbye with the current incarnation.</summary>
    public void Leave(Instant now)
    {
        if (Self is { } self && !context.IsLeaving)
        {
            context.IsLeaving = true;
            Hear(new GossipMessage.Dead(self.Incarnation, self.Name, self.Name), now);
        }
    }

    /// <summary>Asks suspects once more, and declares dead whom the time has run out for.</summary>
    public void FireSuspicions(Instant now)
    {
        while (context.Suspicions.TryTakeDue(now, out Suspicion? due))
        {
            if (!context.Members.TryGet(due.Name, out Member? member) || member.State != MemberState.Suspect)
            {
                continue;
            }

            if (due.TryAsk(now))
            {
                context.Suspicions.TryAdd(due);
                context.Ask(member, context.NextSeqNo(), Self?.EndPoint);
            }
            else
            {
                Hear(new GossipMessage.Dead(member.Incarnation, member.Name, context.Self), now);
            }
        }
    }

    /// <summary>Takes in a peer's whole state, or refuses it whole.</summary>
    public MergeFault Merge(GossipMessage.PushPull state, Instant now)
    {
        VersionRange range = context.Members.Range();
        foreach (MemberRecord record in state.Nodes)
        {
            if (record is { State: MemberState.Alive, Versions: { } versions })
            {
                range.Include(versions);
            }
        }

        if (!state.Nodes.All(record => range.Allows(record.Versions))
            || !context.Members.AllSpeakWithin(range))
        {
            return MergeFault.IncompatibleVersions;
        }

        bool pass = context.Members.Count > 1 || state.Nodes.Count <= MaxPassedByNewcomer;
        context.Members.Reserve(state.Nodes.Count);
        foreach (MemberRecord record in state.Nodes)
        {
            MergeOne(record, pass, now);
        }

        return MergeFault.None;
    }

    public GossipMessage.PushPull LocalState(bool join) =>
        new(join, context.Members.ToRecords(), context.UserState());

    private void MergeOne(MemberRecord record, bool pass, Instant now)
    {
        switch (record.State)
        {
            case MemberState.Alive:
                HearAlive(record, fits: true, pass, now);
                break;
            case MemberState.Left:
                Hear(new GossipMessage.Dead(record.Incarnation, record.Name, record.Name), now);
                break;
            default: // dead is only hearsay: the node gets its time to refute here too
                Hear(new GossipMessage.Suspect(record.Incarnation, record.Name, context.Self), now);
                break;
        }
    }

    private WireFault Check(MemberRecord alive, bool fits)
    {
        if (alive.Meta.Length > NodeTags.MaxBytes)
        {
            return WireFault.TooLarge;
        }

        if (alive.Versions is not { IsSound: true } versions)
        {
            return WireFault.BadVersions;
        }

        if (versions == context.Options.Versions)
        {
            return WireFault.None;
        }

        if (!context.Members.HasRoomFor(versions))
        {
            return WireFault.TooLarge;
        }

        if (fits)
        {
            return WireFault.None;
        }

        VersionRange range = context.Members.Range();
        range.Include(versions);
        return range.Allows(versions) && context.Members.AllSpeakWithin(range)
            ? WireFault.None
            : WireFault.BadVersions;
    }

    private bool MayMove(Member member, Instant now) =>
        member.State == MemberState.Left
        || (member.State == MemberState.Dead && context.Options.DeadNodeReclaimTime > TimeSpan.Zero
            && now - member.Since > context.Options.DeadNodeReclaimTime);

    private WireFault Accept(Member member, MemberRecord alive, bool pass, Instant now)
    {
        context.Suspicions.Remove(member.Name);
        if (context.Lost.Count != 0)
        {
            context.Lost.Remove(member.Name);
        }

        if (pass)
        {
            context.Broadcast(member.Name, new GossipMessage.Alive(
                alive.Incarnation, alive.Name, alive.EndPoint, alive.Meta, alive.Versions));
        }

        bool changed = !member.Meta.Span.SequenceEqual(alive.Meta.Span) || !member.EndPoint.Equals(alive.EndPoint);
        MemberChange? change = member.State switch
        {
            MemberState.Dead or MemberState.Left => MemberChange.Joined,
            MemberState.Suspect => MemberChange.Recovered,
            _ => changed ? MemberChange.Updated : null,
        };
        member.Describe(alive.EndPoint, alive.Meta, alive.Versions!.Value);
        member.Incarnation = alive.Incarnation;
        member.Become(MemberState.Alive, now);
        if (change is { } told)
        {
            context.Emit(new SwimEffect.Member(member.ToEvent(told)));
        }

        return WireFault.None;
    }

    private void HearOfSelf(Member self, MemberRecord alive, Instant now)
    {
        bool same = alive.Incarnation == self.Incarnation && alive.Versions == self.Versions
            && alive.Meta.Span.SequenceEqual(self.Meta.Span);
        if (alive.Incarnation >= self.Incarnation && !same)
        {
            Refute(self, alive.Incarnation, now);
        }
    }

    private void Refute(Member self, uint accused, Instant now)
    {
        _incarnation = Math.Max(_incarnation, accused);
        context.Health.Apply(1);
        Announce(self, self.Meta, now);
        context.Emit(new SwimEffect.Refuted(self.Incarnation));
    }

    // Whoever accuses us of what we have refuted has not heard the refutation: it goes with the answer once more.
    private void RemindOf(Member accused)
    {
        if (accused.Name == context.Self && !context.IsLeaving && context.Members.Count <= MaxAskers)
        {
            Tell(accused);
        }
    }

    private void Announce(Member self, ReadOnlyMemory<byte> meta, Instant now)
    {
        // The last number stays the last: after it comes zero, which no peer takes from anybody.
        _incarnation += _incarnation == uint.MaxValue ? 0u : 1u;
        self.Incarnation = _incarnation;
        self.Describe(self.EndPoint, meta, self.Versions);
        self.Become(MemberState.Alive, now);
        Tell(self);
    }

    private void Tell(Member self) => context.Broadcast(self.Name, new GossipMessage.Alive(
        self.Incarnation, self.Name, self.EndPoint, self.Meta, self.Versions));

    private Suspicion NewSuspicion(GossipMessage.Suspect suspect, Instant now)
    {
        SwimOptions options = context.Options;
        int members = context.Members.Count, wanted = options.SuspicionMult - 2;
        TimeSpan min = Suspicion.Minimum(options.SuspicionMult, members, options.ProbeInterval);
        return new Suspicion(suspect.Node, suspect.From, members - 2 < wanted ? 0 : wanted, min,
            min * options.SuspicionMaxTimeoutMult, now, 2 * options.ProbeTimeout, members > MaxAskers);
    }

    private void ReportConflict(Member member, IPEndPoint claimed, Instant now)
    {
        if (_lastConflict.Name == member.Name && claimed.Equals(_lastConflict.Claimed) && now < _lastConflict.Until)
        {
            return; // the same two nodes say it again with every rumour
        }

        _lastConflict = (member.Name, claimed, now + ConflictPause);
        context.Emit(new SwimEffect.NameConflict(member.Name, member.EndPoint, claimed));
    }
}
