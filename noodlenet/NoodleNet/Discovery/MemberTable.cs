using System.Diagnostics.CodeAnalysis;
using System.Net;
using Noodle.Primitives;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery;

/// <summary>All members by name, and in the random order in which they are probed.</summary>
/// <remarks>
/// Bound: the given capacity; a newcomer beyond it is refused.
/// Cost: 20 bytes a member for its row, 4 for its place in the order, 5 to 11 for its slot by name, and what the pool
/// keeps once for all views. Finding, adding and picking are O(1), reaping O(n).
/// </remarks>
internal sealed class MemberTable(int capacity, MemberPool pool, Prng chance)
{
    private readonly VersionTally _all = new(), _alive = new();
    private MemberRow[] _rows = [];
    private int[] _order = [];
    private int[] _slots = []; // row + 1, or 0: open addressing, a power of two, at most three quarters full
    private int _next;

    public int Count { get; private set; }

    /// <summary>Members neither dead nor left.</summary>
    public int PresentCount { get; private set; }

    /// <summary>Counts how often rows have moved.</summary>
    public int Epoch { get; private set; }

    /// <summary>Everybody, in the order of probing.</summary>
    public IEnumerable<Member> All
    {
        get
        {
            for (int i = 0; i < Count; i++)
            {
                yield return new Member(this, _order[i]);
            }
        }
    }

    public bool TryGet(string name, [MaybeNullWhen(false)] out Member member)
    {
        int row = Find(name);
        member = row < 0 ? null : new Member(this, row);
        return row >= 0;
    }

    /// <summary>Everybody as told to others, in the order of probing.</summary>
    public MemberRecord[] ToRecords()
    {
        var records = new MemberRecord[Count];
        for (int i = 0; i < records.Length; i++)
        {
            ref MemberRow row = ref _rows[_order[i]];
            records[i] = pool[row.Identity].ToRecord(row.Incarnation, row.State);
        }

        return records;
    }

    /// <summary>Puts a newcomer, still counted as dead, at a random place of the probing order.</summary>
    /// <returns>False when the table is full.</returns>
    public bool TryAdd(string name, IPEndPoint endpoint, ReadOnlyMemory<byte> meta, ProtocolVersions versions,
        Instant now, [MaybeNullWhen(false)] out Member member)
    {
        member = null;
        if (Count >= capacity)
        {
            return false;
        }

        if (Count == _rows.Length)
        {
            Resize(Math.Min(capacity, Math.Max(8, Count + (Count / 2))));
        }

        int row = Count++;
        _rows[row] = new MemberRow
        {
            Identity = pool.Take(name, endpoint, meta, versions), Since = now, State = MemberState.Dead,
        };
        _all.Add(versions);
        Link(row);
        _order[row] = row;
        int place = chance.Next(Count);
        (_order[place], _order[row]) = (_order[row], _order[place]);
        member = new Member(this, row);
        return true;
    }

    /// <summary>Makes room for that many at once, and a sixteenth more; never past the capacity.</summary>
    public void Reserve(int members)
    {
        if (members > _rows.Length)
        {
            Resize((int)Math.Min(capacity, members + (members / 16L)));
        }
    }

    /// <summary>The next member to probe; null when a whole round found nobody.</summary>
    /// <param name="roundEnded">True when the round ended on the way; the caller reaps, the order is new.</param>
    public Member? NextToProbe(string self, out bool roundEnded)
    {
        roundEnded = false;
        for (int looked = 0; looked <= 2 * Count; looked++) // the rest of this round and all of the next
        {
            if (_next >= Count)
            {
                roundEnded = true;
                _next = 0;
                chance.Shuffle(_order.AsSpan(0, Count));
                continue;
            }

            int row = _order[_next++];
            if (!_rows[row].IsGone && IdentityAt(row).Name != self)
            {
                return new Member(this, row);
            }
        }

        return null;
    }

    /// <summary>Forgets those who are dead or gone for longer than <paramref name="age"/>.</summary>
    /// <returns>The last word on each of them, in the order of probing.</returns>
    public List<MemberEvent> Reap(TimeSpan age, string self, Instant now)
    {
        bool IsOld(in MemberRow row) => row.IsGone && now - row.Since > age && pool[row.Identity].Name != self;
        int[] old = [.. _order.Take(Count).Where(row => IsOld(_rows[row]))];
        if (old.Length == 0)
        {
            return [];
        }

        List<MemberEvent> forgotten = [.. old.Select(row => new Member(this, row).ToEvent(MemberChange.Forgotten))];
        Forget(old);
        return forgotten;
    }

    /// <summary>Up to <paramref name="count"/> different members that fit, at random.</summary>
    /// <remarks>A small table is looked through whole; in a large one 3n draws are enough.</remarks>
    public List<Member> Pick(int count, Func<Member, bool> fits)
    {
        var picked = new List<Member>(count);
        if (Count < 3 * count)
        {
            int[] all = _order[..Count];
            chance.Shuffle(all.AsSpan());
            picked.AddRange(all.Select(row => new Member(this, row)).Where(fits).Take(count));
            return picked;
        }

        for (int draw = 0; draw < 3 * Count && picked.Count < count; draw++)
        {
            var member = new Member(this, _order[chance.Next(Count)]);
            if (fits(member) && !picked.Contains(member))
            {
                picked.Add(member);
            }
        }

        return picked;
    }

    /// <summary>What all the living together understand. Cost: one step for each different set of versions.</summary>
    public VersionRange Range() => _alive.Range();

    /// <summary>True when everybody remembered, alive or not, speaks within <paramref name="range"/>.</summary>
    public bool AllSpeakWithin(VersionRange range) => _all.AllSpeakWithin(range);

    /// <summary>False when these versions would be one set too many: each set makes every check dearer.</summary>
    public bool HasRoomFor(ProtocolVersions versions) => _all.Has(versions) || _all.Sets < VersionTally.MaxSets;

    /// <summary>The row of a name, or -1.</summary>
    public int Find(string name)
    {
        if (_slots.Length == 0)
        {
            return -1;
        }

        int hash = MemberIdentity.HashOf(name);
        for (int slot = hash & (_slots.Length - 1); ; slot = (slot + 1) & (_slots.Length - 1))
        {
            int row = _slots[slot] - 1;
            if (row < 0)
            {
                return -1;
            }

            MemberIdentity identity = IdentityAt(row);
            if (identity.NameHash == hash && identity.Name == name)
            {
                return row;
            }
        }
    }

    public ref MemberRow RowAt(int row) => ref _rows[row];

    public MemberIdentity IdentityAt(int row) => pool[_rows[row].Identity];

    public void SetState(int row, MemberState state, Instant now)
    {
        ref MemberRow view = ref _rows[row];
        if (view.State == state)
        {
            return;
        }

        Tally(view, -1);
        (view.State, view.Since) = (state, now);
        Tally(view, 1);
    }

    public void SetIdentity(int row, IPEndPoint endpoint, ReadOnlyMemory<byte> meta, ProtocolVersions versions)
    {
        ref MemberRow view = ref _rows[row];
        MemberIdentity old = pool[view.Identity];
        if (old.Says(endpoint, meta, versions))
        {
            return;
        }

        Tally(view, -1);
        _all.Remove(old.Versions);
        int id = pool.Take(old.Name, endpoint, meta, versions);
        pool.Release(view.Identity);
        view.Identity = id;
        _all.Add(versions);
        Tally(view, 1);
    }

    // Counts a view in or out of those that only some states belong to.
    private void Tally(in MemberRow view, int sign)
    {
        PresentCount += view.IsGone ? 0 : sign;
        if (view.State == MemberState.Alive)
        {
            _alive.Add(pool[view.Identity].Versions, sign);
        }
    }

    private void Forget(int[] old)
    {
        const int Gone = -1;
        foreach (int row in old)
        {
            _all.Remove(IdentityAt(row).Versions);
            pool.Release(_rows[row].Identity);
            _rows[row].Identity = Gone;
        }

        var rows = new MemberRow[Count];
        int kept = 0, before = 0;
        for (int i = 0; i < Count; i++)
        {
            MemberRow row = _rows[_order[i]];
            if (row.Identity != Gone)
            {
                before += i < _next ? 1 : 0;
                rows[kept++] = row;
            }
        }

        (_rows, _order, Count, _next) = (rows, [.. Enumerable.Range(0, rows.Length)], kept, before);
        Epoch++;
        Rehash();
    }

    private void Resize(int size)
    {
        Array.Resize(ref _rows, size);
        Array.Resize(ref _order, size);
        Rehash();
    }

    private void Rehash()
    {
        int least = _rows.Length + (_rows.Length / 3) + 1;
        _slots = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)least)];
        for (int row = 0; row < Count; row++)
        {
            Link(row);
        }
    }

    private void Link(int row)
    {
        int slot = IdentityAt(row).NameHash & (_slots.Length - 1);
        while (_slots[slot] != 0)
        {
            slot = (slot + 1) & (_slots.Length - 1);
        }

        _slots[slot] = row + 1;
    }
}
