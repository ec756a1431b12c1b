using System.Diagnostics.CodeAnalysis;
using Noodle.Primitives;

namespace NoodleNet.Discovery.Serf;

/// <summary>Questions of others: each is heard once, and waits for the application's answer until its time is over.
/// </summary>
/// <remarks>
/// Bound: <see cref="MaxOpen"/> wait at once, a further one is not asked here; <see cref="MaxASlot"/> questions for
/// each of the last <see cref="EventRing.Slots"/> numbers are remembered. Nothing is allocated before the first.
/// </remarks>
internal sealed class IncomingQueries
{
    public const int MaxOpen = 256;
    public const int MaxASlot = 256;
    private readonly Dictionary<long, (UserMessage.Query Query, Instant Until)> _open = [];
    private (ulong Time, HashSet<uint> Ids)[]? _seen;
    private long _ticket;

    public LamportClock Clock { get; } = new();

    public Instant? NextDue
    {
        get
        {
            Instant? due = null;
            foreach (var (_, until) in _open.Values)
            {
                due = Instant.Earlier(due, until);
            }

            return due;
        }
    }

    /// <summary>Notes a question; false when it was heard before, is too old, or too many have its number.</summary>
    public bool TryHear(ulong time, uint id)
    {
        Clock.Witness(time);
        if (EventRing.IsOld(time, Clock))
        {
            return false;
        }

        _seen ??= new (ulong, HashSet<uint>)[EventRing.Slots];
        ref (ulong Time, HashSet<uint> Ids) slot = ref _seen[time % EventRing.Slots];
        if (slot.Ids is null || slot.Time != time)
        {
            slot = (time, []);
        }

        return slot.Ids.Count < MaxASlot && slot.Ids.Add(id);
    }

    /// <summary>Keeps a question for the application; null when too many wait.</summary>
    public long? Open(UserMessage.Query query, Instant now)
    {
        if (_open.Count >= MaxOpen)
        {
            return null;
        }

        _open.Add(++_ticket, (query, now + query.Timeout));
        return _ticket;
    }

    /// <summary>Takes the question of a ticket; each is answered once, within its time.</summary>
    public bool TryTake(long ticket, [MaybeNullWhen(false)] out UserMessage.Query query)
    {
        bool found = _open.Remove(ticket, out var entry);
        query = entry.Query;
        return found;
    }

    /// <summary>Drops those whose asker listens no more.</summary>
    public void FireDue(Instant now)
    {
        foreach (long late in _open.Where(pair => pair.Value.Until <= now).Select(pair => pair.Key).ToArray())
        {
            _open.Remove(late);
        }
    }
}
