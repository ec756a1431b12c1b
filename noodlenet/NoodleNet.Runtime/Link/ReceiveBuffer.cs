using System.Buffers;
using Noodle.Primitives;

namespace NoodleNet.Runtime.Link;

/// <summary>Received bytes in one piece of pooled memory that is accounted for.</summary>
internal struct ReceiveBuffer
{
    private byte[]? _array;
    private int _start;
    private int _end;

    public readonly int Count => _end - _start;

    /// <summary>Bytes that fit at the end.</summary>
    public readonly int Room => (_array?.Length ?? 0) - _end;

    public readonly ReadOnlyMemory<byte> Memory => _array.AsMemory(_start, Count);

    public readonly Memory<byte> Tail => _array.AsMemory(_end);

    /// <summary>Makes room for this many more bytes; false when the account refuses.</summary>
    public bool TryGrow(IResourceAccount account, int length)
    {
        if (Room >= length)
        {
            return true;
        }

        if (_array is not null && _array.Length - Count >= length && _start >= Count)
        {
            _array.AsSpan(_start, Count).CopyTo(_array); // the gap in front is wide enough: move once, not often
            (_start, _end) = (0, Count);
            return true;
        }

        return TryExchange(account, (int)long.Min(long.Max(Count + (long)length, 2L * Count), Array.MaxLength));
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_array.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>Counts bytes that were written to <see cref="Tail"/>.</summary>
    public void Advance(int count) => _end += count;

    public int Read(Span<byte> destination)
    {
        int count = int.Min(destination.Length, Count);
        _array.AsSpan(_start, count).CopyTo(destination);
        _start += count;
        if (_start == _end)
        {
            (_start, _end) = (0, 0);
        }

        return count;
    }

    public void Release(IResourceAccount account)
    {
        if (_array is { } array)
        {
            _array = null;
            account.Release(ResourceKind.Memory, array.Length);
            ArrayPool<byte>.Shared.Return(array);
        }

        (_start, _end) = (0, 0);
    }

    private bool TryExchange(IResourceAccount account, int capacity)
    {
        if (!account.TryReserve(ResourceKind.Memory, capacity))
        {
            return false;
        }

        byte[] array;
        try
        {
            array = ArrayPool<byte>.Shared.Rent(capacity);
        }
        catch (OutOfMemoryException) // the account knew of more than the machine has
        {
            account.Release(ResourceKind.Memory, capacity);
            return false;
        }

        if (array.Length > capacity && !account.TryReserve(ResourceKind.Memory, array.Length - capacity))
        {
            account.Release(ResourceKind.Memory, capacity);
            ArrayPool<byte>.Shared.Return(array);
            return false;
        }

        int count = Count;
        Memory.Span.CopyTo(array);
        Release(account);
        (_array, _end) = (array, count);
        return true;
    }
}
