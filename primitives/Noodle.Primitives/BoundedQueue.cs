using System.Diagnostics.CodeAnalysis;

namespace Noodle.Primitives;

/// <summary>First in, first out, with room for a fixed number of items; it refuses instead of growing.</summary>
/// <remarks>Cost: one array at construction, nothing later. Not safe for several threads at once.</remarks>
public sealed class BoundedQueue<T>
{
    private readonly T?[] _items;
    private int _head;

    /// <exception cref="ArgumentOutOfRangeException">The capacity is not positive.</exception>
    public BoundedQueue(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _items = new T?[capacity];
    }

    public int Capacity => _items.Length;

    public int Count { get; private set; }

    public bool IsFull => Count == _items.Length;

    /// <summary>Adds an item; false when the queue is full.</summary>
    public bool TryEnqueue(T item)
    {
        if (IsFull)
        {
            return false;
        }

        _items[Wrap(_head + Count)] = item;
        Count++;
        return true;
    }

    /// <summary>Takes the oldest item.</summary>
    public bool TryDequeue([MaybeNullWhen(false)] out T item)
    {
        if (Count == 0)
        {
            item = default;
            return false;
        }

        item = _items[_head]!;
        _items[_head] = default;
        _head = Wrap(_head + 1);
        Count--;
        return true;
    }

    /// <summary>Looks at the oldest item without taking it.</summary>
    public bool TryPeek([MaybeNullWhen(false)] out T item)
    {
        item = Count == 0 ? default : _items[_head]!;
        return Count != 0;
    }

    private int Wrap(int index) => index >= _items.Length ? index - _items.Length : index;
}
