namespace NoodleNet.Link;

/// <summary>What has happened to a stream and what is due for it.</summary>
[Flags]
internal enum SlotState
{
    None = 0,

    /// <summary>We opened it.</summary>
    Local = 1,

    /// <summary>HEAD is queued, sent or received.</summary>
    Answered = 2,

    /// <summary>OPEN or HEAD waits to be written; no data goes before it.</summary>
    HeadDue = 4,

    /// <summary>The last queued byte is the last of the body.</summary>
    EndDue = 8,

    /// <summary>Our END is written.</summary>
    SendEnded = 16,

    /// <summary>The peer's END was read.</summary>
    ReceiveEnded = 32,

    /// <summary>CANCEL waits to be written; the stream is forgotten otherwise.</summary>
    CancelDue = 64,

    /// <summary>The whole announced body may come.</summary>
    Expected = 128,

    /// <summary>As many of our streams are open as may be: OPEN waits until one of them is closed.</summary>
    Waiting = 256,
}

/// <summary>One open stream.</summary>
internal struct LinkSlot
{
    public uint Stream;
    public SlotState State;
    public LinkPriority Priority;

    /// <summary>Bytes of the OPEN or HEAD payload that waits.</summary>
    public int HeadLength;
    public LinkStatus CancelStatus;

    /// <summary>Bytes that the application has and that are not written.</summary>
    public long Pending;

    /// <summary>Bytes that the peer takes.</summary>
    public long SendCredit;

    /// <summary>Length that the peer announced, -1 unknown.</summary>
    public long ReceiveTotal;
    public long Received;
    public long Consumed;

    /// <summary>Bytes that we have allowed in all.</summary>
    public long Granted;

    public readonly bool Has(SlotState state) => (State & state) != 0;
}

/// <summary>The open streams of a connection, in slots that are used again.</summary>
/// <remarks>Bound: as many slots as streams were ever open at once; nothing is allocated below that mark.</remarks>
internal sealed class LinkSlots
{
    private readonly Dictionary<uint, int> _byStream = [];
    private LinkSlot[] _slots = [];
    private int[] _free = [];
    private int _freeCount;

    /// <summary>Slots with an OPEN, HEAD, CREDIT or CANCEL to write.</summary>
    public SlotList Control { get; } = new();

    /// <summary>Slots with data to write, by priority.</summary>
    public SlotList[] Ready { get; } = [new(), new(), new()];

    /// <summary>Slots whose data waits for credit of the connection.</summary>
    public SlotList Blocked { get; } = new();

    /// <summary>Slots whose OPEN may not be written yet, the oldest first.</summary>
    public SlotList Waiting { get; } = new();

    public DeadlineHeap Deadlines { get; } = new();

    /// <summary>Streams that we opened, those that wait included.</summary>
    public int LocalCount { get; private set; }

    public int WaitingCount { get; private set; }

    /// <summary>True when a slot is in a list of those that write.</summary>
    public bool HasFrames =>
        Control.First >= 0 || Ready[0].First >= 0 || Ready[1].First >= 0 || Ready[2].First >= 0;

    public int RemoteCount { get; private set; }

    public ref LinkSlot this[int slot] => ref _slots[slot];

    /// <summary>The slot of an open stream, -1 for others.</summary>
    public int Find(uint stream) =>
        _byStream.TryGetValue(stream, out int slot) && !_slots[slot].Has(SlotState.CancelDue) ? slot : -1;

    /// <summary>Frees the slot of a stream whose CANCEL still waits: the peer has ended it as well.</summary>
    public void FreeCancelled(uint stream)
    {
        if (_byStream.TryGetValue(stream, out int slot) && _slots[slot].Has(SlotState.CancelDue))
        {
            Free(slot);
        }
    }

    public int Rent(uint stream, SlotState state)
    {
        if (_freeCount == 0)
        {
            Grow();
        }

        int slot = _free[--_freeCount];
        _slots[slot] = new LinkSlot { Stream = stream, State = state, ReceiveTotal = -1 };
        _byStream.Add(stream, slot);
        if ((state & SlotState.Local) != 0)
        {
            LocalCount++;
        }
        else
        {
            RemoteCount++;
        }

        if ((state & SlotState.Waiting) != 0)
        {
            WaitingCount++;
            Waiting.Append(slot);
        }

        return slot;
    }

    /// <summary>Takes the stream out of everything but the slot itself, in which a CANCEL may wait.</summary>
    public void Forget(int slot)
    {
        foreach (SlotList list in Ready)
        {
            list.Remove(slot);
        }

        Blocked.Remove(slot);
        Control.Remove(slot);
        Waiting.Remove(slot);
        Deadlines.Remove(slot);
    }

    /// <summary>Makes a forgotten slot free for another stream; the oldest stream that waits takes its turn.</summary>
    public void Free(int slot)
    {
        SlotState state = _slots[slot].State;
        _byStream.Remove(_slots[slot].Stream);
        Control.Remove(slot);
        _free[_freeCount++] = slot;
        if ((state & SlotState.Local) == 0)
        {
            RemoteCount--;
            return;
        }

        LocalCount--;
        if ((state & SlotState.Waiting) != 0)
        {
            WaitingCount--;
        }
        else if (Waiting.First is var next and >= 0)
        {
            WaitingCount--;
            Waiting.Remove(next);
            _slots[next].State &= ~SlotState.Waiting;
            Control.Append(next);
        }
    }

    private void Grow()
    {
        int old = _slots.Length;
        int capacity = int.Max(16, old * 2);
        Array.Resize(ref _slots, capacity);
        Array.Resize(ref _free, capacity);
        for (int slot = capacity - 1; slot >= old; slot--)
        {
            _free[_freeCount++] = slot;
        }

        Control.Grow(capacity);
        Blocked.Grow(capacity);
        Waiting.Grow(capacity);
        Deadlines.Grow(capacity);
        foreach (SlotList list in Ready)
        {
            list.Grow(capacity);
        }
    }
}
