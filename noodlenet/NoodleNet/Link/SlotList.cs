namespace NoodleNet.Link;

/// <summary>An ordered set of slots: append, take the first and remove any, each in constant time.</summary>
internal sealed class SlotList
{
    private const int Absent = -2;
    private const int None = -1;

    private int[] _next = [];
    private int[] _previous = [];
    private int _first = None;
    private int _last = None;

    /// <summary>The first slot, -1 when the list is empty.</summary>
    public int First => _first;

    /// <summary>Makes room for slots below <paramref name="capacity"/>.</summary>
    public void Grow(int capacity)
    {
        int old = _next.Length;
        Array.Resize(ref _next, capacity);
        Array.Resize(ref _previous, capacity);
        Array.Fill(_next, Absent, old, capacity - old);
    }

    /// <summary>Adds a slot at the end, unless it is in the list already.</summary>
    public void Append(int slot)
    {
        if (_next[slot] != Absent)
        {
            return;
        }

        _next[slot] = None;
        _previous[slot] = _last;
        if (_last == None)
        {
            _first = slot;
        }
        else
        {
            _next[_last] = slot;
        }

        _last = slot;
    }

    /// <summary>Removes a slot if it is in the list.</summary>
    public void Remove(int slot)
    {
        int next = _next[slot];
        if (next == Absent)
        {
            return;
        }

        int previous = _previous[slot];
        if (previous == None)
        {
            _first = next;
        }
        else
        {
            _next[previous] = next;
        }

        if (next == None)
        {
            _last = previous;
        }
        else
        {
            _previous[next] = previous;
        }

        _next[slot] = Absent;
    }
}
