using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Noodle.Primitives;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery;

/// <summary>All members by name, and in the random order in which they are probed.</summary>
/// <remarks>Bound: the given capacity; a newcomer beyond it is refused.</remarks>
internal sealed class MemberTable(int capacity, Prng chance)
{
    private readonly Dictionary<string, Member> _byName = new(StringComparer.Ordinal);
    private readonly List<Member> _order = [];
    private int _next;

    public int Count => _order.Count;

    public IReadOnlyList<Member> All => _order;

    /// <summary>Members neither dead nor left.</summary>
    public int PresentCount => _order.Count(member => !member.IsGone);

    public bool TryGet(string name, [MaybeNullWhen(false)] out Member member) =>
        _byName.TryGetValue(name, out member);

    /// <summary>Puts a newcomer at a random place of the probing order; false when the table is full.</summary>
    public bool TryAdd(Member member)
    {
        if (_order.Count >= capacity)
        {
            return false;
        }

        _byName.Add(member.Name, member);
        _order.Add(member);
        int place = chance.Next(_order.Count);
        (_order[place], _order[^1]) = (_order[^1], _order[place]);
        return true;
    }

    /// <summary>The next member to probe; null when a whole round found nobody.</summary>
    /// <param name="roundEnded">True when the round ended on the way; the caller reaps, the order is new.</param>
    public Member? NextToProbe(string self, out bool roundEnded)
    {
        roundEnded = false;
        for (int looked = 0; looked <= 2 * _order.Count; looked++) // the rest of this round and all of the next
        {
            if (_next >= _order.Count)
            {
                roundEnded = true;
                _next = 0;
                chance.Shuffle(CollectionsMarshal.AsSpan(_order));
                continue;
            }

            Member member = _order[_next++];
            if (member.Name != self && !member.IsGone)
            {
                return member;
            }
        }

        return null;
    }

    /// <summary>Forgets those who are dead or gone for longer than <paramref name="age"/>.</summary>
    public List<Member> Reap(TimeSpan age, string self, Instant now)
    {
        List<Member> old = _order.FindAll(m => m.IsGone && m.Name != self && now - m.Since > age);
        if (old.Count == 0)
        {
            return old;
        }

        foreach (Member member in old)
        {
            _byName.Remove(member.Name);
        }

        int before = _order.Take(_next).Count(member => _byName.ContainsKey(member.Name));
        _order.RemoveAll(member => !_byName.ContainsKey(member.Name));
        _next = before;
        return old;
    }

    /// <summary>Up to <paramref name="count"/> different members that fit, at random.</summary>
    /// <remarks>A small table is looked through whole; in a large one 3n draws are enough.</remarks>
    public List<Member> Pick(int count, Func<Member, bool> fits)
    {
        var picked = new List<Member>(count);
        if (_order.Count < 3 * count)
        {
            Member[] all = [.. _order];
            chance.Shuffle(all.AsSpan());
            picked.AddRange(all.Where(fits).Take(count));
            return picked;
        }

        for (int draw = 0; draw < 3 * _order.Count && picked.Count < count; draw++)
        {
            Member member = _order[chance.Next(_order.Count)];
            if (fits(member) && !picked.Contains(member))
            {
                picked.Add(member);
            }
        }

        return picked;
    }

    /// <summary>What all the living together understand.</summary>
    public VersionRange Range()
    {
        VersionRange range = VersionRange.Everything;
        foreach (Member member in _order)
        {
            if (member.State == MemberState.Alive)
            {
                range.Include(member.Versions);
            }
        }

        return range;
    }
}
