using System.Diagnostics.CodeAnalysis;
using Noodle.Primitives;

namespace NoodleNet.Discovery;

/// <summary>The running suspicions, by name and by when they are due.</summary>
/// <remarks>Bound: the given capacity, and four times it in the queue, where moved times wait to be skipped.</remarks>
internal sealed class SuspicionTable(int capacity)
{
    private readonly Dictionary<string, Suspicion> _byName = new(StringComparer.Ordinal);
    private readonly PriorityQueue<Suspicion, (Instant At, long Order)> _byDue = new();
    private long _order;

    public int Count => _byName.Count;

    public Instant? NextDue
    {
        get
        {
            DropStale();
            return _byDue.TryPeek(out _, out var due) ? due.At : null;
        }
    }

    public bool TryGet(string name, [MaybeNullWhen(false)] out Suspicion suspicion) =>
        _byName.TryGetValue(name, out suspicion);

    public bool TryAdd(Suspicion suspicion)
    {
        if (_byName.Count >= capacity)
        {
            return false;
        }

        _byName.Add(suspicion.Name, suspicion);
        Queue(suspicion);
        return true;
    }

    /// <summary>Counts an accuser; false when it tells nothing new.</summary>
    public bool Confirm(Suspicion suspicion, string from)
    {
        if (!suspicion.Confirm(from))
        {
            return false;
        }

        Queue(suspicion);
        return true;
    }

    public void Remove(string name) => _byName.Remove(name);

    /// <summary>Takes one suspicion whose time is up.</summary>
    public bool TryTakeDue(Instant now, [MaybeNullWhen(false)] out Suspicion suspicion)
    {
        DropStale();
        if (!_byDue.TryPeek(out suspicion, out var due) || due.At > now)
        {
            suspicion = null;
            return false;
        }

        _byDue.Dequeue();
        _byName.Remove(suspicion.Name);
        return true;
    }

    private void Queue(Suspicion suspicion)
    {
        if (_byDue.Count < 4 * capacity)
        {
            _byDue.Enqueue(suspicion, (suspicion.Due, _order++));
            return;
        }

        _byDue.Clear(); // mostly times that have moved
        foreach (Suspicion running in _byName.Values.OrderBy(running => running.Name, StringComparer.Ordinal))
        {
            _byDue.Enqueue(running, (running.Due, _order++));
        }
    }

    private void DropStale()
    {
        while (_byDue.TryPeek(out Suspicion? first, out var due)
            && (!_byName.TryGetValue(first.Name, out Suspicion? known) || known != first || due.At != first.Due))
        {
            _byDue.Dequeue();
        }
    }
}
