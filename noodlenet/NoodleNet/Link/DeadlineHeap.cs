using Noodle.Primitives;

namespace NoodleNet.Link;

/// <summary>The deadlines of slots: the earliest at once, any change in logarithmic time, no dead entries.</summary>
/// <remarks>A binary heap that knows where each slot stands; deadlines that are met cost one removal.</remarks>
internal sealed class DeadlineHeap
{
    private const int Absent = -1;

    private (Instant At, int Slot)[] _items = [];
    private int[] _place = [];
    private int _count;

    public Instant? Earliest => _count == 0 ? null : _items[0].At;

    public int EarliestSlot => _items[0].Slot;

    /// <summary>Makes room for slots below <paramref name="capacity"/>.</summary>
    public void Grow(int capacity)
    {
        int old = _place.Length;
        Array.Resize(ref _items, capacity);
        Array.Resize(ref _place, capacity);
        Array.Fill(_place, Absent, old, capacity - old);
    }

    /// <summary>Sets the deadline of a slot that has none.</summary>
    public void Add(int slot, Instant at)
    {
        _items[_count] = (at, slot);
        _place[slot] = _count;
        Rise(_count++);
    }

    /// <summary>Forgets the deadline of a slot if it has one.</summary>
    public void Remove(int slot)
    {
        int at = _place[slot];
        if (at == Absent)
        {
            return;
        }

        _place[slot] = Absent;
        (Instant At, int Slot) last = _items[--_count];
        if (at == _count)
        {
            return;
        }

        _items[at] = last;
        _place[last.Slot] = at;
        Rise(at);
        Sink(_place[last.Slot]);
    }

    private void Rise(int at)
    {
        while (at > 0 && _items[at].At < _items[(at - 1) / 2].At)
        {
            Swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    }

    private void Sink(int at)
    {
        while (true)
        {
            int child = (2 * at) + 1;
            if (child >= _count)
            {
                return;
            }

            child += child + 1 < _count && _items[child + 1].At < _items[child].At ? 1 : 0;
            if (_items[at].At <= _items[child].At)
            {
                return;
            }

            Swap(at, child);
            at = child;
        }
    }

    private void Swap(int a, int b)
    {
        (_items[a], _items[b]) = (_items[b], _items[a]);
        _place[_items[a].Slot] = a;
        _place[_items[b].Slot] = b;
    }
}
