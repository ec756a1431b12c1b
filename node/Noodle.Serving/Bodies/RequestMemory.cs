using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Noodle.Serving.Bodies;

/// <summary>The pooled memory of one request; given back at once when the request ends.</summary>
/// <remarks>Bound: the budget. Owned by one request, not safe for several threads at once.</remarks>
internal sealed class RequestMemory(BufferBudget budget) : IDisposable
{
    private readonly List<byte[]> _rented = new(2);

    /// <summary>Rents at least <paramref name="size"/> bytes; false when the budget is used up.</summary>
    public bool TryRent(int size, [NotNullWhen(true)] out byte[]? buffer)
    {
        buffer = ArrayPool<byte>.Shared.Rent(size);
        if (budget.TryTake(buffer.Length))
        {
            _rented.Add(buffer);
            return true;
        }

        ArrayPool<byte>.Shared.Return(buffer);
        buffer = null;
        return false;
    }

    /// <summary>Exchanges a buffer for a larger one with the same content.</summary>
    public bool TryGrow(ref byte[] buffer, int used, int size)
    {
        if (!TryRent(size, out byte[]? larger))
        {
            return false;
        }

        buffer.AsSpan(0, used).CopyTo(larger);
        _rented.Remove(buffer);
        GiveBack(buffer);
        buffer = larger;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (byte[] buffer in _rented)
        {
            GiveBack(buffer);
        }

        _rented.Clear();
    }

    private void GiveBack(byte[] buffer)
    {
        budget.GiveBack(buffer.Length);
        ArrayPool<byte>.Shared.Return(buffer);
    }
}
