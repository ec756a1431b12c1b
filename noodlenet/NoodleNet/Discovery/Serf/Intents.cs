using Noodle.Primitives;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery.Serf;

/// <summary>The two words that Serf adds to membership: that a node means to stay, and that it means to go.</summary>
/// <remarks>
/// Meaning: a Serf agent lists who only vanishes as failed; after the word, as left. So do we: who said that it goes,
/// and falls silent, has left. Nothing is said before a Serf peer was heard. Words are ordered by a Lamport clock.
/// Each word counts once: it must be newer than the last one about its node. Bound: one entry for each member about
/// whom a word was heard, and <see cref="MaxWaiting"/> about nodes not known yet, for <see cref="WaitingTime"/>.
/// </remarks>
internal sealed class Intents(SwimContext context)
{
    public const int MaxWaiting = 1024;
    public static readonly TimeSpan WaitingTime = TimeSpan.FromMinutes(5);

    private const string OwnRumour = "\0serf"; // no member has such a name
    private readonly Dictionary<string, Status> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Status> _waiting = new(StringComparer.Ordinal);
    private readonly Queue<(string Name, Instant Until)> _order = new();

    public LamportClock Clock { get; } = new();

    /// <summary>True once a peer spoke Serf.</summary>
    public bool IsHeard { get; set; }

    /// <summary>True while our own last word is still being told.</summary>
    public bool IsSpreading => context.Broadcasts.Contains(OwnRumour);

    public Instant? NextDue => _order.TryPeek(out var first) ? first.Until : null;

    /// <summary>True when the last word about this member was that it goes.</summary>
    public bool MeansToLeave(string name) => _known.TryGetValue(name, out Status status) && status.Leaving;

    public ulong TimeOf(string name) => _known.TryGetValue(name, out Status status) ? status.Time : 0;

    /// <summary>Names and times of all words about members, in the order of the names.</summary>
    public IEnumerable<(string Name, ulong Time)> All => _known
        .Select(pair => (pair.Key, pair.Value.Time)).OrderBy(pair => pair.Key, StringComparer.Ordinal);

    /// <summary>Follows the member table.</summary>
    public void Follow(MemberEvent change)
    {
        if (change.Change == MemberChange.Forgotten)
        {
            _known.Remove(change.Name);
        }
        else if (change.Change == MemberChange.Joined)
        {
            if (_waiting.Remove(change.Name, out Status waited))
            {
                _known[change.Name] = waited;
            }
            else if (_known.TryGetValue(change.Name, out Status status))
            {
                _known[change.Name] = status with { Leaving = false };
            }
        }
    }

    /// <summary>Takes in a word; true when it was news that others should hear.</summary>
    public bool Hear(UserMessage.Join join, Instant now)
    {
        Clock.Witness(join.Time);
        if (!context.Members.TryGet(join.Node, out _))
        {
            return Wait(join.Node, new Status(join.Time, false), now);
        }

        if (join.Time <= TimeOf(join.Node))
        {
            return false;
        }

        _known[join.Node] = new Status(join.Time, false);
        return true;
    }

    /// <summary>Takes in a word; true when it was news that others should hear.</summary>
    public bool Hear(UserMessage.Leave leave, Instant now)
    {
        Clock.Witness(leave.Time);
        if (!context.Members.TryGet(leave.Node, out Member? member))
        {
            return Wait(leave.Node, new Status(leave.Time, true), now);
        }

        if (leave.Time <= TimeOf(leave.Node))
        {
            return false;
        }

        if (leave.Node == context.Self)
        {
            if (!context.IsLeaving && !MeansToLeave(context.Self))
            {
                SayJoin(); // of an earlier life, or somebody else's wish: we are here
            }

            return false;
        }

        _known[leave.Node] = new Status(leave.Time, true);
        if (member.State == MemberState.Dead)
        {
            member.Become(MemberState.Left, now); // an operator knows that it does not come back
            context.Lost.Remove(leave.Node);
            context.Emit(new SwimEffect.Member(member.ToEvent(MemberChange.Left)));
        }

        return true;
    }

    /// <summary>Says that this node is here to stay, which ends what was said of an earlier life.</summary>
    public void SayJoin()
    {
        if (IsHeard)
        {
            ulong time = Clock.Take();
            _known[context.Self] = new Status(time, false);
            Say(new UserMessage.Join(time, context.Self));
        }
    }

    /// <summary>Says that this node is about to go; false when nobody cares.</summary>
    public bool TrySayLeave()
    {
        if (!IsHeard)
        {
            return false;
        }

        ulong time = Clock.Take();
        _known[context.Self] = new Status(time, true);
        Say(new UserMessage.Leave(time, context.Self, false));
        return true;
    }

    /// <summary>Drops what waited too long for its node to appear.</summary>
    public void FireDue(Instant now)
    {
        while (_order.TryPeek(out var first) && first.Until <= now)
        {
            _order.Dequeue();
            _waiting.Remove(first.Name);
        }
    }

    private void Say(UserMessage word) =>
        context.Broadcast(OwnRumour, new GossipMessage.User(UserMessageEncoder.Encode(word)));

    private bool Wait(string name, Status status, Instant now)
    {
        if (_waiting.TryGetValue(name, out Status older))
        {
            if (status.Time <= older.Time)
            {
                return false;
            }
        }
        else if (_order.Count >= MaxWaiting)
        {
            return false;
        }
        else
        {
            _order.Enqueue((name, now + WaitingTime));
        }

        _waiting[name] = status;
        return true;
    }

    private readonly record struct Status(ulong Time, bool Leaving);
}
